import assert from 'node:assert/strict';
import type { Lease } from '../types';
import {
  assertNothingToTake,
  check,
  dead,
  done,
  ids,
  item,
  items,
  retry,
  take,
  takeAll,
  takeWithin,
  is,
} from './harness';

/** Milliseconds. */
const LEASE_TIME = 600;

/** A lease on which something happened. */
function marked(lease: Lease): Lease {
  const { state } = lease;
  state.attempts = 2;
  state.redeliveries = 3;
  state.lostLinks = 1;
  state.redelivered = true;
  state.history.push({ at: 1_700_000_000_000, reason: 'ESME_RSYSERR', segment: 1 });
  return lease;
}

const expected = {
  attempts: 2,
  redeliveries: 3,
  lostLinks: 1,
  redelivered: true,
  history: [{ at: 1_700_000_000_000, reason: 'ESME_RSYSERR', segment: 1 }],
};

const untouched = { attempts: 0, redeliveries: 0, lostLinks: 0, redelivered: false, history: [] };

export const leaseChecks = [
  check('leases: what is leased is given to nobody else', async (store) => {
    await store.queue.enqueue(items('m', 3));
    assert.deepEqual(ids(await takeAll(store, 3)), ['m0', 'm1', 'm2']);
    await assertNothingToTake(store);
  }),

  check('leases: a message is leased with a state that says nothing happened yet', async (store) => {
    await store.queue.enqueue([item('m', { segments: [Buffer.from('a'), Buffer.from('b')] })]);
    const [lease] = await take(store, 1);
    assert.deepEqual(lease?.state, { ...untouched, accepted: [null, null] });
  }),

  check('leases: never more than asked for, and at least one', async (store) => {
    await store.queue.enqueue(items('m', 5));
    const leases = await take(store, 2);
    assert.ok(leases.length >= 1 && leases.length <= 2);
  }),

  check('settle: what is done is gone', async (store) => {
    await store.queue.enqueue(items('m', 2));
    await store.queue.settle((await takeAll(store, 2)).map(done));
    await assertNothingToTake(store);
    assert.deepEqual(await store.queue.stats(), { queued: 0, delayed: 0, leased: 0 });
  }),

  check('settle: what is dead is gone from the queue', async (store) => {
    await store.queue.enqueue(items('m', 1));
    await store.queue.settle((await takeAll(store, 1)).map((lease) => dead(lease)));
    await assertNothingToTake(store);
    assert.equal((await store.queue.stats()).leased, 0);
  }),

  check('settle: each settlement of a batch has its own outcome', async (store) => {
    await store.queue.enqueue(items('m', 4));
    const [a, b, c, d] = (await takeAll(store, 4)) as [Lease, Lease, Lease, Lease];
    await store.queue.settle([done(a), retry(b, Date.now()), dead(c)]);
    await store.queue.release([d]);
    assert.deepEqual(ids(await takeAll(store, 2)), ['m1', 'm3']);
  }),

  check('settle: a lease that is over is passed over, and its successor stays', async (store) => {
    await store.queue.enqueue(items('m', 2));
    const [first, other] = (await takeAll(store, 2)) as [Lease, Lease];
    await store.queue.release([first]);
    const [second] = (await takeAll(store, 1)) as [Lease];
    await store.queue.settle([done(first), done(other)]);
    await store.queue.release([first, other]);
    await assertNothingToTake(store);
    assert.equal((await store.queue.stats()).leased, 1);
    await store.queue.release([second]);
    assert.deepEqual(ids(await take(store, 2)), ['m0']);
  }),

  check('release: the state is written back', async (store) => {
    await store.queue.enqueue(items('m', 1));
    await store.queue.release((await take(store, 1)).map(marked));
    const [lease] = await take(store, 1);
    assert.deepEqual(lease?.state, { ...expected, accepted: [null] });
  }),

  check('settle: retry writes the state back', async (store) => {
    await store.queue.enqueue(items('m', 1));
    const leases = (await take(store, 1)).map(marked);
    await store.queue.settle(leases.map((lease) => retry(lease, Date.now())));
    const [lease] = await take(store, 1);
    assert.deepEqual(lease?.state, { ...expected, accepted: [null] });
  }),

  check('release: what the old holder does to its state afterwards is not seen', async (store) => {
    await store.queue.enqueue(items('m', 1));
    const [old] = (await take(store, 1)) as [Lease];
    await store.queue.release([old]);
    marked(old);
    const [lease] = await take(store, 1);
    assert.equal(lease?.state.attempts, 0);
    assert.deepEqual(lease.state.history, []);
  }),

  check('release: of a long history the latest twenty are kept', async (store) => {
    await store.queue.enqueue(items('m', 1));
    const [old] = (await take(store, 1)) as [Lease];
    for (let at = 0; at < 30; at++) old.state.history.push({ at, reason: 'ESME_RSYSERR', segment: 0 });
    await store.queue.release([old]);
    const [lease] = await take(store, 1);
    assert.deepEqual(
      lease?.state.history.map(({ at }) => at),
      Array.from({ length: 20 }, (_, at) => at + 10),
    );
  }),

  check(
    'segment state: accepted segments are known after a release',
    { needs: ({ segmentState }) => segmentState },
    async (store) => {
      await store.queue.enqueue([
        item('long', { segments: ['a', 'b', 'c'].map((text) => Buffer.from(text)) }),
      ]);
      const [old] = (await take(store, 1)) as [Lease];
      old.state.accepted[0] = 'id-1';
      old.state.accepted[2] = '';
      await store.queue.release([old]);
      const [lease] = await take(store, 1);
      assert.deepEqual(lease?.state.accepted, ['id-1', null, '']);
    },
  ),

  check(
    'segment state: what happened to a message in another store comes with it',
    { needs: ({ segmentState }) => segmentState },
    async (store) => {
      const long = item('long', { segments: ['a', 'b'].map((text) => Buffer.from(text)) });
      const history = [{ at: 5, reason: 'ESME_RSYSERR', segment: 1 }];
      const state = { ...expected, accepted: ['id-1', null], history };
      await store.queue.enqueue([long, item('fresh')], {
        states: [structuredClone(state), { ...untouched, accepted: [null] }],
      });
      const [first, second] = (await takeAll(store, 2)) as [Lease, Lease];
      assert.deepEqual(first.state, state);
      assert.deepEqual(second.state, { ...untouched, accepted: [null] });
    },
  ),

  check(
    'extend: a lease that is renewed does not run out, and one that is not comes back, marked',
    { needs: ({ extend }) => extend, leaseTime: LEASE_TIME },
    async (store) => {
      await store.queue.enqueue(items('m', 2));
      const [kept, forgotten] = (await takeAll(store, 2)) as [Lease, Lease];
      const until = Date.now() + 3 * LEASE_TIME;
      const again: Lease[] = [];
      while (Date.now() < until) {
        await store.queue.extend([kept, ...again]);
        again.push(...(await takeWithin(store, LEASE_TIME / 4)));
      }
      assert.deepEqual(ids(again), [forgotten.item.id]);
      assert.equal(again[0]?.state.redelivered, true);
      await store.queue.settle([kept, ...again].map(done));
      assert.equal((await store.queue.stats()).queued, 0);
    },
  ),

  check('concurrency: several who wait are served, none of them the same', async (store) => {
    const waiting = Array.from({ length: 5 }, () => take(store, 3));
    await store.queue.enqueue(items('m', 15));
    const rest: string[] = [];
    const seen = (await Promise.all(waiting)).flatMap(ids);
    while (seen.length + rest.length < 15) rest.push(...ids(await take(store, 15)));
    assert.equal(new Set([...seen, ...rest]).size, 15);
  }),

  check('concurrency: many producers and consumers, each message settled once', async (store) => {
    const total = 300;
    const settled: string[] = [];
    const stop = new AbortController();
    const produce = async (who: number): Promise<void> => {
      for (let at = 0; at < total / 6; at++) await store.queue.enqueue([item(`p${who}-${at}`)]);
    };
    const consume = async (): Promise<void> => {
      while (settled.length < total) {
        const leases = await store.queue.take(7, { signal: stop.signal });
        settled.push(...ids(leases));
        await store.queue.settle(leases.map(done));
      }
      stop.abort();
    };
    const consumers = [1, 2, 3].map(() =>
      consume().catch((error: unknown) => assert.equal(error, stop.signal.reason)),
    );
    await Promise.all([0, 1, 2, 3, 4, 5].map(produce));
    await Promise.all(consumers);
    assert.equal(new Set(settled).size, total);
    assert.equal(settled.length, total);
  }),

  check('take: waits for a message', async (store) => {
    const waiting = take(store, 10);
    await store.queue.enqueue(items('m', 1));
    assert.deepEqual(ids(await waiting), ['m0']);
  }),

  check('take: given up, it rejects with the reason and nothing is leased', async (store) => {
    const stop = new AbortController();
    const waiting = store.queue.take(1, { signal: stop.signal });
    const reason = new Error('enough');
    stop.abort(reason);
    await assert.rejects(async () => waiting, is(reason));
    await store.queue.enqueue(items('m', 1));
    await assert.rejects(async () => store.queue.take(1, { signal: stop.signal }), is(reason));
    assert.equal((await store.queue.stats()).leased, 0);
    assert.deepEqual(ids(await take(store, 1)), ['m0']);
  }),

  check(
    'stats: counts what is queued, delayed and leased',
    { needs: ({ delay }) => delay },
    async (store) => {
      const enqueuedAt = Date.now() - 5000;
      await store.queue.enqueue([item('old', { enqueuedAt, priority: 4 }), ...items('m', 3)]);
      const leases = await takeAll(store, 2);
      await store.queue.settle([retry(leases[0] as Lease, Date.now() + 60_000)]);
      assert.deepEqual(await store.queue.stats(), { queued: 3, delayed: 1, leased: 1, oldestAt: enqueuedAt });
    },
  ),
];
