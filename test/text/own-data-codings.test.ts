import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  codingOf,
  decodeParts,
  decodeText,
  encodeText,
  measure,
  parseReceipt,
  segment,
  type DataCodings,
  type EncodeOptions,
  type MessagePart,
  type TextCodec,
} from '../../src/text';

const GSM: DataCodings = { 1: 'gsm0338' };

function parts(octets: readonly (string | Buffer)[], data_coding = 1): MessagePart[] {
  return octets.map((one, index) => ({
    method: 'udh8',
    reference: 1,
    total: octets.length,
    part: index + 1,
    source: 'a',
    destination: 'b',
    data_coding,
    octets: Buffer.from(one as string, 'latin1'),
  }));
}

const numberOf = (text: string, options: EncodeOptions): number => encodeText(text, options).data_coding;

describe('data codings of one SMSC', () => {
  it('are read before the standard', () => {
    const ene = Buffer.from('hola }');
    assert.equal(decodeText(ene, 1), 'hola }');
    assert.equal(decodeText(ene, 1, { dataCodings: GSM }), 'hola ñ');
    assert.equal(decodeParts(parts(['ho', 'la }']), { dataCodings: GSM }).text, 'hola ñ');
    assert.equal(decodeText(ene, 0, { dataCodings: GSM }), 'hola ñ');
    assert.deepEqual(codingOf(8, { dataCodings: { 8: 'latin_1' } }), { encoding: 'latin1' });
    assert.equal(decodeParts(parts(['x'], 8), { dataCodings: { 8: 'binary' } }).text, undefined);
    // The class that a number says stays.
    assert.deepEqual(codingOf(0xf0, { dataCodings: { 0xf0: 'latin1' } }), {
      encoding: 'latin1',
      messageClass: 0,
    });
  });

  it('are written: an encoding goes out with its number there', () => {
    assert.equal(numberOf('ж', { dataCodings: { 24: 'ucs2' } }), 24);
    assert.equal(numberOf('a', { dataCodings: GSM, encoding: 'gsm0338' }), 1);
    assert.equal(numberOf('é', { dataCodings: { 200: 'latin1', 100: 'latin1' }, encoding: 'latin1' }), 100);
    assert.equal(numberOf('é', { dataCodings: { 3: 'latin1', 1: 'latin1' }, encoding: 'latin1' }), 3);
    assert.equal(encodeText(Buffer.of(1), { dataCodings: { 245: 'binary' } }).data_coding, 245);
    assert.equal(segment(Buffer.alloc(200), { dataCodings: { 245: 'binary' } }).data_coding, 245);
    assert.equal(segment('ж'.repeat(100), { dataCodings: { 24: 'ucs2' } }).segments[1]?.data_coding, 24);
    assert.equal(segment('a'.repeat(161), { dataCodings: GSM, encoding: 'gsm0338' }).perSegment, 153);
  });

  it('leave 0 to the default alphabet that auto has chosen, and what the message says as it is', () => {
    const options = { dataCodings: { 1: 'gsm0338', 8: 'latin1', 24: 'ucs2' } };
    assert.equal(numberOf('hola ñ', options), 0);
    assert.equal(segment('hola ñ', options).segments[0]?.data_coding, 0);
    assert.deepEqual(encodeText('ñ', { ...options, data_coding: 1 }), {
      data_coding: 1,
      octets: Buffer.of(0x7d),
      encoding: 'gsm0338',
    });
    assert.equal(numberOf('ж', { ...options, encoding: 'ucs2', data_coding: 8 }), 8);
  });

  it('say what 0 is, before the default alphabet', () => {
    const options = { dataCodings: { 0: 'latin1' } };
    const { data_coding, octets, encoding } = encodeText('ê[', options);
    assert.deepEqual([data_coding, octets, encoding], [0, Buffer.from('ê[', 'latin1'), 'latin1']);
    assert.equal(decodeText(octets, 0, options), 'ê[');
    assert.equal(numberOf('é', { ...options, encoding: 'latin1' }), 0);
    assert.equal(measure('ê', options).encoding, 'latin1');
    assert.equal(measure('ж', { dataCodings: { 24: 'ucs2' }, data_coding: 24 }).encoding, 'ucs2');
  });

  it('never let an encoding go out with a number that means another', () => {
    assert.equal(numberOf('a', { dataCodings: { 10: 'ucs2' }, encoding: 'iso2022jp' }), 5);
    assert.throws(() => encodeText('a', { dataCodings: GSM, encoding: 'ascii' }), {
      code: 'INVALID_OPTION',
      field: 'encoding',
      message: /data_coding 1 means gsm0338.*no number means ascii/,
    });
    assert.throws(() => encodeText('ж', { dataCodings: { 8: 'latin1' } }), { code: 'INVALID_OPTION' });
    assert.throws(() => decodeText(Buffer.from('a'), 1, { dataCodings: { 1: 'klingon' } }), {
      code: 'UNKNOWN_ENCODING',
      message: /klingon.*dataCodings/,
    });
  });

  it('never let a message class go out with a number that means another encoding', () => {
    const hi = (dataCodings: DataCodings): number => numberOf('Hi', { dataCodings, messageClass: 1 });
    assert.equal(hi({ 1: 'gsm0338' }), 0xf1);
    assert.equal(hi({ 0xf1: 'gsm0338' }), 0xf1);
    assert.equal(hi({ 0xf1: 'ucs2' }), 0x11);
    assert.throws(() => hi({ 0xf1: 'ucs2', 0x11: 'ucs2', 0x51: 'ucs2' }), {
      code: 'INVALID_OPTION',
      field: 'messageClass',
    });
  });

  it('may be those of codecs', () => {
    const codec: TextCodec = {
      name: 'shout',
      data_coding: 0x2a,
      encode: (text) => Buffer.from(text.toUpperCase()),
      decode: (octets) => octets.toString(),
    };
    const options = { codecs: [codec], dataCodings: { 9: 'shout' } };
    const { octets, data_coding } = encodeText('abc', { ...options, encoding: 'shout' });
    assert.deepEqual([data_coding, octets.toString()], [9, 'ABC']);
    assert.equal(decodeText(octets, 9, options), 'ABC');
    assert.equal(numberOf('a', { codecs: [codec], encoding: 'shout', dataCodings: GSM }), 0x2a);
  });

  it('are those of receipts as well', () => {
    const receipt = Buffer.from('id:77 stat:DELIVRD err:000 text:Pi}a', 'latin1');
    const data_coding = 1;
    assert.equal(parseReceipt(receipt, {}, { data_coding, dataCodings: GSM })?.text, 'Piña');
    assert.equal(parseReceipt(receipt, {}, { data_coding })?.text, 'Pi}a');
    const escaped = Buffer.from('id:77 stat:DELIVRD err:000 text:5 \x1be a_b', 'latin1');
    assert.equal(parseReceipt(escaped, {}, { data_coding })?.text, '5 € a§b');
  });

  it('give back what was written, whatever they are', () => {
    const names = fc.constantFrom('gsm0338', 'latin1', 'ucs2', 'ascii', 'iso8859-5', 'shift_jis');
    const codings = fc.dictionary(fc.nat(15).map(String), names, { maxKeys: 6 }) as fc.Arbitrary<DataCodings>;
    const text = fc.string({ unit: fc.constantFrom('a', ' ', '7') });
    fc.assert(
      fc.property(text, fc.oneof(names, fc.constant('auto')), codings, (written, encoding, dataCodings) => {
        let encoded;
        try {
          encoded = encodeText(written, { encoding, dataCodings });
        } catch (error) {
          assert.equal((error as { code?: string }).code, 'INVALID_OPTION');
          return;
        }
        assert.equal(codingOf(encoded.data_coding, { dataCodings })?.encoding, encoded.encoding);
        assert.equal(decodeText(encoded.octets, encoded.data_coding, { dataCodings }), written);
      }),
    );
  });
});

describe('octets under data_coding 1 that no text in IA5 has', () => {
  const read = (text: string, options = {}): ReturnType<typeof decodeParts> =>
    decodeParts(parts([text]), options);

  it('are read as GSM 03.38, with all the others, and that is told', () => {
    for (const [octets, text] of [
      ['hola \x1be', 'hola €'],
      ['Pi\x7da \x05', 'Piña é'],
      ['me\x00you.com', 'me@you.com'],
      ['perch\x04', 'perchè'],
      ['citt\x7f', 'città'],
      ['\x0bre \x0e', 'Øre Å'],
    ] as const) {
      const decoded = read(octets);
      assert.equal(decoded.text, text);
      assert.match(
        decoded.flaws?.join() ?? '',
        /^data_coding 1 is IA5.*0x[0-9a-f]{2}: read as GSM 03\.38.*dataCodings/,
      );
    }
  });

  it('say it of all parts, also of those before them', () => {
    const [first, , third] = parts(['Pi}a', '', ' \x1be']);
    assert.ok(first && third);
    assert.equal(decodeParts([first, third]).text, 'Piña €');
    assert.equal(decodeParts(parts(['a\x1b', 'e'])).text, 'a€');
  });

  it('are not tabs, line ends, and NULs at the end', () => {
    for (const text of ['hola }', 'a\tb\r\nc', 'ab\0\0', ''])
      assert.deepEqual([read(text).text, read(text).flaws], [text, undefined]);
  });

  it('are not those that are of neither: they stay octets, with the reason', () => {
    const { text, problem, flaws } = read('\x1be\x80');
    assert.deepEqual([text, problem?.code, flaws], [undefined, 'UNDECODABLE', undefined]);
  });

  it('are what they are where somebody says that they are IA5', () => {
    assert.equal(read('a\x05', { dataCodings: { 1: 'ascii' } }).text, 'a\x05');
    assert.equal(read('a\x05', { encoding: 'ascii' }).text, 'a\x05');
    assert.equal(decodeParts(parts(['a\x05'], 0), { defaultAlphabet: 'ascii' }).text, 'a\x05');
  });

  it('are escape sequences where a text is read alone', () => {
    assert.equal(decodeText(Buffer.from('\x1be}'), 1), '€ñ');
    assert.equal(decodeText(Buffer.from('\x1be}'), 1, { encoding: 'ascii' }), '\x1be}');
    assert.equal(decodeText(Buffer.from('\x1b'), 1), '\x1b');
  });

  it('may have any parts, and never throw', () => {
    const octets = fc.array(
      fc.uint8Array({ maxLength: 20 }).map((one) => Buffer.from(one)),
      { maxLength: 4 },
    );
    fc.assert(
      fc.property(octets, (all) => {
        const { text, problem } = decodeParts(parts(all));
        assert.equal(typeof text === 'string', problem === undefined);
      }),
    );
  });
});

describe("naz's names", () => {
  /** naz 0.8.1 by Python's codecs, run on these texts. */
  const NAZ: readonly (readonly [name: string, data_coding: number, text: string, hex: string])[] = [
    ['gsm0338', 0, 'a@ñ€', '61007d1b65'],
    ['ascii', 1, 'a@[', '61405b'],
    ['octet_unspecified_I', 2, 'a\xff\0', '61ff00'],
    ['latin_1', 3, 'aé', '61e9'],
    ['octet_unspecified_II', 4, 'a\xff\0', '61ff00'],
    ['iso2022_jp', 5, 'a日本', '611b2442467c4b5c1b2842'],
    ['iso8859_5', 6, 'Ж', 'b6'],
    ['iso8859_8', 7, 'ש', 'f9'],
    ['utf_16_be', 8, 'ж😀', '0436d83dde00'],
    ['ucs2', 8, 'ж', '0436'],
    ['shift_jis', 9, '日本', '93fa967b'],
    ['iso2022jp', 10, 'a日本', '611b2442467c4b5c1b2842'],
    ['euc_kr', 14, '한국', 'c7d1b1b9'],
  ];
  for (const [encoding, data_coding, text, hex] of NAZ) {
    it(`${encoding} is data_coding ${data_coding}`, () => {
      const encoded = encodeText(text, { encoding });
      assert.deepEqual([encoded.data_coding, encoded.octets.toString('hex')], [data_coding, hex]);
      const [one, ...others] = segment(text, { encoding }).segments;
      assert.deepEqual(
        [others.length, one?.data_coding, one?.short_message.toString('hex')],
        [0, data_coding, hex],
      );
    });
  }

  it('leave a number of the own', () => {
    assert.equal(numberOf('a', { encoding: 'iso2022_jp', data_coding: 10 }), 10);
    assert.equal(numberOf('a', { encoding: 'octet_unspecified_I', data_coding: 9 }), 9);
    assert.equal(numberOf('a', { encoding: 'iso2022_jp', dataCodings: { 13: 'iso2022jp' } }), 13);
  });

  it('of octets take Buffers as well, of any length, and no character that is no octet', () => {
    const encoding = 'octet_unspecified_I';
    assert.deepEqual(
      segment(Buffer.alloc(200), { encoding }).segments.map(({ data_coding }) => data_coding),
      [2, 2],
    );
    assert.equal(segment('x'.repeat(200), { encoding }).segments.length, 2);
    assert.throws(() => encodeText('aж', { encoding }), { code: 'UNENCODABLE', position: 1 });
    assert.equal(segment(Buffer.alloc(1), { encoding: 'iso2022_jp' }).data_coding, 4);
  });
});
