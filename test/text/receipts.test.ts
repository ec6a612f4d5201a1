import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import {
  MESSAGE_STATES,
  classifyEsmClass,
  encodeText,
  isTimeZone,
  parseReceipt,
  stateOf,
  type Receipt,
} from '../../src/text';

const fixtures = JSON.parse(
  readFileSync(path.resolve(__dirname, '../fixtures/text/receipts.json'), 'utf8'),
) as { name: string; text: string; receipt: Receipt }[];

const STANDARD =
  'id:77 sub:001 dlvrd:001 submit date:2603041405 done date:2603041406 stat:DELIVRD err:000 text:Hello';

describe('receipt texts', () => {
  for (const { name, text, receipt } of fixtures) {
    it(`are read: ${name}`, () => {
      assert.deepEqual(parseReceipt(text), receipt);
      assert.deepEqual(parseReceipt(Buffer.from(text, 'latin1'), {}, { esm_class: 0x04 }), receipt);
    });
  }

  it('are read in UCS2 of either order, whatever data_coding says', () => {
    const expected = parseReceipt(STANDARD);
    const wide = encodeText(STANDARD, { encoding: 'ucs2' }).octets;
    for (const data_coding of [0, 8]) {
      assert.deepEqual(parseReceipt(wide, {}, { data_coding }), expected);
      assert.deepEqual(parseReceipt(Buffer.from(wide).swap16(), {}, { data_coding }), expected);
      assert.deepEqual(parseReceipt(Buffer.from(STANDARD), {}, { data_coding }), expected);
    }
    const marked = Buffer.concat([Buffer.from([0xfe, 0xff]), wide]);
    assert.deepEqual(parseReceipt(marked), expected);
  });

  it('keep underscores and at signs of ids, which the GSM alphabet has elsewhere', () => {
    const receipt = parseReceipt(Buffer.from('id:a_b@c sub:001 stat:DELIVRD'), {}, { data_coding: 0 });
    assert.equal(receipt?.message_id, 'a_b@c');
  });

  it('are read packed, where the default alphabet is', () => {
    const defaultAlphabet = 'gsm0338-packed';
    const { octets } = encodeText(STANDARD, { defaultAlphabet });
    assert.equal(parseReceipt(octets, {}, { defaultAlphabet })?.message_id, '77');
  });

  it('are found in message_payload, and behind a user data header', () => {
    const payload = { message_payload: Buffer.from(STANDARD) };
    assert.equal(parseReceipt(Buffer.alloc(0), payload)?.message_id, '77');
    const headed = Buffer.concat([Buffer.from('0500030c0101', 'hex'), Buffer.from(STANDARD)]);
    assert.equal(parseReceipt(headed, {}, { esm_class: 0x44 })?.message_id, '77');
    assert.equal(
      parseReceipt(Buffer.from(`\xff${STANDARD}`, 'latin1'), {}, { esm_class: 0x44 })?.state,
      'DELIVRD',
    );
  });

  it('survive another order, omission and junk', () => {
    const fields = [
      ['sub', '001', 'sub', 1],
      ['dlvrd', '000', 'dlvrd', 0],
      ['submit date', '2603041405', 'submit_date', '2026-03-04T14:05:00.000Z'],
      ['done date', '260304140659', 'done_date', '2026-03-04T14:06:59.000Z'],
      ['err', '0A1', 'err', '0A1'],
    ] as const;
    const id = fc.stringMatching(/^[0-9A-Za-z_-]{1,30}$/);
    const junk = fc.constantFrom('', 'junk', 'SMSC 7', 'foo:bar', '...');
    const order = fc.shuffledSubarray([...fields]);
    fc.assert(
      fc.property(
        id,
        fc.constantFrom(...MESSAGE_STATES),
        order,
        junk,
        fc.nat(6),
        (message_id, state, some, noise, at) => {
          const parts = some.map(([key, value]) => `${key}:${value}`);
          parts.splice(at % (parts.length + 1), 0, `stat:${state}`);
          parts.splice((at * 7) % (parts.length + 1), 0, `id:${message_id}`);
          parts.splice((at * 3) % (parts.length + 1), 0, noise);
          const receipt = parseReceipt(parts.join(' '));
          assert.ok(receipt, parts.join(' '));
          const expected = Object.fromEntries(some.map(([, , key, value]) => [key, value]));
          assert.deepEqual(receipt, { message_id, state, final: stateOf(state).final, ...expected });
        },
      ),
    );
  });

  it('are told from other texts', () => {
    const others = [
      '',
      'Hello',
      'id:1',
      'My id: 12345, status: ok?',
      'id:7 stat:good',
      'stat:DELIVRD',
      'meet me at 10:30, id:4',
      'sub:1 dlvrd:1 stat:whatever err:1',
    ];
    for (const text of others) assert.equal(parseReceipt(text), undefined, text);
  });

  it('never throw, whatever the octets', () => {
    const piece = fc.oneof(
      fc.constantFrom('id:', ' stat:', 'text:', ' ', ':', 'submit date:', '\0'),
      fc.string({ maxLength: 8 }),
    );
    fc.assert(
      fc.property(
        fc.array(piece, { maxLength: 20 }),
        fc.integer({ min: 0, max: 255 }),
        (pieces, esm_class) => {
          const text = pieces.join('');
          parseReceipt(text, {}, { esm_class });
          parseReceipt(Buffer.from(text, 'utf16le'), {}, { esm_class });
        },
      ),
    );
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 100 }),
        fc.integer({ min: 0, max: 255 }),
        (octets, esm_class) => {
          const tlvs = {
            receipted_message_id: Buffer.from(octets),
            message_state: octets,
            message_payload: [octets],
          };
          parseReceipt(Buffer.from(octets), tlvs, { esm_class, defaultAlphabet: 'gsm0338-packed' });
        },
      ),
    );
  });

  it('are read in time that grows with their length alone', () => {
    const text = 'submit date:'.repeat(20_000) + 'id :'.repeat(20_000);
    const start = process.cpuUsage().user;
    parseReceipt(text);
    assert.ok(process.cpuUsage().user - start < 2_000_000);
  });
});

describe('receipts by TLVs', () => {
  it('come before the text, which gives the rest', () => {
    const tlvs = {
      receipted_message_id: '4D',
      message_state: 5,
      network_error_code: Buffer.from([3, 0, 27]),
    };
    assert.deepEqual(parseReceipt(STANDARD, tlvs), {
      ...parseReceipt(STANDARD),
      message_id: '4D',
      text_message_id: '77',
      state: 'UNDELIV',
      network_error: { type: 3, code: 27 },
    });
  });

  it('need no text', () => {
    const tlvs = { receipted_message_id: '4D\0', message_state: 1 };
    assert.deepEqual(parseReceipt(Buffer.alloc(0), tlvs), {
      message_id: '4D',
      state: 'ENROUTE',
      final: false,
    });
    const octets = { receipted_message_id: Buffer.from('4D\0'), message_state: Buffer.from([2]) };
    assert.deepEqual(parseReceipt('', octets, { esm_class: 0 }), {
      message_id: '4D',
      state: 'DELIVRD',
      final: true,
    });
  });

  it('need id and state both, or another sign', () => {
    assert.equal(parseReceipt('', { receipted_message_id: '4D' }), undefined);
    assert.deepEqual(parseReceipt('', { receipted_message_id: '4D' }, { esm_class: 4 }), {
      message_id: '4D',
      state: 'UNKNOWN',
      final: false,
    });
    assert.equal(parseReceipt('stat:DELIVRD', { receipted_message_id: '4D' })?.state, 'DELIVRD');
  });
});

describe('what esm_class says', () => {
  it('tells messages, receipts, notifications and acknowledgements apart', () => {
    const types = [0x00, 0x04, 0x08, 0x10, 0x18, 0x20, 0x24, 0x0c].map(
      (value) => classifyEsmClass(value).type,
    );
    assert.deepEqual(types, [
      'message',
      'receipt',
      'delivery-acknowledgement',
      'manual-acknowledgement',
      'conversation-abort',
      'intermediate',
      'intermediate',
      'reserved',
    ]);
    assert.deepEqual(classifyEsmClass(0xc7), { type: 'receipt', udhi: true, replyPath: true });
  });

  it('comes first: acknowledgements of a device or a person are no receipts', () => {
    for (const esm_class of [0x08, 0x10, 0x18]) {
      assert.equal(parseReceipt(STANDARD, {}, { esm_class }), undefined);
      assert.equal(parseReceipt(STANDARD, {}, { esm_class, useEsmClass: false })?.state, 'DELIVRD');
    }
  });

  it('comes second: what looks like a receipt is one', () => {
    assert.equal(parseReceipt(STANDARD, {}, { esm_class: 0 })?.message_id, '77');
    assert.equal(parseReceipt(STANDARD, {}, { esm_class: 0, useShape: false }), undefined);
    assert.equal(parseReceipt(STANDARD, {}, { esm_class: 4, useShape: false })?.message_id, '77');
  });

  it('makes a receipt of a meagre text, but not of nothing', () => {
    assert.deepEqual(parseReceipt('id:77', {}, { esm_class: 4 }), {
      message_id: '77',
      state: 'UNKNOWN',
      final: false,
    });
    assert.equal(parseReceipt('Hello', {}, { esm_class: 4 }), undefined);
  });

  it('makes an intermediate notification of what would be final', () => {
    assert.equal(parseReceipt('id:7 stat:UNDELIV', {}, { esm_class: 0x20 })?.final, false);
  });
});

describe('states', () => {
  it('are final or not by table', () => {
    const final = MESSAGE_STATES.filter((state) => stateOf(state).final);
    assert.deepEqual(final, ['DELIVRD', 'EXPIRED', 'DELETED', 'UNDELIV', 'UNKNOWN', 'REJECTD', 'SKIPPED']);
  });

  it('are what the user says they are', () => {
    const states = { blacklisted: 'REJECTD', WAITING: { final: false }, '0': { state: 'DELIVRD' } };
    const read = (stat: string): unknown => {
      const receipt = parseReceipt(`id:7 stat:${stat} err:1`, {}, { states });
      return [receipt?.state, receipt?.final];
    };
    assert.deepEqual(read('BLACKLISTED'), ['REJECTD', true]);
    assert.deepEqual(read('waiting'), ['waiting', false]);
    assert.deepEqual(read('0'), ['DELIVRD', true]);
    assert.deepEqual(read('constructor'), ['constructor', true]);
  });
});

describe("the centre's clock", () => {
  const done = (timeZone: string, date = '2607011200'): string | undefined =>
    parseReceipt(`id:7 stat:DELIVRD done date:${date}`, {}, { timeZone })?.done_date;

  it('is UTC unless a zone is named', () => {
    assert.equal(done(''), '2026-07-01T12:00:00.000Z');
    assert.equal(done('UTC'), '2026-07-01T12:00:00.000Z');
    assert.equal(done('+02:00'), '2026-07-01T10:00:00.000Z');
    assert.equal(done('Europe/Berlin'), '2026-07-01T10:00:00.000Z');
    assert.equal(done('Europe/Berlin', '2601011200'), '2026-01-01T11:00:00.000Z');
    assert.equal(done('Asia/Kolkata', '2601010300'), '2025-12-31T21:30:00.000Z');
  });

  it('is right on both sides of a change of clocks', () => {
    assert.equal(done('Europe/Berlin', '2603290159'), '2026-03-29T00:59:00.000Z');
    assert.equal(done('Europe/Berlin', '2603290301'), '2026-03-29T01:01:00.000Z');
    assert.equal(done('America/New_York', '2611010301'), '2026-11-01T08:01:00.000Z');
  });

  it('does not move dates that name their offset', () => {
    assert.equal(done('Europe/Berlin', '260701120000000+'), '2026-07-01T12:00:00.000Z');
    assert.equal(done('Europe/Berlin', '2026-07-01T12:00:00Z'), '2026-07-01T12:00:00.000Z');
  });

  it('is checked', () => {
    assert.deepEqual(['', 'UTC', '+05:30', 'Asia/Tokyo', 'Mars/Olympus'].map(isTimeZone), [
      true,
      true,
      true,
      true,
      false,
    ]);
  });
});
