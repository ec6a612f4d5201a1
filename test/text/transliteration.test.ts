import assert from 'node:assert/strict';
import fc from 'fast-check';
import { encodeText, type EncodeOptions } from '../../src/text';
import { anyText } from './alphabets';

const near = (text: string, options: EncodeOptions = {}): [string | undefined, string] => {
  const encoded = encodeText(text, { unencodable: 'transliterate', ...options });
  return [encoded.text, encoded.encoding];
};

describe('transliteration', () => {
  it('makes typography plain', () => {
    assert.deepEqual(near('“Yes” – it’s…'), ['"Yes" - it\'s...', 'gsm0338']);
    assert.deepEqual(near('‹x› «y»'), ['\'x\' "y"', 'gsm0338']);
    assert.deepEqual(near('a\u00a0b\u200b•½ №5'), ['a b*1/2 No5', 'gsm0338']);
  });

  it('keeps numbers apart, and what a stroke negates', () => {
    assert.deepEqual(near('1½ l, ½ l, 10² m², 10¹², x¹²'), [
      '1 1/2 l, 1/2 l, 10^2 m2, 10^12, x12',
      'gsm0338',
    ]);
    assert.deepEqual(near('5 ≠ 6'), [undefined, 'ucs2']);
  });

  it('takes away the accents that the alphabet lacks, and no others', () => {
    assert.deepEqual(near('Žluťoučký kůň, café, Ärger'), ['Zlutoucky kun, café, Ärger', 'gsm0338']);
    assert.deepEqual(near('e\u0301 n\u0303 a\u0301'), ['é ñ a', 'gsm0338']);
    assert.deepEqual(near('Łódź, Đà Nẵng, œuvre'), ['Lódz, Dà Nang, oeuvre'.replace('ó', 'o'), 'gsm0338']);
  });

  it('writes Greek capitals as Greek phones do', () => {
    assert.deepEqual(near('ΑΘΗΝΑ'), ['AΘHNA', 'gsm0338']);
  });

  it('leaves a text in other letters whole, in UCS2', () => {
    assert.deepEqual(near('“Привет”'), [undefined, 'ucs2']);
    assert.deepEqual(near('ok 👍 “x”'), [undefined, 'ucs2']);
  });

  it('is not asked where nothing is lacking', () => {
    assert.deepEqual(near('café'), [undefined, 'gsm0338']);
  });

  it('works towards any encoding, and names what has no near character', () => {
    assert.deepEqual(near('naïve ©', { encoding: 'ascii' }), ['naive (C)', 'ascii']);
    assert.deepEqual(near('5€ for Ø', { encoding: 'ascii' }), ['5EUR for O', 'ascii']);
    assert.deepEqual(near('日本〜', { encoding: 'shift_jis' }), ['日本～', 'shift_jis']);
    assert.throws(() => near('“☃”', { encoding: 'gsm0338' }), {
      code: 'UNENCODABLE',
      character: '☃',
      position: 1,
    });
  });

  it('gives way to shift tables that take no more segments', () => {
    const text = 'şeker '.repeat(20);
    assert.equal(
      encodeText(text, { unencodable: 'transliterate', languages: ['turkish'] }).language,
      'turkish',
    );
    assert.equal(near(text)[0], 'seker '.repeat(20));
    const longer = 'ş'.repeat(158);
    assert.equal(
      encodeText(longer, { unencodable: 'transliterate', languages: ['turkish'] }).language,
      undefined,
    );
  });

  it('never fails with the automatic encoding, whatever the text', () => {
    fc.assert(fc.property(anyText(), (text) => assert.ok(near(text))));
  });
});
