import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import vm from 'node:vm';
import fc from 'fast-check';
import ts from 'typescript';
import {
  TextError,
  languageNames,
  measure,
  segment,
  type LongMessageMethod,
  type Measure,
  type SegmentedMessage,
} from '../../src/text';
import { rounds } from '../support/rounds';
import { anyText, gsmText } from './alphabets';

describe('measuring a text', () => {
  it('counts characters, units and segments', () => {
    assert.deepEqual(measure('Price: 5€'), {
      characters: 9,
      encoding: 'gsm0338',
      units: 10,
      unit: 'septets',
      segments: 1,
      perSegment: 160,
      remaining: 150,
      forcing: [],
      encodable: true,
      exact: true,
    });
  });

  it('says how much the last segment has room for', () => {
    const counted = measure('a'.repeat(161));
    assert.deepEqual([counted.segments, counted.perSegment, counted.remaining], [2, 153, 145]);
    assert.equal(measure('a'.repeat(161 + 145)).remaining, 0);
    assert.equal(measure('a'.repeat(161 + 146)).segments, 3);
  });

  it('names the characters that force UCS2, and what transliteration would save', () => {
    const text = `“Smart” ${'quotes '.repeat(12)}`;
    const counted = measure(text);
    assert.deepEqual([counted.encoding, counted.segments], ['ucs2', 2]);
    assert.deepEqual(counted.forcing, [
      { char: '“', index: 0 },
      { char: '”', index: 6 },
    ]);
    assert.deepEqual(counted.transliterated, {
      text: text.replace(/[“”]/g, '"'),
      units: 92,
      unit: 'septets',
      segments: 1,
    });
    assert.equal(measure('“short”').transliterated, undefined);
    assert.equal(measure(`😀${'a'.repeat(80)}`).transliterated, undefined);
  });

  it('says what cannot go out, and counts it with a replacement', () => {
    const counted = measure('abc☃', { encoding: 'gsm0338' });
    assert.deepEqual([counted.encodable, counted.units], [false, 4]);
    assert.deepEqual(counted.forcing, [{ char: '☃', index: 3 }]);
    assert.equal(measure('ab\ud800').encodable, false);
  });

  it('estimates where only a codec knows', () => {
    const counted = measure('日本 ab', { encoding: 'Shift_JIS' });
    assert.deepEqual([counted.units, counted.exact], [7, false]);
    assert.equal(measure('日本 ab', { encoding: 'iso2022jp' }).units, 13);
    assert.deepEqual(measure('aé', { encoding: 'my-codec' }).exact, false);
  });

  it('estimates a codec that it does not know as UTF-8, and East Asian codings by width', () => {
    const units = (text: string, encoding: string): number => measure(text, { encoding }).units;
    assert.deepEqual(
      ['\x7f', '\x80', '\u07ff', '\u0800', '\uffff', '😀'].map((one) => units(one, 'mine')),
      [1, 2, 2, 3, 3, 4],
    );
    const wide = ['\x7f', '\x80', '\uff60', '｡', 'ﾟ', '\uffa0'].map((one) => units(one, 'shift_jis'));
    assert.deepEqual(wide, [1, 2, 2, 1, 1, 2]);
    assert.equal(measure('😀', { encoding: 'shift_jis' }).encodable, false);
    assert.deepEqual(
      ['a日', '日a', '日本', 'a日a'].map((one) => units(one, 'iso2022jp')),
      [9, 9, 10, 10],
    );
  });

  it('takes the options that segmentation takes', () => {
    const words = 'word '.repeat(40);
    assert.equal(measure(words, { wholeWords: true }).remaining, 153 - 50);
    assert.equal(measure(words).remaining, 153 - 47);
    const marked = `${'ж'.repeat(66)}е\u0301${'ж'.repeat(66)}`;
    assert.deepEqual([measure(marked).segments, measure(marked, { wholeGraphemes: false }).segments], [3, 2]);
    assert.deepEqual(
      [measure(marked).remaining, measure(marked, { wholeGraphemes: false }).remaining],
      [132, 0],
    );
    assert.equal(measure('a'.repeat(152), { elementOctets: 6 }).segments, 1);
    assert.equal(measure('a'.repeat(153), { elementOctets: 6 }).segments, 2);
    assert.equal(measure('é'.repeat(150), { encoding: 'latin1' }).segments, 2);
    assert.equal(measure('é'.repeat(150), { encoding: 'latin1', data_coding: 0 }).segments, 1);
    assert.equal(measure('a'.repeat(500), { method: 'payload' }).segments, 1);
    assert.deepEqual(
      [measure('ê', { defaultAlphabet: 'latin_1' }).encoding, measure('ê').encoding],
      ['latin1', 'ucs2'],
    );
    assert.equal(measure('ş', { language: 'turkish' }).encoding, 'gsm0338');
    assert.equal(measure('ş', { language: 'klingon' }).encoding, 'ucs2');
    assert.equal(measure('☃', { encoding: 'ascii', unencodable: 'replace' }).encodable, true);
  });

  it('names what is lacking only where the text is not sent as it is', () => {
    assert.deepEqual(measure('ş', { language: 'turkish' }).forcing, [{ char: 'ş', index: 0 }]);
    assert.deepEqual(measure('“', { unencodable: 'transliterate' }).forcing, [{ char: '“', index: 0 }]);
    assert.deepEqual(measure('😀é', { encoding: 'ucs2' }).forcing, []);
    assert.deepEqual(measure('é', { encoding: 'mine' }).forcing, []);
    assert.deepEqual(measure('a😀ж').forcing, [
      { char: '😀', index: 1 },
      { char: 'ж', index: 3 },
    ]);
  });

  it('offers transliteration only for the whole text, and only where it saves segments', () => {
    const typography = '“'.repeat(80);
    assert.equal(measure(typography).transliterated?.segments, 1);
    assert.equal(measure(typography, { encoding: 'ucs2' }).transliterated?.segments, 1);
    assert.equal(measure(`${typography}☃`).transliterated, undefined);
    assert.equal(measure('é'.repeat(80), { encoding: 'ucs2' }).transliterated, undefined);
    assert.equal(measure(typography, { unencodable: 'transliterate' }).transliterated, undefined);
  });

  it('counts halves of surrogate pairs as what they are', () => {
    const counted = measure('a\ud83d\ud83d\ude00\ude00');
    assert.deepEqual([counted.characters, counted.encodable, counted.units], [4, false, 10]);
  });

  it('takes time that grows with the length of the text alone', () => {
    const start = process.cpuUsage().user;
    for (const cluster of ['नि', '👨‍👩‍👧‍👦', '🇩🇪']) measure(cluster.repeat(500_000 / cluster.length));
    measure(`a${'\u0301'.repeat(500_000)}`);
    assert.ok(process.cpuUsage().user - start < 5_000_000);
  });

  it('uses the shift tables that it may use', () => {
    const counted = measure('ş'.repeat(100), { languages: ['turkish', 'klingon'] });
    assert.deepEqual([counted.language, counted.segments, counted.perSegment], ['turkish', 1, 155]);
  });

  it('agrees with segmentation', () => {
    const method = fc.constantFrom<LongMessageMethod>('udh8', 'udh16', 'sar');
    const flags = fc.record({ wholeWords: fc.boolean(), wholeGraphemes: fc.boolean() });
    const text = fc.oneof(
      gsmText(),
      anyText(),
      fc.array(fc.constantFrom('ş', 'a ', 'é', '€', 'ñ'), { maxLength: 300 }).map((one) => one.join('')),
    );
    fc.assert(
      fc.property(text, method, flags, (written, how, options) => {
        const common = { ...options, method: how, languages: languageNames() };
        const made = segment(written, { ...common, reference: 1 });
        const counted = measure(written, common);
        assert.equal(counted.segments, made.segments.length);
        assert.deepEqual(
          [counted.encoding, counted.units, counted.perSegment, counted.characters, counted.language],
          [made.encoding, made.units, made.perSegment, made.characters, made.language],
        );
      }),
      { numRuns: rounds(300) },
    );
  });

  it('agrees with segmentation about data codings, message classes and default alphabets', () => {
    const options = fc.record({
      data_coding: fc.option(fc.integer({ min: 0, max: 255 }), { nil: undefined }),
      messageClass: fc.option(fc.constantFrom(...([0, 1, 2, 3] as const)), { nil: undefined }),
      defaultAlphabet: fc.constantFrom('gsm0338', 'gsm0338-packed', 'ascii', 'latin1', 'iso8859-5', 'ucs2'),
      encoding: fc.constantFrom(undefined, 'auto', 'ucs2', 'latin1'),
      unencodable: fc.constantFrom(...(['strict', 'replace', 'transliterate'] as const)),
    });
    fc.assert(
      fc.property(fc.oneof(gsmText(), anyText()), options, (written, chosen) => {
        const counted = measure(written, chosen);
        let made: SegmentedMessage;
        try {
          made = segment(written, { ...chosen, reference: 1 });
        } catch (error) {
          assert.ok(error instanceof TextError);
          assert.ok(error.code !== 'UNENCODABLE' || !counted.encodable || !counted.exact);
          return;
        }
        if (!counted.exact) return;
        assert.deepEqual(
          [counted.segments, counted.encoding, counted.units, counted.unit, counted.perSegment],
          [made.segments.length, made.encoding, made.units, made.unit, made.perSegment],
        );
      }),
      { numRuns: rounds(500) },
    );
  });
});

/** The file and all that it imports, compiled; types leave no trace. */
function bundle(entry: string): Map<string, string> {
  const modules = new Map<string, string>();
  const pending = [entry];
  for (let file = pending.pop(); file !== undefined; file = pending.pop()) {
    if (modules.has(file)) continue;
    const source = ts.transpileModule(readFileSync(file, 'utf8'), {
      compilerOptions: { module: ts.ModuleKind.CommonJS, target: ts.ScriptTarget.ES2022 },
    }).outputText;
    modules.set(file, source);
    for (const [, name = ''] of source.matchAll(/require\("([^"]+)"\)/g)) {
      assert.ok(name.startsWith('.'), `${path.basename(file)} imports ${name}`);
      pending.push(path.resolve(path.dirname(file), `${name}.ts`));
    }
  }
  return modules;
}

describe('measuring in a browser', () => {
  it('needs nothing but the language', () => {
    const entry = path.resolve(__dirname, '../../src/text/measure.ts');
    const modules = bundle(entry);
    const context = vm.createContext({});
    const loaded = new Map<string, Record<string, unknown>>();
    const load = (file: string): Record<string, unknown> => {
      const known = loaded.get(file);
      if (known) return known;
      const exports: Record<string, unknown> = {};
      loaded.set(file, exports);
      const require = (name: string): unknown => load(path.resolve(path.dirname(file), `${name}.ts`));
      const wrapper = vm.runInContext(
        `(function (exports, require) {${modules.get(file) ?? ''}\n})`,
        context,
      ) as (exports: unknown, require: unknown) => void;
      wrapper(exports, require);
      return exports;
    };
    const inBrowser = load(entry)['measure'] as (text: string, options?: unknown) => Measure;
    for (const text of ['Hello', 'ş'.repeat(200), '👨‍👩‍👧‍👦'.repeat(20), '“x” '.repeat(30)]) {
      const options = { languages: ['turkish'] };
      assert.equal(JSON.stringify(inBrowser(text, options)), JSON.stringify(measure(text, options)));
    }
  });
});
