import assert from 'node:assert/strict';
import fc from 'fast-check';
import { newDeliveryState, type DeadLetter, type QueueItem } from '../../../../src/store';
import {
  RecordCodec,
  readLetter,
  readRecord,
  readState,
  stateOf,
  writeState,
} from '../../../../src/store/redis/queue/record';
import { REQUIRED_OF_ITEM } from '../../setup';

const octets = fc.uint8Array({ maxLength: 200 }).map((some) => Buffer.from(some));

const items: fc.Arbitrary<QueueItem> = fc.record(
  {
    id: fc.string({ minLength: 1 }),
    command: fc.constantFrom('submit_sm', 'data_sm', 'submit_multi'),
    segments: fc.array(octets, { maxLength: 4 }),
    source: fc.string({ unit: 'grapheme' }),
    destination: fc.string(),
    priority: fc.constantFrom(0, 1, 2, 3, 4),
    enqueuedAt: fc.integer({ min: 1, max: 2 ** 47 }),
    receiptRequested: fc.boolean(),
    expiresAt: fc.integer({ min: 1, max: 2 ** 47 }),
    correlationId: fc.string(),
    msgid: fc.string(),
    trace: fc.record(
      { traceparent: fc.string({ minLength: 1 }), tracestate: fc.string({ minLength: 1 }) },
      { requiredKeys: ['traceparent'] },
    ),
    metadata: fc.jsonValue({ maxDepth: 2 }).filter((value) => !JSON.stringify(value).includes('-0')),
  },
  { requiredKeys: [...REQUIRED_OF_ITEM] },
);

const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

describe('records in Redis', () => {
  const codec = new RecordCodec();

  it('are read as they were written', () => {
    fc.assert(
      fc.property(items, (item) => {
        const read = readRecord(codec.writeItem(item));
        assert.ok('item' in read);
        assert.deepEqual(plain(read.item), plain(item));
      }),
    );
  });

  it('of dead letters are read as they were written, with what another program had put there', () => {
    const reasons = fc.record({ code: fc.string(), text: fc.string() });
    fc.assert(
      fc.property(
        items,
        reasons,
        fc.nat(),
        fc.option(octets),
        fc.string({ minLength: 1 }),
        (item, reason, at, record, field) => {
          const state = { ...newDeliveryState(item), attempts: at % 7, redelivered: at % 2 === 1 };
          const letter: DeadLetter = { item, state, reason, failedAt: at, ...(record ? { record } : {}) };
          const read = readLetter(codec.writeLetter(letter, field));
          assert.deepEqual(plain(read?.letter), plain(letter));
          assert.equal(read?.field, record ? field : '');
        },
      ),
    );
  });

  it('of any octets are read or refused, and never throw', () => {
    const some = fc.oneof(
      octets,
      octets.map((rest) => Buffer.concat([Buffer.from([1]), rest])),
    );
    fc.assert(
      fc.property(some, (any) => {
        const read = readRecord(any);
        assert.ok('item' in read || read.reason.code === 'INVALID_RECORD');
        readLetter(any);
      }),
    );
  });

  it('of states are none where nothing happened, and one that cannot be read means that it may have been sent', () => {
    const item = { segments: [Buffer.alloc(1), Buffer.alloc(1)] } as unknown as QueueItem;
    const fresh = newDeliveryState(item);
    assert.equal(stateOf(fresh), '');
    assert.deepEqual(readState('', item), fresh);
    const state = { ...fresh, attempts: 3, accepted: ['id', null], onTheWire: true };
    assert.deepEqual(readState(writeState(state), item), state);
    assert.deepEqual(readState(`R${writeState(state).slice(1)}`, item), { ...state, redelivered: true });
    assert.deepEqual(readState('R', item), { ...fresh, redelivered: true });
    assert.deepEqual(readState('S{', item), { ...fresh, redelivered: true });
  });
});
