import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { openMemoryStore, type Priority, type MemoryStore, type QueueItem } from '../../src/store';
import { done, ids, item, retry, takeAll } from '../../src/store/conformance/harness';
import { newDeliveryState } from '../../src/store/delivery-state';
import type { Entry } from '../../src/store/memory/entry';
import { PackedFifo } from '../../src/store/memory/packed';
import { FakeClock } from '../support/clock';
import { REQUIRED_OF_ITEM } from './setup';

const text = fc.oneof(fc.string({ unit: 'grapheme', maxLength: 80 }), fc.constant('447700900123'));
const time = fc.oneof(fc.integer({ min: 0, max: 2 ** 45 }), fc.double({ noNaN: true }), fc.constant(1.8e12));
const octets = fc.uint8Array({ maxLength: 300 }).map((one) => Buffer.from(one));

const itemArbitrary: fc.Arbitrary<QueueItem> = fc.record(
  {
    id: fc.oneof(
      fc.uuid(),
      fc.uuid().map((one) => one.toUpperCase()),
      text,
    ),
    command: fc.constantFrom('submit_sm', 'data_sm', 'submit_multi', 'broadcast_sm'),
    segments: fc.array(octets, { maxLength: 4 }),
    source: text,
    destination: text,
    priority: fc.constant<Priority>(2),
    enqueuedAt: time,
    receiptRequested: fc.boolean(),
    expiresAt: time,
    correlationId: fc.oneof(text, fc.constant('same')),
    msgid: fc.oneof(text, fc.constant('same')),
    metadata: fc.oneof(
      fc.jsonValue().map((value) => JSON.parse(JSON.stringify(value)) as unknown),
      fc.constant(1n),
    ),
    trace: fc
      .record(
        { traceparent: text, tracestate: text.filter((one) => one !== '') },
        { requiredKeys: ['traceparent'] },
      )
      .map((one) => ({ ...one })),
  },
  { requiredKeys: [...REQUIRED_OF_ITEM] },
);

/** `Buffer`s of pools and `Uint8Array`s of their own are the same here. */
const plain = ({ item: { segments, ...rest }, ...entry }: Entry): unknown => ({
  ...entry,
  ...rest,
  segments: segments.map((one) => one.toString('hex')),
});

describe('packed messages', () => {
  it('come out as they went in, in their order, whatever is put in between', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(itemArbitrary, fc.nat(3), fc.integer({ min: 1, max: 2 ** 33 }))),
        (steps) => {
          const fifo = new PackedFifo();
          const expected: Entry[] = [];
          let order = 0;
          for (const [one, shifts, gap] of steps) {
            order += gap;
            const state = { ...newDeliveryState(one), attempts: 1 + (gap % 3) };
            const entry = { item: one, order, state: gap % 2 ? state : undefined };
            fifo.push(entry);
            expected.push(entry);
            for (const got of fifo.shift(shifts))
              assert.deepEqual(plain(got), plain(expected.shift() as Entry));
            assert.equal(fifo.length, expected.length);
          }
          assert.deepEqual(fifo.shift(Infinity).map(plain), expected.map(plain));
        },
      ),
    );
  });

  it('may be longer than a slab', () => {
    const fifo = new PackedFifo();
    const sizes = [10, 300_000, 10, 700_000, 70_000, 70_000, 70_000, 70_000, 5];
    sizes.forEach((size, order) =>
      fifo.push({
        item: item(`m${order}`, { priority: 0, segments: [Buffer.alloc(size, order)] }),
        order,
        state: undefined,
      }),
    );
    const got = fifo.shift(100).map((entry) => entry.item.segments[0] as Buffer);
    got.forEach((one, at) => assert.ok(one.equals(Buffer.alloc(sizes[at] as number, at)), `${at}`));
    assert.equal(got.length, sizes.length);
  });
});

describe('a memory queue that is long', () => {
  const MANY = 30_000;
  let store: MemoryStore;
  let clock: FakeClock;
  beforeEach(() => {
    clock = new FakeClock();
    store = openMemoryStore({ capacity: 0, whenFull: 'reject', clock });
  });
  afterEach(() => store.close());

  const fill = async (priority: (at: number) => Priority = () => 2): Promise<string[]> => {
    const made = Array.from({ length: MANY }, (_, at) =>
      item(randomUUID(), { priority: priority(at), metadata: { at } }),
    );
    for (const one of made) await store.queue.enqueue([one]);
    return made.sort((a, b) => a.priority - b.priority).map(({ id }) => id);
  };

  it('gives its messages priority by priority and first in first out, also those that were given back', async () => {
    const order = await fill((at) => (at % 5) as Priority);
    assert.deepEqual((await store.queue.stats()).queued, MANY);
    const first = await takeAll(store, 20_000);
    assert.deepEqual(ids(first), order.slice(0, 20_000));
    await store.queue.release(first);
    const second = await takeAll(store, MANY);
    assert.deepEqual(ids(second), order);
    assert.deepEqual(second.at(-1)?.item.metadata, { at: MANY - 1 });
    await store.queue.settle(second.map(done));
    assert.deepEqual(await store.queue.stats(), { queued: 0, delayed: 0, leased: 0 });
  });

  it('keeps what happened to each that is put off, and when the oldest came', async () => {
    const order = await fill();
    const leases = await takeAll(store, MANY);
    leases.forEach(({ state }, at) => (state.attempts = at));
    await store.queue.settle(leases.map((lease, at) => retry(lease, clock.now() + 1000 + (at % 7))));
    const { delayed, oldestAt } = await store.queue.stats();
    assert.deepEqual([delayed, oldestAt], [MANY, leases[0]?.item.enqueuedAt]);
    await clock.advance(2000);
    const again = await takeAll(store, MANY);
    assert.deepEqual(ids(again), order);
    assert.deepEqual(
      again.map(({ state }) => state.attempts),
      leases.map((_, at) => at),
    );
  });

  it('drops the oldest, and tells a purge of all', async () => {
    const order = await fill();
    const gone: QueueItem[] = [];
    const onDropped = (items: readonly QueueItem[]): unknown => gone.push(...items);
    store.configure({ capacity: MANY, whenFull: 'drop-oldest', onDropped });
    for (let at = 0; at < 15_000; at++) await store.queue.enqueue([item(`new ${at}`)]);
    assert.deepEqual(
      gone.map(({ id }) => id),
      order.slice(0, 15_000),
    );
    const purged: string[] = [];
    const onRemoved = (items: readonly QueueItem[]): unknown => purged.push(...items.map(({ id }) => id));
    assert.equal((await store.queue.purge({ onRemoved })).removed, MANY);
    assert.deepEqual(purged, [
      ...order.slice(15_000),
      ...Array.from({ length: 15_000 }, (_, at) => `new ${at}`),
    ]);
    assert.equal((await store.queue.stats()).queued, 0);
  });

  it('keeps what has no JSON as it is', async () => {
    const metadata = { size: 1n };
    await fill();
    await store.queue.enqueue([item('odd', { metadata })]);
    const leases = await takeAll(store, MANY + 1);
    assert.equal(leases.at(-1)?.item.metadata, metadata);
  });
});
