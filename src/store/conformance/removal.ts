import assert from 'node:assert/strict';
import type { FoundMessage, Store } from '../types';
import { assertNothingToTake, check, done, ids, item, items, names, retry, take, takeAll } from './harness';

const LATER = 60_000;

const find = async ({ queue }: Store, ...wanted: string[]): Promise<readonly FoundMessage[]> =>
  (await queue.find?.(wanted)) ?? [];
const remove = async ({ queue }: Store, ...wanted: string[]): Promise<string[]> =>
  names(((await queue.remove?.(wanted)) ?? []).map(({ item: one }) => one)).sort();

/** Checks of what a queue may leave out: then they pass. */
export const removalChecks = [
  check(
    'removal: messages are taken out wherever they are, the others stay in their order',
    async (store) => {
      if (!store.queue.remove) return;
      await store.queue.enqueue(items('a', 70));
      await store.queue.enqueue(items('u', 3, 0));
      for (const one of items('s', 3, 4)) await store.queue.enqueue([one]);
      assert.deepEqual(await remove(store, 'a0', 'a1', 'a33', 'a69', 'u1', 's0', 'nobody'), [
        ...['a0', 'a1', 'a33', 'a69', 's0', 'u1'],
      ]);
      assert.deepEqual(await remove(store, 'a0', 'u1'), []);
      const { queued } = await store.queue.stats();
      assert.equal(queued, 70);
      const left = items('a', 70).filter(({ id }) => !['a0', 'a1', 'a33', 'a69'].includes(id));
      const leases = await takeAll(store, 70);
      assert.deepEqual(ids(leases), ['u0', 'u2', ...names(left), 's1', 's2']);
      await store.queue.settle(leases.map(done));
      await assertNothingToTake(store);
      assert.deepEqual(await store.queue.stats(), { queued: 0, delayed: 0, leased: 0 });
    },
  ),

  check('removal: what was taken before, and came back or is put off, too, with its state', async (store) => {
    if (!store.queue.remove || !store.capabilities.delay) return;
    await store.queue.enqueue(items('m', 6));
    const [back, off, held, other] = (await takeAll(store, 4)) as [never, never, never, never];
    const state = (off as { state: { attempts: number; history: unknown[] } }).state;
    state.attempts = 1;
    state.history.push({ at: 1, reason: 'ESME_RSYSERR', segment: 0 });
    await store.queue.release([back]);
    await store.queue.settle([retry(off, Date.now() + LATER), retry(other, Date.now() + LATER)]);
    const removed = await store.queue.remove(['m0', 'm1', 'm2', 'm4']);
    assert.deepEqual(names(removed.map(({ item: one }) => one)).sort(), ['m0', 'm1', 'm4']);
    const putOff = removed.find(({ item: one }) => one.id === 'm1');
    assert.deepEqual([putOff?.delayed, putOff?.state?.attempts], [true, 1]);
    const { queued, delayed, leased } = await store.queue.stats();
    assert.deepEqual({ queued, delayed, leased }, { queued: 2, delayed: 1, leased: 1 });
    await store.queue.settle([done(held)]);
    assert.deepEqual(ids(await take(store, 10)), ['m5']);
    assert.deepEqual(await remove(store, 'm3'), ['m3']);
  }),

  check(
    'removal: room that it makes is given to who waits',
    { capacity: 2, whenFull: 'wait' },
    async (store) => {
      if (!store.queue.remove) return;
      await store.queue.enqueue(items('m', 2));
      const waiting = store.queue.enqueue([item('x')]);
      assert.deepEqual(await remove(store, 'm0'), ['m0']);
      assert.deepEqual(await waiting, ['x']);
      assert.deepEqual(ids(await takeAll(store, 2)), ['m1', 'x']);
    },
  ),

  check(
    'removal: a message that was removed does not come again',
    { needs: ({ durable }) => durable },
    async (store, reopen) => {
      if (!store.queue.remove) return;
      await store.queue.enqueue(items('m', 40));
      await store.queue.enqueue([item('alone')]);
      assert.deepEqual(await remove(store, 'm3', 'm39', 'alone'), ['alone', 'm3', 'm39']);
      await store.close();
      const again = await reopen();
      assert.deepEqual(await remove(again, 'm4', 'm3'), ['m4']);
      const left = items('m', 40).filter(({ id }) => !['m3', 'm4', 'm39'].includes(id));
      assert.deepEqual(ids(await takeAll(again, 37)), names(left));
      await assertNothingToTake(again);
    },
  ),

  check('finding: says what there is of messages, which stay', async (store) => {
    if (!store.queue.find || !store.capabilities.delay) return;
    const message = item('m0', { correlationId: 'c', metadata: { a: 1 }, segments: [Buffer.from('one')] });
    await store.queue.enqueue([message, ...items('x', 3)]);
    const [found, ...more] = await find(store, 'm0', 'nobody');
    assert.deepEqual([found?.item, found?.leased, found?.delayed, more], [message, false, false, []]);
    const leases = await takeAll(store, 2);
    // Who holds a lease knows that; a store need not.
    for (const one of await find(store, 'm0')) assert.equal(one.leased, true);
    await store.queue.settle(leases.slice(0, 1).map((lease) => retry(lease, Date.now() + LATER)));
    const [putOff] = await find(store, 'm0');
    assert.deepEqual([putOff?.item.id, putOff?.delayed, putOff?.leased], ['m0', true, false]);
    assert.deepEqual(ids(await takeAll(store, 2)), ['x1', 'x2']);
  }),
];
