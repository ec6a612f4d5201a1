import assert from 'node:assert/strict';
import type { Lease, Store } from '../types';
import { check, done, ids, item, items, retry, take, takeAll, names, trace } from './harness';

/** Takes one by one until the last of these comes. */
async function untilLast(store: Store, last: string): Promise<string[]> {
  const seen: string[] = [];
  while (seen.at(-1) !== last) {
    const leases = await take(store, 1);
    seen.push(...ids(leases));
    await store.queue.settle(leases.map(done));
  }
  return seen;
}

const LARGE = [Buffer.alloc(60_000, 1), Buffer.alloc(60_000, 2)];

export const orderChecks = [
  check('order: first in, first out, through many batches', async (store) => {
    const all = items('m', 60);
    for (let at = 0; at < 60; at += 7) await store.queue.enqueue(all.slice(at, at + 7));
    const seen: string[] = [];
    while (seen.length < 60) {
      const leases = await take(store, 11);
      seen.push(...ids(leases));
      await store.queue.settle(leases.map(done));
    }
    assert.deepEqual(seen, names(all));
  }),

  check('order: enqueue returns the ids in the order of its items', async (store) => {
    assert.deepEqual(await store.queue.enqueue(items('m', 3)), ['m0', 'm1', 'm2']);
    assert.deepEqual(await store.queue.enqueue([]), []);
  }),

  check('order: a message comes back as it went in', async (store) => {
    const full = item('full', {
      command: 'data_sm',
      segments: [Buffer.from([0, 1, 255]), Buffer.alloc(0), Buffer.alloc(300, 7)],
      source: 'Zoë & Söhne',
      priority: 0,
      expiresAt: Date.now() + 60_000,
      receiptRequested: false,
      correlationId: 'order 17',
      msgid: 'abc.def',
      metadata: { nested: [1, 'two', null, { three: true }], text: '✓' },
      trace: trace(17, 'vendor=a b,0@sys=!'),
    });
    const traced = item('traced', { trace: trace(18) });
    await store.queue.enqueue([full, item('plain'), traced]);
    const [first, second, third] = await takeAll(store, 3);
    assert.deepEqual(first?.item, full);
    assert.equal(second?.item.correlationId, undefined);
    assert.equal(second?.item.trace, undefined);
    assert.deepEqual(third?.item, traced);
    assert.ok(first.item.segments.every((segment) => Buffer.isBuffer(segment)));
  }),

  check('priorities: 0 comes before 1, and so on to 4; first in, first out within each', async (store) => {
    for (const priority of [4, 2, 0, 3, 1] as const)
      await store.queue.enqueue(items(`priority${priority}-`, 2, priority));
    const leases = await takeAll(store, 10);
    assert.deepEqual(
      ids(leases),
      [0, 1, 2, 3, 4].flatMap((priority) => [`priority${priority}-0`, `priority${priority}-1`]),
    );
  }),

  check('priorities: a more urgent message overtakes those that wait already', async (store) => {
    await store.queue.enqueue(items('bulk', 3, 4));
    assert.deepEqual(ids(await take(store, 1)), ['bulk0']);
    await store.queue.enqueue([item('urgent', { priority: 0 })]);
    assert.deepEqual(ids(await takeAll(store, 3)), ['urgent', 'bulk1', 'bulk2']);
  }),

  check('release: messages come again before all that were enqueued after them', async (store) => {
    await store.queue.enqueue(items('m', 6));
    const leases = await takeAll(store, 4);
    await store.queue.settle([done(leases[1] as never)]);
    await store.queue.release([leases[3], leases[0], leases[2]] as never);
    assert.deepEqual(ids(await takeAll(store, 5)), ['m0', 'm2', 'm3', 'm4', 'm5']);
  }),

  check('release: each message goes back to its own priority', async (store) => {
    await store.queue.enqueue([...items('a', 2, 1), ...items('b', 2, 3)]);
    await store.queue.release(await takeAll(store, 3));
    assert.deepEqual(ids(await takeAll(store, 4)), ['a0', 'a1', 'b0', 'b1']);
  }),

  check('release: ten thousand at once come again in order', { capacity: 0 }, async (store) => {
    const all = items('m', 10_000);
    await store.queue.enqueue(all);
    await store.queue.release((await takeAll(store, 10_000)).reverse());
    assert.deepEqual(ids(await takeAll(store, 10_000)), names(all));
  }),

  check(
    'delay: a message put off does not hold up the others, and comes in its time',
    { needs: ({ delay }) => delay },
    async (store) => {
      await store.queue.enqueue(items('m', 3));
      const [first] = await take(store, 1);
      const notBefore = Date.now() + 1000;
      await store.queue.settle([retry(first as never, notBefore)]);
      assert.deepEqual(ids(await takeAll(store, 2)), ['m1', 'm2']);
      assert.deepEqual(ids(await take(store, 5)), ['m0']);
      assert.ok(Date.now() >= notBefore, `came ${notBefore - Date.now()} ms early`);
    },
  ),

  check(
    'delay: those put off come by their times, and a due one before what was enqueued after it',
    { needs: ({ delay }) => delay },
    async (store) => {
      await store.queue.enqueue(items('m', 4));
      const leases = await takeAll(store, 3);
      const now = Date.now();
      const times = [now + 1500, now - 1, now + 1000];
      await store.queue.settle(leases.map((lease, at) => retry(lease, times[at] as number)));
      assert.deepEqual(ids(await takeAll(store, 2)), ['m1', 'm3']);
      assert.deepEqual(ids(await takeAll(store, 2)), ['m2', 'm0']);
    },
  ),

  check('order: what is enqueued without waiting goes in the order of the calls', async (store) => {
    const expected: string[] = [];
    const enqueued: Promise<unknown>[] = [];
    for (let at = 0; at < 20; at++) {
      // Large and small, many and one: whatever takes longer must not come later.
      const batch = [
        items(`many${at}-`, 9),
        [item(`large${at}`, { segments: LARGE })],
        items(`one${at}-`, 1),
      ];
      for (const some of batch) {
        expected.push(...names(some));
        enqueued.push(Promise.resolve(store.queue.enqueue(some)));
      }
    }
    const seen = await untilLast(store, expected.at(-1) as string);
    await Promise.all(enqueued);
    assert.deepEqual(seen, expected);
  }),

  check('order: who waits for messages gets them in the order of the calls', async (store) => {
    const waiting = [take(store, 1), take(store, 1), take(store, 1)];
    const first = store.queue.enqueue([item('large', { segments: LARGE })]);
    const second = store.queue.enqueue(items('small', 2));
    assert.deepEqual((await Promise.all(waiting)).flatMap(ids), ['large', 'small0', 'small1']);
    await first;
    await second;
  }),

  check('release: what is on its way back comes before what is taken next', async (store) => {
    await store.queue.enqueue(items('m', 8));
    const leases = await takeAll(store, 4);
    // As a lost link leaves it: some are settled, the rest goes back, marked, and nobody waits for that.
    for (const { state } of leases.slice(1)) Object.assign(state, { redelivered: true, redeliveries: 1 });
    const settled = store.queue.settle([done(leases[0] as Lease)]);
    const released = [leases.slice(3), leases.slice(1, 2), leases.slice(2, 3)].map((some) =>
      store.queue.release(some),
    );
    assert.deepEqual(ids(await takeAll(store, 7)), ['m1', 'm2', 'm3', 'm4', 'm5', 'm6', 'm7']);
    await Promise.all([settled, ...released]);
  }),

  check('release: who waits gets what goes back before what is enqueued after it', async (store) => {
    await store.queue.enqueue(items('m', 2));
    const leases = await takeAll(store, 2);
    for (const { state } of leases) Object.assign(state, { redelivered: true, redeliveries: 1 });
    const waiting = [take(store, 1), take(store, 1), take(store, 1)];
    const released = store.queue.release([...leases].reverse());
    const enqueued = store.queue.enqueue([item('new')]);
    assert.deepEqual((await Promise.all(waiting)).flatMap(ids), ['m0', 'm1', 'new']);
    await released;
    await enqueued;
  }),

  check(
    'take: what is given up while messages come leaves none behind, and their order stays',
    async (store) => {
      for (let round = 0; round < 10; round++) {
        const stop = new AbortController();
        const waiting = Promise.resolve(store.queue.take(1, { signal: stop.signal })).catch(() => []);
        const enqueued = store.queue.enqueue(items(`m${round}-`, 3));
        // A little later each time.
        for (let turn = 0; turn < round; turn++) await Promise.resolve();
        stop.abort();
        const early = await waiting;
        await store.queue.release(early);
        await enqueued;
        const seen: string[] = [];
        while (seen.length < 3) seen.push(...ids(await take(store, 3, 2000)));
        assert.deepEqual(
          seen,
          [0, 1, 2].map((at) => `m${round}-${at}`),
        );
      }
    },
  ),
];
