import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  TextError,
  decodeParts,
  decodeText,
  encodeText,
  measure,
  parseUserDataHeader,
  portElement,
  readUserData,
  segment,
  type LongMessageMethod,
  type MessagePart,
  type SegmentOptions,
  type SubmitSmFields,
  type TextCodec,
} from '../../src/text';
import { anyText, gsmText } from './alphabets';

/** Never chosen: that there is one takes the long way. */
const rot13: TextCodec = {
  name: 'rot13',
  data_coding: 0x2a,
  encode: (text) => Buffer.from(text),
  decode: (octets) => octets.toString(),
};

const udh8: SegmentOptions = { method: 'udh8', reference: 7 };

function lengths(text: string, options: Partial<SegmentOptions> = {}): number[] {
  const { segments, data_coding } = segment(text, { ...udh8, ...options });
  return segments.map((fields) => {
    const { octets, header } = readUserData(fields);
    return decodeText(octets, data_coding, { udh: header, defaultAlphabet: options.defaultAlphabet }).length;
  });
}

/** The parts as the other side would have them. */
function parts(segments: readonly SubmitSmFields[]): MessagePart[] {
  return segments.map((fields, index) => {
    const { octets, header, part } = readUserData(fields);
    const { data_coding } = fields;
    const place = part ?? { method: 'udh8', reference: 0, total: segments.length, part: index + 1 };
    return { source: 'a', destination: 'b', ...place, data_coding, octets, header };
  });
}

function joined(segments: readonly SubmitSmFields[], defaultAlphabet?: string): string | undefined {
  return decodeParts(parts(segments), { defaultAlphabet }).text;
}

describe('segmentation', () => {
  const limits: readonly (readonly [LongMessageMethod, string, string, number, number])[] = [
    ['udh8', 'gsm0338', 'a', 160, 153],
    ['udh16', 'gsm0338', 'a', 160, 152],
    ['sar', 'gsm0338', 'a', 160, 153],
    ['udh8', 'gsm0338-packed', 'a', 160, 153],
    ['udh16', 'gsm0338-packed', 'a', 160, 152],
    ['udh8', 'ucs2', 'ж', 70, 67],
    ['udh16', 'ucs2', 'ж', 70, 66],
    ['sar', 'ucs2', 'ж', 70, 67],
    ['udh8', 'latin1', 'é', 140, 134],
    ['udh16', 'latin1', 'é', 140, 133],
    ['udh8', 'ascii', 'a', 160, 153],
    ['udh8', 'shift_jis', '日', 70, 67],
    ['udh8', 'euc-kr', '한', 70, 67],
    // Three octets to get into the double-octet state, three to leave it, in every part.
    ['udh8', 'iso2022jp', '日', 67, 64],
  ];
  for (const [method, encoding, character, single, part] of limits) {
    it(`fits ${single} and ${part} characters of ${encoding} by ${method}`, () => {
      const options = {
        method,
        encoding,
        defaultAlphabet: encoding.startsWith('gsm') ? encoding : undefined,
      };
      assert.deepEqual(lengths(character.repeat(single), options), [single]);
      assert.deepEqual(lengths(character.repeat(single + 1), options), [part, single + 1 - part]);
      assert.deepEqual(lengths(character.repeat(3 * part), options), [part, part, part]);
    });
  }

  it('fits 140, 134 and 133 octets of binary', () => {
    const sizes = (size: number, method: LongMessageMethod): number[] =>
      segment(Buffer.alloc(size), { method, reference: 1 }).segments.map(
        (fields) => readUserData(fields).octets.length,
      );
    assert.deepEqual(sizes(140, 'udh8'), [140]);
    assert.deepEqual(sizes(141, 'udh8'), [134, 7]);
    assert.deepEqual(sizes(141, 'udh16'), [133, 8]);
    assert.deepEqual(sizes(268, 'sar'), [134, 134]);
  });

  it('counts septets with data_coding 0, whatever goes over the wire', () => {
    const latin1 = { defaultAlphabet: 'latin1' };
    assert.deepEqual(lengths('ê'.repeat(160), latin1), [160]);
    assert.deepEqual(lengths('['.repeat(80), latin1), [80]);
    assert.deepEqual(lengths('['.repeat(81), latin1), [76, 5]);
    assert.equal(
      segment('ê'.repeat(160), { ...udh8, encoding: 'latin1', data_coding: 0 }).segments.length,
      1,
    );
  });

  it('counts octets of what no centre can turn into septets', () => {
    assert.deepEqual(
      lengths('ж'.repeat(71), { encoding: 'ucs2', data_coding: 0, defaultAlphabet: 'ucs2' }),
      [67, 4],
    );
  });

  it('needs no options', () => {
    assert.deepEqual(segment('a'), segment({ text: 'a' }, udh8));
    assert.deepEqual(
      segment('a'.repeat(161)).segments,
      segment('a'.repeat(161), { method: 'udh8', reference: 0 }).segments,
    );
    assert.deepEqual(segment('a', { esm_class: 0x43 }).segments[0]?.esm_class, 0x03);
  });

  it('makes the same of a text the short way and the long way', () => {
    fc.assert(
      fc.property(gsmText({ maxLength: 200 }), (text) => {
        // Naming an element of no length asks for the whole plan.
        assert.deepEqual(segment(text, udh8), segment(text, { ...udh8, codecs: [rot13] }));
        assert.deepEqual(encodeText(text), encodeText(text, { codecs: [rot13] }));
      }),
    );
  });

  it('tells the language and the text that it wrote', () => {
    const turkish = segment('ş'.repeat(100), { ...udh8, language: 'turkish' });
    assert.deepEqual([turkish.language, 'text' in turkish], ['turkish', false]);
    const plain = segment('“x”', { ...udh8, unencodable: 'transliterate' });
    assert.deepEqual([plain.text, 'language' in plain], ['"x"', false]);
  });

  it('says what it made', () => {
    const made = segment('a€'.repeat(60), udh8);
    const { segments, ...facts } = made;
    assert.equal(segments.length, 2);
    assert.deepEqual(facts, {
      encoding: 'gsm0338',
      data_coding: 0,
      characters: 120,
      units: 180,
      unit: 'septets',
      perSegment: 153,
    });
    assert.equal(segment('😀', udh8).characters, 1);
  });

  it('never splits an escape', () => {
    assert.deepEqual(lengths(`${'a'.repeat(152)}€${'a'.repeat(10)}`), [152, 11]);
  });

  it('never splits a surrogate pair', () => {
    assert.deepEqual(lengths(`${'ж'.repeat(66)}😀${'ж'.repeat(10)}`), [66, 12]);
  });

  it('keeps combining sequences whole', () => {
    const family = '👨‍👩‍👧‍👦';
    assert.deepEqual(lengths(`${'ж'.repeat(60)}${family}ж`), [60, family.length + 1]);
    assert.deepEqual(lengths(`${'ж'.repeat(66)}е\u0301${'ж'.repeat(9)}`), [66, 11]);
    assert.deepEqual(lengths(`${'a'.repeat(152)}\r\n${'a'.repeat(9)}`), [152, 11]);
    assert.deepEqual(lengths(`${'ж'.repeat(60)}${family}ж`, { wholeGraphemes: false })[0], 66);
  });

  it('falls back to code points where a sequence is longer than a part', () => {
    const stacked = `a${'\u0301'.repeat(100)}`;
    assert.deepEqual(lengths(stacked), [67, 34]);
    assert.deepEqual(lengths(`${'ж'.repeat(60)}${stacked}`), [67, 67, 27]);
  });

  it('keeps words whole on request', () => {
    const text = `${'word '.repeat(30)}${'word '.repeat(10)}`;
    const { segments } = segment(text, { ...udh8, wholeWords: true });
    assert.deepEqual(lengths(text, { wholeWords: true }), [150, 50]);
    assert.equal(joined(segments), text);
    assert.deepEqual(
      lengths(`${'a'.repeat(100)} b\u00a0${'c'.repeat(60)}`, { wholeWords: true, encoding: 'latin1' })[0],
      101,
    );
    assert.deepEqual(lengths(`${'x'.repeat(200)} y`, { wholeWords: true }), [153, 49]);
    assert.deepEqual(lengths(`${'a'.repeat(153)} ${'b'.repeat(20)}`, { wholeWords: true }), [153, 21]);
  });

  it('numbers the parts in a header of eight or sixteen bits', () => {
    const text = 'a'.repeat(200);
    const header = (method: LongMessageMethod, reference: number): unknown[] =>
      segment(text, { method, reference, esm_class: 0x03 }).segments.map((fields) => {
        assert.equal(fields.esm_class, 0x43);
        return parseUserDataHeader(fields.short_message).concatenation;
      });
    assert.deepEqual(header('udh8', 0x102), [
      { reference: 2, total: 2, part: 1, bits: 8 },
      { reference: 2, total: 2, part: 2, bits: 8 },
    ]);
    assert.deepEqual(header('udh16', 0x102), [
      { reference: 0x102, total: 2, part: 1, bits: 16 },
      { reference: 0x102, total: 2, part: 2, bits: 16 },
    ]);
  });

  it('numbers the parts by TLVs, with no header', () => {
    const { segments } = segment('a'.repeat(200), { method: 'sar', reference: 0, esm_class: 0x40 });
    assert.deepEqual(
      segments.map(({ esm_class, tlvs }) => [esm_class, tlvs]),
      [1, 2].map((part) => [0, { sar_msg_ref_num: 0, sar_total_segments: 2, sar_segment_seqnum: part }]),
    );
  });

  it('puts a long message whole into message_payload, a short one into short_message', () => {
    const payload: SegmentOptions = { method: 'payload', reference: 0 };
    const [long] = segment('a'.repeat(500), payload).segments;
    assert.equal(long?.short_message.length, 0);
    assert.equal(long.tlvs?.message_payload?.length, 500);
    assert.equal(segment('a'.repeat(160), payload).segments[0]?.tlvs, undefined);
    assert.equal(segment(Buffer.alloc(141), payload).segments[0]?.tlvs?.message_payload?.length, 141);
    assert.throws(() => segment('a'.repeat(65_536), payload), { code: 'TEXT_TOO_LONG', message: /65535/ });
  });

  it('puts everything into message_payload by payload-always, short and empty texts too', () => {
    const always: SegmentOptions = { method: 'payload-always' };
    for (const message of ['', 'Hi', 'ж', 'ê', 'a'.repeat(500), Buffer.alloc(3), Buffer.alloc(500)]) {
      const [one, ...others] = segment(message, always).segments;
      assert.deepEqual([others.length, one?.short_message.length], [0, 0]);
      const { octets, data_coding } = encodeText(message);
      assert.deepEqual([one?.tlvs?.message_payload, one?.data_coding], [octets, data_coding]);
    }
    const header = segment('Hi', { ...always, udh: [portElement(5, 6)] }).segments[0];
    assert.equal(header?.esm_class, 0x40);
    assert.equal(header.tlvs?.message_payload?.length, 7 + 2);
    assert.deepEqual(
      ['Hi', 'a'.repeat(500)].map((text) => measure(text, { method: 'payload-always' }).segments),
      [1, 1],
    );
  });

  it('refuses what is too long before anything is made', () => {
    assert.throws(() => segment('a'.repeat(161), { method: 'reject', reference: 0 }), {
      code: 'TEXT_TOO_LONG',
      field: 'short_message',
      message: /161 septets/,
    });
    assert.equal(segment('a'.repeat(153 * 255), udh8).segments.length, 255);
    assert.throws(() => segment('a'.repeat(153 * 255 + 1), udh8), {
      code: 'TEXT_TOO_LONG',
      message: /255 segments/,
    });
    assert.throws(() => segment(Buffer.alloc(134 * 255 + 1), udh8), { code: 'TEXT_TOO_LONG' });
    assert.throws(() => segment('a'.repeat(400), { ...udh8, maxParts: 2 }), { code: 'TEXT_TOO_LONG' });
  });

  it('refuses options that there are none of, for who calls without types', () => {
    const cases = [
      ['method', 'zip', /udh8, udh16, sar, payload, reject/],
      ['unencodable', 'ignore', /strict, replace, transliterate/],
      ['maxParts', 0, /1 to 255/],
      ['maxParts', NaN, /1 to 255/],
    ] as const;
    for (const [field, value, message] of cases) {
      for (const long of ['a'.repeat(161), Buffer.alloc(141)]) {
        const options = { [field]: value } as unknown as SegmentOptions;
        assert.throws(() => segment(long, options), { code: 'INVALID_OPTION', field, message });
      }
    }
  });

  it('makes one segment of nothing', () => {
    assert.deepEqual(segment('', udh8).segments, [
      { esm_class: 0, data_coding: 0, short_message: Buffer.alloc(0) },
    ]);
    assert.equal(segment(Buffer.alloc(0), udh8).segments.length, 1);
  });

  it('makes room for other elements of the header', () => {
    const udh = [portElement(2948, 9200)];
    assert.deepEqual(lengths('a'.repeat(152), { udh }), [152]);
    assert.deepEqual(lengths('a'.repeat(153), { udh }), [146, 7]);
    const sizes = segment(Buffer.alloc(134), { ...udh8, udh }).segments.map(
      (one) => one.short_message.length,
    );
    assert.deepEqual(sizes, [140, 18]);
    for (const { esm_class, short_message } of segment('a'.repeat(153), { ...udh8, udh }).segments) {
      assert.equal(esm_class, 0x40);
      assert.deepEqual(parseUserDataHeader(short_message).ports, { destination: 2948, source: 9200 });
    }
  });

  it('refuses elements that leave no room', () => {
    const udh = [{ id: 0x70, data: Buffer.alloc(130) }];
    assert.throws(() => segment('a'.repeat(200), { ...udh8, udh }), { code: 'INVALID_OPTION', field: 'udh' });
    assert.throws(() => segment('a', { ...udh8, udh: [{ id: 0x70, data: Buffer.alloc(140) }] }), TextError);
  });

  it('joined in any order, the parts are the text: default alphabet', () => {
    fc.assert(
      fc.property(gsmText({ minLength: 100 }), fc.constantFrom('udh8', 'udh16', 'sar'), (text, method) => {
        assert.equal(joined(segment(text, { method, reference: 1 }).segments), text);
      }),
    );
  });

  it('joined, the parts are the text: packed', () => {
    const defaultAlphabet = 'gsm0338-packed';
    const ats = fc.array(fc.constantFrom('@', 'a', '€', '@@@@@@@@'), { minLength: 100, maxLength: 400 });
    fc.assert(
      fc.property(ats, fc.constantFrom('udh8', 'udh16', 'sar'), (pieces, method) => {
        const text = pieces.join('');
        const { segments } = segment(text, { method, reference: 1, defaultAlphabet });
        for (const { short_message } of segments) assert.ok(short_message.length <= 140);
        assert.equal(joined(segments, defaultAlphabet), text);
      }),
    );
  });

  it('joined, the parts are the text: any characters, any way', () => {
    const method = fc.constantFrom<LongMessageMethod>('udh8', 'udh16', 'sar', 'payload', 'payload-always');
    fc.assert(
      fc.property(
        anyText(400),
        method,
        fc.boolean(),
        fc.boolean(),
        (text, how, wholeWords, wholeGraphemes) => {
          fc.pre(!/[\ufeff\ufffe]/.test(text));
          const { segments, data_coding } = segment(text, {
            method: how,
            reference: 1,
            wholeWords,
            wholeGraphemes,
          });
          for (const { short_message } of segments)
            assert.ok(short_message.length <= (data_coding === 0 ? 160 : 140));
          assert.equal(joined(segments), text);
        },
      ),
    );
  });

  it('joined, the parts are the text: Asian codings', () => {
    const characters = fc.array(fc.constantFrom('日', '本', 'a', ' ', '。'), { maxLength: 400 });
    fc.assert(
      fc.property(characters, fc.constantFrom('shift_jis', 'iso2022jp', 'euc-kr'), (pieces, encoding) => {
        const text = pieces.join('');
        const { segments } = segment(text, { ...udh8, encoding });
        for (const { short_message } of segments) assert.ok(short_message.length <= 140);
        assert.equal(joined(segments), text);
      }),
    );
  });
});
