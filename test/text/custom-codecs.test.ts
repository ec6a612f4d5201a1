import assert from 'node:assert/strict';
import { codingOf, decodeText, encodeText, type TextCodec } from '../../src/text';

const rot: TextCodec = {
  name: 'upside-down',
  data_coding: 0x2a,
  encode(text) {
    if (/[^ -~]/.test(text)) throw new RangeError('printable ASCII only');
    return Buffer.from([...text].reverse().join(''), 'latin1');
  },
  decode: (octets) => [...octets.toString('latin1')].reverse().join(''),
};

describe('custom codecs', () => {
  const codecs = [rot];

  it('encode and decode by name and by data_coding', () => {
    const encoded = encodeText('abc', { encoding: 'upside-down', codecs });
    assert.deepEqual([encoded.octets.toString(), encoded.data_coding], ['cba', 0x2a]);
    assert.equal(decodeText(encoded.octets, 0x2a, { codecs }), 'abc');
    assert.deepEqual(codingOf(0x2a, { codecs }), { encoding: 'upside-down' });
  });

  it('stand beside the built-in encodings and each other', () => {
    const other: TextCodec = {
      ...rot,
      name: 'other',
      data_coding: 0x2b,
      encode: () => Buffer.from('?'),
      decode: () => '!',
    };
    const both = [other, rot];
    assert.equal(encodeText('abc', { encoding: 'upside-down', codecs: both }).octets.toString(), 'cba');
    assert.equal(encodeText('abc', { encoding: 'latin1', codecs: both }).octets.toString(), 'abc');
    assert.equal(encodeText('abc', { encoding: 'latin1', codecs: both }).data_coding, 3);
    assert.equal(decodeText(Buffer.from('abc'), 0x2a, { codecs: both }), 'cba');
    assert.equal(decodeText(Buffer.from('abc'), 0, { codecs: both }), 'abc');
    assert.deepEqual(codingOf(8, { codecs: both }), { encoding: 'ucs2' });
    assert.throws(() => encodeText('a', { encoding: 'none', codecs: both }), {
      code: 'UNKNOWN_ENCODING',
      field: 'encoding',
    });
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
