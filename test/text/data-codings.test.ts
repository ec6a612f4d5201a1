import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  ENCODING_NAMES,
  TextError,
  codingOf,
  decodeText,
  encodeText,
  encodingName,
  type TextCodec,
} from '../../src/text';
import { anyText } from './alphabets';

const rot: TextCodec = {
  name: 'upside-down',
  data_coding: 0x2a,
  encode(text) {
    if (/[^ -~]/.test(text)) throw new RangeError('printable ASCII only');
    return Buffer.from([...text].reverse().join(''), 'latin1');
  },
  decode: (octets) => [...octets.toString('latin1')].reverse().join(''),
};

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
      { numRuns: 2000 },
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

describe('UCS2', () => {
  const read = (hex: string, ucs2ByteOrder?: 'auto' | 'be' | 'le'): string =>
    decodeText(Buffer.from(hex, 'hex'), 8, { ucs2ByteOrder });

  it('is read by its byte order mark, which is not text', () => {
    assert.equal(read('feff0041'), 'A');
    assert.equal(read('fffe4100'), 'A');
    assert.equal(read('fffe4100', 'be'), 'A');
  });

  it('is read little-endian without a mark where nothing else makes sense', () => {
    assert.equal(read(Buffer.from('Hello', 'utf16le').toString('hex')), 'Hello');
    assert.equal(read(Buffer.from('Привет, мир', 'utf16le').toString('hex')), 'Привет, мир');
    assert.equal(read(Buffer.from('ab', 'utf16le').toString('hex'), 'le'), 'ab');
  });

  it('is big-endian in doubt', () => {
    for (const text of ['一一一一', '一', 'Hi', '刀一', '你好，世界', 'שלום', 'aaaa']) {
      assert.equal(decodeText(encodeText(text, { encoding: 'ucs2' }).octets, 8), text);
    }
    assert.equal(read('41004200', 'auto'), '\u4100\u4200');
  });

  it('has an even number of octets', () => {
    assert.throws(() => read('004100'), { code: 'UNDECODABLE', position: 2 });
  });

  it('has no halves of surrogate pairs', () => {
    assert.throws(() => encodeText('ab\ud83d', { encoding: 'ucs2' }), {
      code: 'UNENCODABLE',
      position: 2,
      message: /half of a surrogate pair/,
    });
    const replaced = encodeText('ж\ud83d', { unencodable: 'replace' });
    assert.deepEqual([replaced.text, replaced.encoding], ['ж\ufffd', 'ucs2']);
  });

  it('comes back as it went', () => {
    fc.assert(
      fc.property(anyText(), (text) => {
        fc.pre(!/^[\ufeff\ufffe]/.test(text));
        assert.equal(decodeText(encodeText(text, { encoding: 'ucs2' }).octets, 8), text);
      }),
    );
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

describe('custom codecs', () => {
  const codecs = [rot];

  it('encode and decode by name and by data_coding', () => {
    const encoded = encodeText('abc', { encoding: 'upside-down', codecs });
    assert.deepEqual([encoded.octets.toString(), encoded.data_coding], ['cba', 0x2a]);
    assert.equal(decodeText(encoded.octets, 0x2a, { codecs }), 'abc');
    assert.deepEqual(codingOf(0x2a, { codecs }), { encoding: 'upside-down' });
  });

  it('may be the default alphabet', () => {
    const options = { defaultAlphabet: 'upside-down', codecs };
    const encoded = encodeText('abc', options);
    assert.deepEqual([encoded.octets.toString(), encoded.data_coding], ['cba', 0]);
    assert.equal(decodeText(encoded.octets, 0, options), 'abc');
    assert.equal(encodeText('é', options).encoding, 'ucs2');
  });

  it('say by throwing what they lack, and what they cannot read', () => {
    assert.throws(() => encodeText('aé', { encoding: 'upside-down', codecs }), {
      code: 'UNENCODABLE',
      position: 1,
    });
    const broken: TextCodec = {
      ...rot,
      decode() {
        throw new Error('no');
      },
    };
    assert.throws(() => decodeText(Buffer.from('a'), 0x2a, { codecs: [broken] }), {
      code: 'UNDECODABLE',
      cause: new Error('no'),
    });
  });
});
