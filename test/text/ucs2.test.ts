import assert from 'node:assert/strict';
import fc from 'fast-check';
import { decodeText, encodeText } from '../../src/text';
import { anyText } from './alphabets';

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
    for (const text of ['“Yes”, he said – 5 €', 'Привет – “мир” №1', 'Thanks 👍🏽!', '…and so on']) {
      assert.equal(read(Buffer.from(text, 'utf16le').toString('hex')), text);
    }
    assert.equal(read(Buffer.from('ab', 'utf16le').toString('hex'), 'le'), 'ab');
  });

  it('is big-endian in doubt', () => {
    for (const text of [
      '一一一一',
      '一',
      'Hi',
      '刀一',
      '你好，世界',
      'שלום',
      'aaaa',
      'РСР РСР',
      'ءءء ءء',
      '–––– ––',
      '– a – b – c',
    ]) {
      assert.equal(decodeText(encodeText(text, { encoding: 'ucs2' }).octets, 8), text);
    }
    assert.equal(read('41004200', 'auto'), '\u4100\u4200');
  });

  it('is little-endian by letters of one alphabet, at least half of the text', () => {
    const isLittle = (text: string): boolean => read(Buffer.from(text, 'utf16le').toString('hex')) === text;
    for (const text of ['abcd', 'abca', 'abcd––––', 'abждж', 'ཀཁགང', 'abc d', 'ab😀cd', 'ab–“№∂cd']) {
      assert.equal(isLittle(text), true, text);
    }
    for (const text of ['abc', 'abab', 'abcd–––––', 'abжא', 'ကခဂဃ', 'ab\u0000c', 'ab⌘cd', '一abc', '––––']) {
      assert.equal(isLittle(text), false, text);
    }
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
