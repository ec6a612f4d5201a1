import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import {
  TextError,
  decodeText,
  encodeText,
  parseReceipt,
  parseSmppTime,
  parseUserDataHeader,
  segment,
  type LanguageName,
} from '../../src/text';
import { needs } from '../support/skip';

let folder: string;

interface GsmVectors {
  table: { kind: 'basic' | 'ext'; septet?: number; septets?: string; char: string }[];
  strings: {
    text?: string;
    hex?: string;
    form?: 'packed' | 'unpacked';
    packed?: string;
    unpacked?: string;
  }[];
}

interface ReceiptVector {
  text: string;
  expected_fields_raw: Record<string, string>;
}

interface TimeVector {
  time: string;
  expect: { iso?: string; relative?: Record<string, number> };
}

interface UdhVector {
  hex?: string;
  expect?: Record<string, unknown>;
  text?: string;
  text_hex?: string;
  input_hex?: string;
  split_binary?: { ref: number; parts: string[] };
}

interface Tables {
  languages: Record<
    LanguageName,
    { id: number; locking?: Record<string, string>; single: Record<string, string> }
  >;
}

function load(name: string): unknown {
  return JSON.parse(readFileSync(path.join(folder, name), 'utf8'));
}

/** What follows a value where the centre has left out a space or spelt a name in its own way. */
function firstWord(value: string | undefined): string | undefined {
  return value === undefined || value === '' ? undefined : value.split(' ')[0];
}

describe('independent vectors', () => {
  before(function () {
    folder = needs(this, 'vectors');
  });

  it('agree with the alphabet and its extension', () => {
    for (const { septet, septets, char } of (load('gsm0338.json') as GsmVectors).table) {
      const octets = septets === undefined ? Buffer.from([septet ?? 0]) : Buffer.from(septets, 'hex');
      assert.equal(decodeText(octets, 0), char);
      assert.deepEqual(encodeText(char, { encoding: 'gsm0338' }).octets, octets);
    }
  });

  it('agree with texts, packed and unpacked', () => {
    for (const { text, hex, form, packed, unpacked } of (load('gsm0338.json') as GsmVectors).strings) {
      const forms = hex === undefined ? { packed, unpacked } : { [form ?? 'unpacked']: hex };
      const written = text ?? decodeText(Buffer.from(unpacked ?? '', 'hex'), 0);
      for (const [name, octets] of Object.entries(forms)) {
        if (octets === undefined) continue;
        const encoding = name === 'packed' ? 'gsm0338-packed' : 'gsm0338';
        assert.equal(encodeText(written, { encoding }).octets.toString('hex'), octets);
        assert.equal(decodeText(Buffer.from(octets, 'hex'), 0, { defaultAlphabet: encoding }), written);
      }
    }
  });

  it('agree with receipts', () => {
    for (const { text, expected_fields_raw: expected } of load('dlr.json') as ReceiptVector[]) {
      const receipt = parseReceipt(text);
      assert.ok(receipt, text);
      assert.equal(receipt.message_id, expected['id'], text);
      assert.equal(receipt.state, firstWord(expected['stat']), text);
      assert.equal(receipt.err, firstWord(expected['err']), text);
      assert.equal(receipt.text, expected['text'], text);
      for (const count of ['sub', 'dlvrd'] as const) {
        const raw = firstWord(expected[count]);
        assert.equal(receipt[count], raw === undefined ? undefined : Number(raw), text);
      }
    }
  });

  it('agree with times', () => {
    const names = { y: 'years', mo: 'months', d: 'days', h: 'hours', min: 'minutes', s: 'seconds' };
    for (const { time, expect } of load('time.json') as TimeVector[]) {
      const parsed = parseSmppTime(time);
      if (expect.iso === undefined) {
        const wanted = Object.entries(names).map(([short, long]): [string, number] => [
          long,
          expect.relative?.[short] ?? 0,
        ]);
        assert.deepEqual(parsed, { relative: Object.fromEntries(wanted) }, time);
      } else {
        assert.deepEqual(parsed, { absolute: new Date(expect.iso) }, time);
      }
    }
  });

  it('agree with user data headers', () => {
    for (const { hex, expect = {}, text, text_hex } of load('udh.json') as UdhVector[]) {
      if (hex === undefined) continue;
      const octets = Buffer.from(hex, 'hex');
      if (expect['note'] !== undefined) {
        assert.throws(() => parseUserDataHeader(octets), TextError);
        continue;
      }
      const header = parseUserDataHeader(octets);
      const { concatenation, ports } = header;
      assert.equal(concatenation?.reference, expect['ref']);
      assert.equal(concatenation?.bits, expect['ref_bits']);
      assert.equal(concatenation?.total, expect['total']);
      assert.equal(concatenation?.part, expect['part']);
      assert.equal(ports?.destination, expect['dest_port']);
      assert.equal(ports?.source, expect['src_port']);
      assert.equal(header.lockingShift, expect['locking_shift']);
      if (text_hex !== undefined)
        assert.equal(decodeText(Buffer.from(text_hex, 'hex'), 0, { udh: octets }), text);
    }
  });

  it('agree with binary messages in parts', () => {
    for (const { input_hex, split_binary } of load('udh.json') as UdhVector[]) {
      if (input_hex === undefined || !split_binary) continue;
      const { segments } = segment(Buffer.from(input_hex, 'hex'), {
        method: 'udh8',
        reference: split_binary.ref,
      });
      assert.deepEqual(
        segments.map((one) => one.short_message.toString('hex')),
        split_binary.parts,
      );
    }
  });

  it('agree with the national language tables, but for what that transcription has wrong', () => {
    // The comma of the Indic tables, a misprint of the specification in Kannada, a euro sign left out in Telugu.
    const wrong = /^(\w+ locking 2C|kannada locking 24|telugu single 65)$/;
    for (const [name, { id, locking, single }] of Object.entries(
      (load('national-language-tables.json') as Tables).languages,
    )) {
      const header = Buffer.from(locking ? [6, 0x25, 1, id, 0x24, 1, id] : [3, 0x24, 1, id]);
      for (const [kind, table] of Object.entries({ locking, single })) {
        for (const [septet, unit] of Object.entries(table ?? {})) {
          if (septet === '1B' || wrong.test(`${name} ${kind} ${septet}`)) continue;
          const octets = Buffer.from(kind === 'single' ? `1b${septet}` : septet, 'hex');
          const expected = String.fromCharCode(parseInt(unit, 16));
          assert.equal(decodeText(octets, 0, { udh: header }), expected, `${name} ${kind} ${septet}`);
        }
      }
    }
  });
});
