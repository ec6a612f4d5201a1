import assert from 'node:assert/strict';
import { classifyEsmClass, parseReceipt } from '../../src/text';

const STANDARD =
  'id:77 sub:001 dlvrd:001 submit date:2603041405 done date:2603041406 stat:DELIVRD err:000 text:Hello';

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
      flaws: ['message_state says UNDELIV, the text DELIVRD: message_state counts'],
    });
  });

  it('are taken only where they are what they should be', () => {
    const read = (tlvs: Record<string, unknown>): unknown =>
      parseReceipt('', { receipted_message_id: '1', ...tlvs });
    assert.equal(read({ message_state: Buffer.from([1, 2]) }), undefined);
    assert.equal(read({ message_state: '2' }), undefined);
    assert.deepEqual(read({ message_state: 77 }), { message_id: '1', state: '77', final: true });
    assert.deepEqual(read({ message_state: [2, 5] }), { message_id: '1', state: 'DELIVRD', final: true });
    assert.deepEqual(read({ message_state: 2, network_error_code: Buffer.from([1]) }), {
      message_id: '1',
      state: 'DELIVRD',
      final: true,
    });
    assert.equal(parseReceipt('', { receipted_message_id: 'a\0\0', message_state: 2 })?.message_id, 'a');
    assert.equal(parseReceipt('', { receipted_message_id: 'a\0b', message_state: 2 })?.message_id, 'a\0b');
    assert.equal(parseReceipt('', { receipted_message_id: '\0', message_state: 2 }), undefined);
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

  it('may have the state while the text has the id', () => {
    assert.deepEqual(parseReceipt('id:4D', { message_state: 5 }), {
      message_id: '4D',
      state: 'UNDELIV',
      final: true,
    });
    assert.equal(parseReceipt('Hello', { message_state: 5 }), undefined);
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
    assert.deepEqual(classifyEsmClass(0x04), { type: 'receipt', udhi: false, replyPath: false });
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

  it('comes second: an id among other fields of a receipt is one, whatever became of the state', () => {
    const open = { message_id: '77', state: 'UNKNOWN', final: false };
    for (const stat of ['', 'tat:DELIVRD ', 'stat: ']) {
      const text = `id:77 sub:001 dlvrd:001 done date:2603041406 ${stat}err:000`;
      assert.deepEqual(parseReceipt(text), {
        ...open,
        sub: 1,
        dlvrd: 1,
        done_date: '2026-03-04T14:06:00.000Z',
        err: '000',
      });
    }
    assert.deepEqual(parseReceipt('id:77 sub: dlvrd: submit date: done date: stat: err:'), open);
    assert.deepEqual(parseReceipt('id:77 sub: err: done date:'), open);
    assert.equal(parseReceipt('id:77 sub: err: text:'), undefined);
    assert.equal(parseReceipt('sub: err: done date: stat:DELIVRD')?.state, 'DELIVRD');
    assert.equal(parseReceipt('sub: err: stat:DELIVRD'), undefined);
    assert.equal(parseReceipt('id:77 err:5 text: the first two fields of a form'), undefined);
    assert.equal(parseReceipt('sub:1 dlvrd:1 err:0'), undefined);
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

describe('two states in one receipt', () => {
  const read = (message_state: unknown, stat: string, options = {}): [string, boolean, number] => {
    const receipt = parseReceipt(`id:71 sub:001 stat:${stat} err:255`, { message_state }, options);
    assert.ok(receipt);
    return [receipt.state, receipt.final, receipt.flaws?.length ?? 0];
  };

  for (const [tlv, stat, state, final] of [
    [0, 'UNDELIV', 'UNDELIV', true],
    [0, 'DELIVRD', 'DELIVRD', true],
    [0, 'ENROUTE', 'ENROUTE', false],
    [0, 'FAILED', 'FAILED', true],
    [1, 'DELIVRD', 'DELIVRD', true],
    [6, 'UNDELIV', 'UNDELIV', true],
    [7, 'DELIVRD', 'DELIVRD', true],
    [7, 'ENROUTE', 'ENROUTE', false],
    [10, 'DELIVRD', 'DELIVRD', true],
    [255, 'ENROUTE', 'ENROUTE', false],
    [2, 'ENROUTE', 'DELIVRD', true],
    [2, 'UNKNOWN', 'DELIVRD', true],
    [5, 'FAILED', 'UNDELIV', true],
    [1, 'FAILED', 'ENROUTE', false],
    [Buffer.alloc(0), 'DELIVRD', 'DELIVRD', true],
    [[0, 5], 'ENROUTE', 'UNDELIV', true],
    [5, 'UNDELIVERABLE', 'UNDELIV', true],
    [undefined, 'SCHEDULED', 'SCHEDULED', false],
  ] as const) {
    it(`are one, of what says more: ${String(tlv)} and ${stat}`, () => {
      assert.deepEqual(read(tlv, stat), [state, final, 0]);
    });
  }

  it('that are both an end and differ are told, and the TLV counts', () => {
    assert.deepEqual(read(2, 'UNDELIV'), ['DELIVRD', true, 1]);
    assert.deepEqual(read(5, 'DELIVRD'), ['UNDELIV', true, 1]);
  });

  it('of which the user has given one a meaning: that says as much as any', () => {
    const states = { FAILED: 'UNDELIV', BUSY: { state: 'ENROUTE', final: false } };
    assert.deepEqual(read(1, 'FAILED', { states }), ['UNDELIV', true, 0]);
    assert.deepEqual(read(2, 'FAILED', { states }), ['DELIVRD', true, 1]);
    assert.deepEqual(read(7, 'BUSY', { states }), ['ENROUTE', false, 0]);
  });
});
