import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  TextError,
  decodeText,
  encodeText,
  languageNames,
  parseUserDataHeader,
  segment,
  type LanguageName,
} from '../../src/text';

/** Texts of each language, with the table that takes them: s single, l locking, b both. */
const TEXTS: Readonly<Record<LanguageName, readonly [text: string, header: string]>> = {
  turkish: ['Işığı söndürmeyi unutma, çocuğum', '03250101'],
  spanish: ['¿Dónde está la estación?', '03240102'],
  portuguese: ['A situação não está fácil, João', '03250103'],
  bengali: ['আমার সোনার বাংলা', '03250104'],
  gujarati: ['મારું નામ', '03250105'],
  hindi: ['नमस्ते दुनिया', '03250106'],
  kannada: ['ಕನ್ನಡ ನಾಡು', '03250107'],
  malayalam: ['മലയാളം', '03250108'],
  oriya: ['ଓଡିଆ ଭାଷା', '03250109'],
  punjabi: ['ਪੰਜਾਬੀ', '0325010a'],
  tamil: ['வணக்கம் தமிழ்', '0325010b'],
  telugu: ['తెలుగు', '0325010c'],
  urdu: ['پاکستان زندہ باد', '0325010d'],
};

describe('national language shift tables', () => {
  for (const language of languageNames()) {
    it(`write ${language} with the fewest septets, and read it by the header alone`, () => {
      const [text, header] = TEXTS[language];
      const encoded = encodeText(text, { language });
      assert.deepEqual([encoded.encoding, encoded.language, encoded.data_coding], ['gsm0338', language, 0]);
      assert.equal(encoded.udh?.toString('hex'), header);
      assert.equal(decodeText(encoded.octets, 0, { udh: encoded.udh }), text);
      assert.equal(decodeText(encoded.octets, 0, { udh: parseUserDataHeader(encoded.udh) }), text);
    });
  }

  it('are left out where the default alphabet does', () => {
    assert.equal(encodeText('Merhaba', { language: 'turkish' }).udh, undefined);
  });

  it('are used for a language that is named, else only where that takes fewer segments', () => {
    assert.equal(encodeText('şş', { language: 'turkish' }).encoding, 'gsm0338');
    assert.equal(encodeText('şş', { languages: ['turkish'] }).encoding, 'ucs2');
    assert.equal(encodeText('ş'.repeat(71), { languages: ['turkish'] }).encoding, 'gsm0338');
    assert.equal(encodeText('ж'.repeat(71), { language: 'turkish' }).encoding, 'ucs2');
    assert.throws(() => encodeText('ж', { encoding: 'gsm0338', language: 'turkish' }), {
      code: 'UNENCODABLE',
    });
  });

  it('are chosen among several', () => {
    const options = { languages: ['turkish', 'portuguese', 'hindi'] as const };
    assert.equal(encodeText('ã'.repeat(80), options).language, 'portuguese');
    assert.equal(encodeText('न'.repeat(80), options).language, 'hindi');
    assert.equal(encodeText('நன்றி '.repeat(20), options).encoding, 'ucs2');
  });

  it('leave exact room beside the other elements', () => {
    const options = { method: 'udh8', reference: 1, languages: ['turkish'] } as const;
    assert.equal(segment('ş'.repeat(155), options).segments.length, 1);
    assert.deepEqual(
      segment('ş'.repeat(156), options).segments.map((one) => one.short_message.length - 9),
      [149, 7],
    );
    assert.equal(segment('ş'.repeat(156), { ...options, method: 'udh16' }).perSegment, 148);
    // Both tables: 140 - 7 octets alone, 140 - 12 beside the part's number.
    const both = { ...options, languages: ['hindi'] } as const;
    assert.equal(segment(`A${'न'.repeat(150)}`, both).perSegment, 152);
    assert.equal(segment(`A${'न'.repeat(151)}`, both).perSegment, 146);
  });

  it('have the comma, the Kannada letter and the euro sign that transcriptions lose', () => {
    const both = (id: number): Buffer => Buffer.from([6, 0x25, 1, id, 0x24, 1, id]);
    for (let id = 4; id <= 13; id++) assert.equal(decodeText(Buffer.from([0x2c]), 0, { udh: both(id) }), ',');
    assert.equal(decodeText(Buffer.from([0x24]), 0, { udh: both(7) }), 'ಡ');
    assert.equal(decodeText(Buffer.from([0x1b, 0x65]), 0, { udh: both(12) }), '€');
  });

  it('fall back to the default table for an unknown language', () => {
    const udh = Buffer.from([6, 0x25, 1, 99, 0x24, 1, 99]);
    assert.equal(decodeText(Buffer.from('615f1b65', 'hex'), 0, { udh }), 'a§€');
  });

  it('take a Spanish locking shift, which does not exist, for the single one', () => {
    assert.equal(decodeText(Buffer.from('1b69', 'hex'), 0, { udh: Buffer.from('03250102', 'hex') }), 'í');
  });

  it('come back as they went, over the whole repertoire', () => {
    for (const id of languageNames().keys()) {
      const number = id + 1;
      const udh = Buffer.from([6, 0x25, 1, number, 0x24, 1, number]);
      for (let septet = 0; septet < 128; septet++) {
        for (const octets of [Buffer.from([septet]), Buffer.from([0x1b, septet])]) {
          let character: string;
          try {
            character = decodeText(octets, 0, { udh });
          } catch {
            continue;
          }
          if (septet === 0x1b) continue;
          const encoded = encodeText(character.repeat(3), {
            language: languageNames()[id],
            encoding: 'gsm0338',
          });
          assert.equal(decodeText(encoded.octets, 0, { udh: encoded.udh }), character.repeat(3));
        }
      }
    }
  });

  it('come back as they went, packed and in parts', () => {
    const languages = ['turkish', 'hindi', 'spanish'] as const;
    const characters = fc.array(fc.constantFrom('ş', 'ğ', 'a', '@', 'न', 'A', '€', 'ñ', 'Á'), {
      maxLength: 200,
    });
    fc.assert(
      fc.property(characters, fc.constantFrom(...languages), (pieces, language) => {
        const text = pieces.join('');
        const defaultAlphabet = 'gsm0338-packed';
        const encoded = encodeText(text, { language, defaultAlphabet });
        const decoded = decodeText(encoded.octets, encoded.data_coding, {
          udh: encoded.udh,
          defaultAlphabet,
        });
        assert.equal(decoded, text);
      }),
    );
  });

  it('are named with a character that they have, and no others', () => {
    const named = (character: string): readonly string[] | undefined => {
      try {
        encodeText(character, { encoding: 'ascii' });
        return undefined;
      } catch (error) {
        return error instanceof TextError ? error.encodings : undefined;
      }
    };
    assert.deepEqual(named('ğ'), ['ucs2', 'gsm0338 (turkish)']);
    assert.deepEqual(named('ã'), ['latin1', 'ucs2', 'gsm0338 (portuguese)']);
    assert.deepEqual(named('ந'), ['ucs2', 'gsm0338 (tamil)']);
    assert.deepEqual(named('௺'), ['ucs2', 'gsm0338 (tamil)']);
    assert.deepEqual(named('\uffff'), ['ucs2']);
    assert.deepEqual(named('😀'), ['ucs2']);
  });

  it('take the fewest septets of those with as many segments', () => {
    const text = `${'A'.repeat(3)}न${'B'.repeat(20)}`;
    // One escaped letter costs less than a table in which all capitals are escaped.
    assert.equal(encodeText('ABCDEFGHIJ१', { language: 'hindi' }).udh?.toString('hex'), '03240106');
    assert.equal(encodeText(text, { language: 'hindi' }).udh?.toString('hex'), '06250106240106');
    assert.equal(encodeText('şşşş', { language: 'turkish' }).udh?.toString('hex'), '03250101');
  });

  it('are refused where there are none', () => {
    const language = 'klingon' as LanguageName;
    assert.throws(() => encodeText('ş', { language }), { code: 'INVALID_OPTION', field: 'language' });
    assert.throws(() => encodeText('ş', { languages: [language] }), {
      code: 'INVALID_OPTION',
      field: 'languages',
    });
  });
});
