import assert from 'node:assert/strict';
import type { QueueItem } from '../types';
import {
  assertNothingToTake,
  check,
  done,
  hasCode,
  ids,
  item,
  items,
  retry,
  sleep,
  take,
  takeAll,
  names,
  is,
} from './harness';

const dropped: QueueItem[] = [];
const forgetDropped = (): void => void (dropped.length = 0);

export const capacityChecks = [
  check('capacity: a full queue refuses with QUEUE_FULL, all or nothing', { capacity: 5 }, async (store) => {
    await store.queue.enqueue(items('m', 3));
    await assert.rejects(async () => store.queue.enqueue(items('x', 3)), hasCode('QUEUE_FULL'));
    await store.queue.enqueue(items('y', 2));
    assert.deepEqual(ids(await takeAll(store, 5)), ['m0', 'm1', 'm2', 'y0', 'y1']);
  }),

  check('capacity: counts what is leased, and what is settled makes room', { capacity: 2 }, async (store) => {
    await store.queue.enqueue(items('m', 2));
    const leases = await takeAll(store, 2);
    await assert.rejects(async () => store.queue.enqueue([item('x')]), hasCode('QUEUE_FULL'));
    await store.queue.settle(leases.slice(0, 1).map(done));
    await store.queue.enqueue([item('y')]);
    await assert.rejects(async () => store.queue.enqueue([item('z')]), hasCode('QUEUE_FULL'));
  }),

  check('capacity: counts what is delayed', { capacity: 1, needs: ({ delay }) => delay }, async (store) => {
    await store.queue.enqueue(items('m', 1));
    await store.queue.settle((await take(store, 1)).map((lease) => retry(lease, Date.now() + 60_000)));
    await assert.rejects(async () => store.queue.enqueue([item('x')]), hasCode('QUEUE_FULL'));
  }),

  check('capacity: 0 is no bound', { capacity: 0 }, async (store) => {
    await store.queue.enqueue(items('m', 5000));
    assert.equal((await store.queue.stats()).queued, 5000);
  }),

  check(
    'whenFull drop-oldest: the oldest of the least urgent priority make room, and are told of',
    { capacity: 4, whenFull: 'drop-oldest', onDropped: (gone) => dropped.push(...gone) },
    async (store) => {
      forgetDropped();
      await store.queue.enqueue([...items('bulk', 2, 4), ...items('m', 2)]);
      await store.queue.enqueue(items('x', 3));
      assert.deepEqual(names(dropped), ['bulk0', 'bulk1', 'm0']);
      assert.deepEqual(ids(await takeAll(store, 4)), ['m1', 'x0', 'x1', 'x2']);
    },
  ),

  check(
    'whenFull drop-oldest: never drops what is leased',
    { capacity: 3, whenFull: 'drop-oldest', onDropped: (gone) => dropped.push(...gone) },
    async (store) => {
      forgetDropped();
      await store.queue.enqueue(items('m', 3));
      const leases = await takeAll(store, 2);
      await assert.rejects(async () => store.queue.enqueue(items('x', 2)), hasCode('QUEUE_FULL'));
      assert.deepEqual(dropped, []);
      await store.queue.enqueue([item('y')]);
      assert.deepEqual(names(dropped), ['m2']);
      await store.queue.release(leases);
      assert.deepEqual(ids(await takeAll(store, 3)), ['m0', 'm1', 'y']);
    },
  ),

  check(
    'whenFull wait: waits for room, first come first served',
    { capacity: 2, whenFull: 'wait' },
    async (store) => {
      await store.queue.enqueue(items('m', 2));
      const order: string[] = [];
      const big = Promise.resolve(store.queue.enqueue(items('big', 2))).then(() => order.push('big'));
      const small = Promise.resolve(store.queue.enqueue([item('small')])).then(() => order.push('small'));
      const leases = await takeAll(store, 2);
      await store.queue.settle(leases.slice(0, 1).map(done));
      await assertNothingToTake(store);
      assert.deepEqual(order, []);
      await store.queue.settle(leases.slice(1).map(done));
      await big;
      assert.deepEqual(order, ['big']);
      await store.queue.settle((await takeAll(store, 2)).map(done));
      await small;
      assert.deepEqual(ids(await take(store, 5)), ['small']);
    },
  ),

  check(
    'whenFull wait: one that gives up leaves nothing behind',
    { capacity: 1, whenFull: 'wait' },
    async (store) => {
      await store.queue.enqueue([item('m')]);
      const stop = new AbortController();
      const reason = new Error('enough');
      const waiting = store.queue.enqueue([item('x')], { signal: stop.signal });
      stop.abort(reason);
      await assert.rejects(async () => waiting, is(reason));
      await store.queue.settle((await take(store, 1)).map(done));
      await assertNothingToTake(store);
    },
  ),

  check(
    'whenFull wait: a batch larger than the queue is refused at once',
    { capacity: 2, whenFull: 'wait' },
    async (store) => {
      await assert.rejects(async () => store.queue.enqueue(items('m', 3)), hasCode('QUEUE_FULL'));
    },
  ),

  check('purge: removes all but what is leased, and returns it', async (store) => {
    await store.queue.enqueue([...items('a', 2, 0), ...items('b', 3, 4)]);
    const leases = await takeAll(store, 1);
    const { removed, items: gone } = await store.queue.purge();
    assert.equal(removed, 4);
    assert.deepEqual(names(gone).sort(), ['a1', 'b0', 'b1', 'b2']);
    await assertNothingToTake(store);
    await store.queue.release(leases);
    assert.deepEqual(ids(await take(store, 5)), ['a0']);
  }),

  check('purge: hands over or returns all of many, each once', { capacity: 0 }, async (store) => {
    const count = 12_000;
    for (let at = 0; at < count; at += 1000) await store.queue.enqueue(items(`${at}-`, 1000));
    const told: string[] = [];
    const onRemoved = async (gone: readonly QueueItem[]): Promise<void> => {
      await sleep(0);
      told.push(...names(gone));
    };
    const { removed, items: returned } = await store.queue.purge({ onRemoved });
    told.push(...names(returned));
    assert.equal(removed, count);
    assert.deepEqual([told.length, new Set(told).size], [count, count]);
    await assertNothingToTake(store);
  }),

  check(
    'purge: removes what is delayed, and makes room for those who wait',
    { capacity: 1, whenFull: 'wait', needs: ({ delay }) => delay },
    async (store) => {
      await store.queue.enqueue(items('m', 1));
      await store.queue.settle((await take(store, 1)).map((lease) => retry(lease, Date.now() + 60_000)));
      const waiting = store.queue.enqueue([item('x')]);
      assert.equal((await store.queue.purge()).removed, 1);
      assert.deepEqual(await waiting, ['x']);
    },
  ),
];
