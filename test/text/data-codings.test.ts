import assert from 'node:assert/strict';
import fc from 'fast-check';
import { ENCODING_NAMES, TextError, codingOf, decodeText, encodeText, encodingName } from '../../src/text';
import { rounds } from '../support/rounds';

/** Text and octets by other implementations: Python's codecs, read off by hand. */
const SAMPLES: readonly (readonly [encoding: string, data_coding: number, text: string, hex: string])[] = [
  ['ascii', 1, 'Hi [~]', '4869205b7e5d'],
  ['latin1', 3, 'Ünïté', 'dc6eef74e9'],
  ['iso8859-5', 6, 'Привет №5 §', 'bfe0d8d2d5e220f03520fd'],
  ['iso8859-8', 7, 'שלום', 'f9ece5ed'],
  ['ucs2', 8, 'ж€😀', '043620acd83dde00'],
  ['shift_jis', 9, '日本ｱ A', '93fa967bb12041'],
  ['iso2022jp', 10, 'a日本b', '611b2442467c4b5c1b284262'],
  ['euc-kr', 14, '한국 A', 'c7d1b1b92041'],
];

describe('data codings', () => {
  for (const [encoding, data_coding, text, hex] of SAMPLES) {
    it(`write and read ${encoding} as data_coding ${data_coding}`, () => {
      const encoded = encodeText(text, { encoding });
      assert.equal(encoded.octets.toString('hex'), hex);
      assert.equal(encoded.data_coding, data_coding);
      assert.equal(encoded.encoding, encoding);
      assert.equal(codingOf(data_coding)?.encoding, encoding);
      assert.equal(decodeText(Buffer.from(hex, 'hex'), data_coding), text);
    });
  }

  it('come back as they went, over the whole repertoire', () => {
    for (const [encoding, data_coding] of SAMPLES) {
      let count = 0;
      for (let code = 0; code <= 0xffff; code++) {
        if (code === 0xfeff || code === 0xfffe) continue; // alone they are a byte order mark
        const character = String.fromCharCode(code);
        const { octets, text } = encodeText(character, { encoding, unencodable: 'replace' });
        if (text !== undefined) continue;
        count++;
        assert.equal(decodeText(octets, data_coding), character, `${encoding} U+${code.toString(16)}`);
      }
      const expected: Record<string, number> = {
        ascii: 128,
        latin1: 256,
        'iso8859-5': 256,
        'iso8859-8': 220,
        ucs2: 63486,
        // 127 of ASCII and the 6879 of JIS X 0208; 128 and the 8226 of KS X 1001.
        iso2022jp: 7006,
        'euc-kr': 8354,
        shift_jis: 7518,
      };
      assert.equal(count, expected[encoding], encoding);
    }
  });

  it('are known by every spelling that naz and Python have', () => {
    const spellings = {
      latin_1: 'latin1',
      iso2022_jp: 'iso2022jp',
      iso8859_5: 'iso8859-5',
      utf_16_be: 'ucs2',
    };
    for (const [spelling, name] of Object.entries(spellings)) assert.equal(encodingName(spelling), name);
    assert.equal(encodingName('EUC_KR'), 'euc-kr');
    assert.equal(encodingName('klingon'), undefined);
    assert.equal(encodingName('constructor'), undefined);
    assert.ok(ENCODING_NAMES.includes('gsm0338'));
  });

  it('refuse a name that there is none of, naming those there are', () => {
    assert.throws(() => encodeText('a', { encoding: 'klingon' }), {
      code: 'UNKNOWN_ENCODING',
      message: /gsm0338/,
    });
    assert.throws(() => encodeText('é☃', { defaultAlphabet: 'klingon' }), { code: 'UNKNOWN_ENCODING' });
    assert.throws(() => encodeText('a', { encoding: 'binary' }), {
      code: 'UNKNOWN_ENCODING',
      message: /Buffer/,
    });
  });

  it('choose the default alphabet, else UCS2, never Latin-1', () => {
    assert.deepEqual(encodeText('naïve').encoding, 'ucs2');
    assert.equal(encodeText('café').encoding, 'gsm0338');
    assert.equal(encodeText('café').data_coding, 0);
    assert.equal(encodeText('').encoding, 'gsm0338');
  });

  it('take the default alphabet of the centre for data_coding 0', () => {
    const latin1 = encodeText('naïve [x]', { defaultAlphabet: 'latin1' });
    assert.deepEqual(
      [latin1.data_coding, latin1.encoding, latin1.octets.toString('latin1')],
      [0, 'latin1', 'naïve [x]'],
    );
    assert.equal(decodeText(Buffer.from([0xef]), 0, { defaultAlphabet: 'latin1' }), 'ï');
    assert.equal(encodeText('ж', { defaultAlphabet: 'latin1' }).encoding, 'ucs2');
  });

  it('let data_coding and encoding be set apart', () => {
    const encoded = encodeText('é', { encoding: 'latin1', data_coding: 0 });
    assert.deepEqual([encoded.data_coding, encoded.octets], [0, Buffer.from([0xe9])]);
    const cyrillic = encodeText('Ж', { data_coding: 6 });
    assert.deepEqual([cyrillic.encoding, cyrillic.data_coding], ['iso8859-5', 6]);
    assert.throws(() => encodeText('ж', { data_coding: 0 }), { code: 'UNENCODABLE' });
    assert.throws(() => encodeText('a', { data_coding: 4 }), { code: 'UNKNOWN_ENCODING' });
    assert.equal(decodeText(Buffer.from([0xe9]), 0, { encoding: 'latin1' }), 'é');
  });

  it('say what has no codec', () => {
    assert.deepEqual(codingOf(2), { encoding: 'binary' });
    assert.deepEqual(codingOf(4), { encoding: 'binary' });
    for (const none of [0x0b, 0x0d, 0x0f, 0x20, 0x8f, 0xf8])
      assert.equal(codingOf(none), undefined, String(none));
    for (const none of [4, 0x0d]) {
      assert.throws(() => decodeText(Buffer.from('a'), none), {
        code: 'UNKNOWN_ENCODING',
        field: 'data_coding',
      });
    }
  });

  it('say which texts are compressed', () => {
    for (let data_coding = 0; data_coding <= 0xff; data_coding++) {
      const compressed = data_coding >= 0x20 && data_coding < 0x80 && data_coding % 0x40 >= 0x20;
      let why = '';
      try {
        decodeText(Buffer.alloc(2, 0x20), data_coding);
      } catch (error) {
        why = (error as Error).message;
      }
      assert.equal(/compressed/.test(why), compressed, String(data_coding));
    }
  });

  it('say where octets are not of a coding', () => {
    assert.throws(() => decodeText(Buffer.from([0x41, 0x80]), 1), {
      code: 'UNDECODABLE',
      position: 1,
      message: /octet 1/,
    });
    assert.equal(decodeText(Buffer.from([0x41, 0x7f]), 1), 'A\x7f');
    assert.throws(() => decodeText(Buffer.from([0x80, 0xff, 0x80]), 14), {
      code: 'UNDECODABLE',
      message: /^The octets are not euc-kr: /,
    });
  });

  it('refuse the additions that vendors make to KS X 1001, and read them', () => {
    assert.equal(decodeText(Buffer.from([0x81, 0x41]), 14), '갂');
    assert.throws(() => encodeText('갂', { encoding: 'euc-kr' }), { code: 'UNENCODABLE' });
    // 똠: its lead octet is in the standard's range, its trail octet is not.
    assert.throws(() => encodeText('똠', { encoding: 'euc-kr' }), { code: 'UNENCODABLE' });
  });

  it('refuse escape characters and half-width katakana in ISO-2022-JP', () => {
    for (const character of ['\x1b', 'ｱ', '①', '\x80']) {
      assert.throws(
        () => encodeText(character, { encoding: 'iso2022jp' }),
        { code: 'UNENCODABLE' },
        character,
      );
    }
    assert.equal(decodeText(Buffer.from('1b242844222f', 'hex'), 10).length, 1);
  });

  it('send octets as they are', () => {
    const octets = Buffer.from([0, 255]);
    assert.deepEqual(encodeText(octets), { data_coding: 4, octets, encoding: 'binary' });
    assert.equal(encodeText(octets, { messageClass: 2 }).data_coding, 0xf6);
    assert.equal(encodeText(octets, { data_coding: 2 }).data_coding, 2);
  });

  it('read data_coding 5 as ISO-2022-JP, and as Shift_JIS where it has the upper bit', () => {
    assert.equal(decodeText(Buffer.from('1b2442467c4b5c1b2842', 'hex'), 5), '日本');
    assert.equal(decodeText(Buffer.from('93fa967b', 'hex'), 5), '日本');
  });

  it('read the older escape sequences of ISO-2022-JP', () => {
    assert.equal(decodeText(Buffer.from('1b284a5c7e1b2440467c1b28493140', 'hex'), 10), '¥‾日ｱﾀ');
    assert.throws(() => decodeText(Buffer.from('1b2842ff', 'hex'), 10), { code: 'UNDECODABLE' });
    assert.throws(() => decodeText(Buffer.from('1b2441', 'hex'), 10), { code: 'UNDECODABLE' });
  });

  it('decode any octets in any coding, or say why not', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 60 }),
        fc.integer({ min: 0, max: 255 }),
        (octets, data_coding) => {
          try {
            assert.equal(typeof decodeText(Buffer.from(octets), data_coding), 'string');
          } catch (error) {
            assert.ok(error instanceof TextError, String(error));
          }
        },
      ),
      { numRuns: rounds(2000) },
    );
  });
});

describe('message classes', () => {
  it('are asked for by number', () => {
    assert.equal(encodeText('a', { messageClass: 0 }).data_coding, 0xf0);
    assert.equal(encodeText('a', { messageClass: 2 }).data_coding, 0xf2);
    assert.equal(encodeText('ж', { messageClass: 0 }).data_coding, 0x18);
    assert.throws(() => encodeText('a', { messageClass: 0, encoding: 'latin1' }), {
      code: 'INVALID_OPTION',
      field: 'messageClass',
    });
  });

  it('are of the GSM alphabet, whatever the default alphabet', () => {
    const flash = encodeText('é_', { messageClass: 0, defaultAlphabet: 'latin1' });
    assert.deepEqual([flash.data_coding, flash.octets.toString('hex')], [0xf0, '0511']);
    assert.equal(encodeText('ж', { messageClass: 0, defaultAlphabet: 'latin1' }).data_coding, 0x18);
    const packed = encodeText('é', { messageClass: 1, defaultAlphabet: 'gsm0338-packed' });
    assert.deepEqual([packed.data_coding, packed.encoding], [0xf1, 'gsm0338-packed']);
  });

  it('are four', () => {
    for (const messageClass of [4, 9, -1, '0', NaN]) {
      const options = { messageClass } as unknown as { messageClass: 0 };
      const refusal = { code: 'INVALID_OPTION', field: 'messageClass', message: /give 0, 1, 2, 3/ };
      assert.throws(() => encodeText('a', options), refusal);
      assert.throws(() => encodeText(Buffer.from('a'), options), refusal);
    }
  });

  it('are read from both groups that have them', () => {
    assert.deepEqual(codingOf(0xf0), { encoding: 'gsm0338', messageClass: 0 });
    assert.deepEqual(codingOf(0xf5), { encoding: 'binary', messageClass: 1 });
    assert.deepEqual(codingOf(0x12), { encoding: 'gsm0338', messageClass: 2 });
    assert.deepEqual(codingOf(0x1b), { encoding: 'ucs2', messageClass: 3 });
    assert.deepEqual(codingOf(0x48), { encoding: 'ucs2' });
    assert.equal(decodeText(Buffer.from([0x5f]), 0x10), '§');
  });

  it('read GSM whatever the default alphabet, packed where that is', () => {
    assert.equal(codingOf(0xf0, { defaultAlphabet: 'latin1' })?.encoding, 'gsm0338');
    assert.equal(codingOf(0xf0, { defaultAlphabet: 'gsm0338-packed' })?.encoding, 'gsm0338-packed');
  });

  it('are told from all other numbers', () => {
    const groups: readonly (readonly [first: number, last: number, encoding: string | undefined])[] = [
      [0x10, 0x13, 'gsm0338'], [0x14, 0x17, 'binary'], [0x18, 0x1b, 'ucs2'], [0x1c, 0x3f, undefined],
      [0x40, 0x43, 'gsm0338'], [0x44, 0x47, 'binary'], [0x48, 0x4b, 'ucs2'], [0x4c, 0x4f, undefined],
      [0x50, 0x53, 'gsm0338'], [0x54, 0x57, 'binary'], [0x58, 0x5b, 'ucs2'], [0x5c, 0xbf, undefined],
      [0xc0, 0xdf, 'gsm0338'], [0xe0, 0xef, 'ucs2'],
      [0xf0, 0xf3, 'gsm0338'], [0xf4, 0xf7, 'binary'], [0xf8, 0xff, undefined], [0x100, 0x1ff, undefined],
    ]; // prettier-ignore
    for (const [first, last, encoding] of groups) {
      for (let data_coding = first; data_coding <= last; data_coding++) {
        const coding = codingOf(data_coding);
        assert.equal(coding?.encoding, encoding, data_coding.toString(16));
        const classed = data_coding >= 0xf0 || (data_coding & 0x90) === 0x10;
        assert.equal(coding?.messageClass, coding && classed ? data_coding & 3 : undefined);
        const waiting = data_coding >= 0xc0 && data_coding < 0xf0;
        assert.equal(coding?.messageWaiting?.store, waiting ? data_coding >= 0xd0 : undefined);
      }
    }
  });

  it('stand beside indications of waiting messages', () => {
    assert.deepEqual(codingOf(0xc8), {
      encoding: 'gsm0338',
      messageWaiting: { active: true, kind: 'voicemail', store: false },
    });
    assert.deepEqual(codingOf(0xd1)?.messageWaiting, { active: false, kind: 'fax', store: true });
    assert.deepEqual(codingOf(0xea)?.messageWaiting, { active: true, kind: 'email', store: true });
    assert.equal(codingOf(0xea)?.encoding, 'ucs2');
  });
});

describe('characters that a coding lacks', () => {
  it('name themselves, their position and the codings that have them', () => {
    assert.throws(
      () => encodeText('abcş', { encoding: 'gsm0338' }),
      (error) => {
        assert.ok(error instanceof TextError);
        assert.deepEqual(
          [error.code, error.field, error.character, error.position],
          ['UNENCODABLE', 'short_message', 'ş', 3],
        );
        assert.deepEqual(error.encodings, ['ucs2', 'gsm0338 (turkish)']);
        assert.match(
          error.message,
          /"ş" \(U\+015F\) at 3 cannot be written in gsm0338.*ucs2, gsm0338 \(turkish\)/,
        );
        return true;
      },
    );
    assert.throws(() => encodeText('a😀', { encoding: 'latin1' }), { character: '😀', position: 1 });
  });

  it('are replaced where that was asked for, and the text that went is told', () => {
    const encoded = encodeText('a☃é', { encoding: 'ascii', unencodable: 'replace' });
    assert.deepEqual([encoded.octets.toString(), encoded.text], ['a??', 'a??']);
    assert.equal('text' in encodeText('abc', { encoding: 'ascii', unencodable: 'replace' }), false);
  });
});
