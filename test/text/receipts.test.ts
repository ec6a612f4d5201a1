import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import { MESSAGE_STATES, encodeText, parseReceipt, stateOf, type Receipt } from '../../src/text';
import { usedOctets } from '../support/memory';

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
    assert.equal(parseReceipt('', { message_payload: [STANDARD, ''] })?.message_id, '77');
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

  it('have their fields behind white space or punctuation, with one or two words to a name', () => {
    const read = (text: string): unknown => {
      const { message_id, state, err } = parseReceipt(text, {}, { esm_class: 4 }) ?? {};
      return [message_id, state, err];
    };
    for (const separator of [' ', '  ', '\t', '\n', '\r\n', ',', ', ', ';', '|', '\0', '\u00a0']) {
      assert.deepEqual(
        read(['id:7', 'stat:DELIVRD', 'err:1'].join(separator)),
        ['7', 'DELIVRD', '1'],
        JSON.stringify(separator),
      );
    }
    for (const name of [
      'message id',
      'message-id',
      'Message_Id',
      'messageid',
      'MSGID',
      'msg id',
      'id ',
      'id\t',
    ]) {
      assert.deepEqual(read(`${name}:7 stat:X`), ['7', 'X', undefined], name);
    }
    for (const name of ['paid', 'xid', 'm-id', '.id', '1id', 'aVeryLongWordBeforeId']) {
      assert.deepEqual(read(`${name}:7 stat:X`), [undefined, 'X', undefined], name);
    }
    assert.deepEqual(read('id:1 id:2 stat:A stat:B'), ['1', 'A', undefined]);
    assert.deepEqual(read('stat:A'), [undefined, 'A', undefined]);
    assert.deepEqual(read('id:7;;| stat:A,'), ['7', 'A', undefined]);
    assert.deepEqual(read('id: stat:A err code:9'), [undefined, 'A', '9']);
  });

  it('have a text to the end only behind id and stat', () => {
    const read = (text: string): string | undefined => parseReceipt(text, {}, { esm_class: 4 })?.text;
    assert.equal(read('id:7 text:a b err:1 stat:X'), 'a b');
    assert.equal(read('stat:X text:a b err:1'), 'a b');
    assert.equal(read('id:7 stat:X text:a b err:1'), 'a b err:1');
    assert.equal(read('id:7 text:a b  err:1'), 'a b ');
    assert.equal(read('message text:a id:7 stat:X'), 'a');
    assert.equal(read('id:7 stat:X err:0 text: a '), ' a ');
  });

  it('read the standard text the short way as any other', () => {
    const fields = [
      'id:7',
      'sub:001',
      'dlvrd:002',
      'submit date:2603041405',
      'done date:2603041406',
      'stat:EXPIRED',
      'err:00A',
    ];
    const short = parseReceipt(`${fields.join(' ')} text:x y`);
    assert.deepEqual(parseReceipt(`${fields.join('  ')} text:x y`), short);
    assert.deepEqual(parseReceipt(`${fields.join(' ').toUpperCase()} Text:x y`), short);
    assert.deepEqual([short?.sub, short?.dlvrd, short?.err, short?.text], [1, 2, '00A', 'x y']);
  });

  it('have counts of digits only, and states of the table only', () => {
    const read = (text: string): unknown => {
      const receipt = parseReceipt(text, {}, { esm_class: 4 });
      return [receipt?.sub, receipt?.state];
    };
    assert.deepEqual(read('sub:1a stat:2x'), [undefined, '2x']);
    assert.deepEqual(read('sub:a1 stat:x2'), [undefined, 'x2']);
    assert.deepEqual(read('sub:1234567890 stat:02'), [undefined, 'DELIVRD']);
    assert.deepEqual(read('sub:123456789 stat:42'), [123456789, '42']);
    assert.deepEqual(read('stat:002'), [undefined, '002']);
  });

  it('are UCS2 only where every other octet of their beginning is zero', () => {
    const read = (hex: string): string | undefined =>
      parseReceipt(Buffer.from(hex, 'hex'), { receipted_message_id: '1', message_state: 2 })?.text;
    const text = (value: string): string => `0074006500780074003a${value}`;
    assert.equal(read(text('043f')), 'п');
    assert.equal(read(Buffer.from(text('043f'), 'hex').swap16().toString('hex')), 'п');
    assert.equal(read(`fffe${Buffer.from(text('043f'), 'hex').swap16().toString('hex')}`), 'п');
    assert.equal(read(`feff${text('043f')}`), 'п');
    assert.equal(read(text('04')), undefined);
    assert.equal(read('746578743a0000'), '\0\0');
    assert.equal(read('746578743afeff'), 'þÿ');
    assert.equal(read('00'), undefined);
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

describe('A receipt text that is longer than anybody could mean', () => {
  it('has its id cut where a message_id is, its words too, and says so', () => {
    const id = '0123456789'.repeat(1000);
    const receipt = parseReceipt(`id:${id} sub:001 dlvrd:001 stat:${'X'.repeat(9000)} err:${'7'.repeat(99)}`);
    assert.equal(receipt?.message_id, id.slice(0, 255));
    assert.deepEqual([receipt.state.length, receipt.err?.length], [64, 64]);
    assert.deepEqual(receipt.flaws, [
      'id in the text has 10000 characters; it is cut after 255',
      'stat in the text has 9000 characters; it is cut after 64',
      'err in the text has 99 characters; it is cut after 64',
    ]);
    const tlv = parseReceipt('', { receipted_message_id: id.slice(0, 255), message_state: 2 });
    assert.equal(tlv?.message_id, receipt.message_id);
  });

  it('is not kept alive by its id', async () => {
    const kept: (string | undefined)[] = [];
    const before = await usedOctets();
    for (let n = 0; n < 300; n++) {
      const text = `id:${'9'.repeat(20)}${n} stat:DELIVRD err:000 text:${'x'.repeat(60_000)}`;
      kept.push(parseReceipt(text)?.message_id);
    }
    const more = (await usedOctets()) - before;
    assert.equal(kept.length, 300);
    assert.ok(more < 6_000_000, `${more} octets`);
  });
});
