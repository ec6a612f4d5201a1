import assert from 'node:assert/strict';
import { encodeText, parseReceipt, type ReceiptOptions } from '../../src/text';

const FIELDS = 'sub:001 dlvrd:001 submit date:2603041405 done date:2603041406 stat:DELIVRD err:000';

/** The text of a receipt of ASCII fields and the octets of a text. */
function repeated(octets: Buffer | string, options: ReceiptOptions): string | undefined {
  const text = typeof octets === 'string' ? Buffer.from(octets, 'latin1') : octets;
  return parseReceipt(Buffer.concat([Buffer.from(`id:77 ${FIELDS} text:`), text]), {}, options)?.text;
}

function inAlphabet(text: string, options: ReceiptOptions & { encoding?: string } = {}): string | undefined {
  const { encoding = 'gsm0338', ...rest } = options;
  return repeated(encodeText(text, { encoding }).octets, { data_coding: 0, ...rest });
}

describe('characters that a receipt repeats', () => {
  it('are read in the GSM alphabet where they are no ASCII', () => {
    for (const text of [
      'Café at 8',
      'a@b, é',
      'Größe: 5 €',
      'für dich',
      'möchten',
      'GRÜNE',
      'mañana',
      'Übung',
      'ÜBUNG',
      'Öl über öde',
      'el Ñandu',
      'a[1] {b}',
      'ΔΦΓ',
    ]) {
      assert.equal(inAlphabet(text), text);
      assert.equal(inAlphabet(text, { data_coding: 0xf0 }), text);
      assert.equal(inAlphabet(text, { defaultAlphabet: 'gsm0338-packed' }), text);
    }
  });

  it('stay as they are where ASCII makes sense of them', () => {
    for (const text of [
      '@$#!%&/:',
      'a_b@c.de',
      '[Shop] 4711',
      '{name}',
      '(~x',
      'Menu |Back',
      '~User',
      '$5 ~ 6 ^ ^',
      'x^2',
      'A|',
      '?',
    ]) {
      assert.equal(repeated(text, { data_coding: 0 }), text);
      assert.equal(repeated(text, { data_coding: 8 }), text);
    }
  });

  it('stay as they are where nobody says what they are', () => {
    assert.equal(repeated('Caf\x05', {}), 'Caf\x05');
    for (const data_coding of [2, 3, 0x0d, 0x20, 0xf4]) {
      assert.equal(repeated('Caf\x05', { data_coding }), 'Caf\x05');
    }
    assert.equal(repeated('Caf\x05', { data_coding: 0, defaultAlphabet: 'nobodys' }), 'Caf\x05');
    const text = parseReceipt(`id:77 ${FIELDS} text:Caf\x05`, {}, { data_coding: 0 })?.text;
    assert.equal(text, 'Caf\x05');
  });

  it('stay as they are where they are of no alphabet at all', () => {
    assert.equal(repeated('\x05\xe9', { data_coding: 0 }), '\x05\xe9');
    assert.equal(repeated('\x04\x1a\x04', { data_coding: 8 }), '\x04\x1a\x04');
  });

  it('are read in UCS2, cut anywhere between characters', () => {
    for (const text of ['Привет', 'Hi', 'né', '你好 А']) {
      assert.equal(inAlphabet(text, { encoding: 'ucs2', data_coding: 8 }), text);
      assert.equal(inAlphabet(text, { encoding: 'ucs2', data_coding: 0x18 }), text);
    }
    assert.equal(repeated('caf\xe9', { data_coding: 8 }), 'caf\xe9');
  });

  it('are read in the encoding of the data_coding or the default alphabet', () => {
    assert.equal(inAlphabet('Привет', { encoding: 'iso8859-5', data_coding: 6 }), 'Привет');
    assert.equal(inAlphabet('שלום', { encoding: 'iso8859-8', data_coding: 7 }), 'שלום');
    assert.equal(inAlphabet('日本語', { encoding: 'iso2022jp', data_coding: 10 }), '日本語');
    assert.equal(inAlphabet('日本語', { encoding: 'shift_jis', data_coding: 9 }), '日本語');
    assert.equal(inAlphabet('é', { encoding: 'latin1', defaultAlphabet: 'latin1' }), 'é');
    const codec = {
      name: 'rot',
      data_coding: 99,
      encode: (text: string) => Buffer.from(text),
      decode: (octets: Buffer) => `<${octets.toString('latin1')}>`,
    };
    assert.equal(repeated('\xe9', { data_coding: 99, codecs: [codec] }), '<é>');
  });

  it('may have NULs behind them, which are no at signs', () => {
    assert.equal(repeated('Caf\x05\0\0', { data_coding: 0 }), 'Café\0\0');
    assert.equal(repeated('Hello\0', { data_coding: 0 }), 'Hello\0');
    assert.equal(repeated('\x04\x1a\0', { data_coding: 8 }), 'К\0');
    assert.equal(repeated('\x04\x00', { data_coding: 8 }), 'Ѐ');
    assert.equal(repeated('\x05\0', { data_coding: 0 }), 'é\0');
  });

  it('are those of ids too, where a centre writes all in the GSM alphabet', () => {
    const read = (id: string): string | undefined => {
      const octets = encodeText(`id:${id} ${FIELDS} text:x`, { encoding: 'gsm0338' }).octets;
      return parseReceipt(octets, {}, { data_coding: 0 })?.message_id;
    };
    assert.equal(read('smsc_1_77'), 'smsc_1_77');
    const raw = (id: string, data_coding: number): string | undefined =>
      parseReceipt(Buffer.from(`id:${id} ${FIELDS}`, 'latin1'), {}, { data_coding })?.message_id;
    assert.equal(raw('a_b|c', 0), 'a_b|c');
    assert.equal(raw('\x04\x1a', 8), '\x04\x1a');
    assert.equal(raw('\x11\xe9', 0), '\x11\xe9');
    assert.equal(
      parseReceipt(Buffer.from('stat:DELIVRD'), {}, { data_coding: 0, esm_class: 4 })?.state,
      'DELIVRD',
    );
  });

  it('are read behind the fields of a pattern too', () => {
    const pattern = 'REF (?<id>\\S+) (?<stat>\\w+) (?<text>.*)';
    const octets = Buffer.from('REF 7 DELIVRD Caf\x05', 'latin1');
    assert.equal(parseReceipt(octets, {}, { pattern, data_coding: 0 })?.text, 'Café');
  });
});
