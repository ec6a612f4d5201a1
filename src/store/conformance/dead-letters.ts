import assert from 'node:assert/strict';
import type { DeadLetters, Lease, Store } from '../types';
import { assertNothingToTake, check, dead, hasCode, ids, item, items, take, takeAll } from './harness';

/** Stores without dead letters have nothing to show here. */
async function withLetters(store: Store, body: (letters: DeadLetters) => Promise<void>): Promise<void> {
  if (store.deadLetters) await body(store.deadLetters);
}

async function fail(store: Store, count: number): Promise<void> {
  await store.queue.enqueue(items('m', count));
  for (let at = 0; at < count; at++) {
    const [lease] = (await take(store, 1)) as [Lease];
    lease.state.attempts = 5;
    lease.state.history.push({ at: 17, reason: 'ESME_RINVDSTADR', segment: 0 });
    await store.queue.settle([dead(lease, `because of ${at}`)]);
  }
}

export const deadLetterChecks = [
  check('dead letters: kept with reason and history, oldest first', (store) =>
    withLetters(store, async (letters) => {
      const before = Date.now();
      await fail(store, 3);
      const listed = await letters.list();
      assert.equal(listed.total, 3);
      assert.deepEqual(ids(listed.letters), ['m0', 'm1', 'm2']);
      const [first] = listed.letters;
      assert.deepEqual(first?.reason, { code: 'REFUSED', text: 'because of 0' });
      assert.deepEqual(first.state.history, [{ at: 17, reason: 'ESME_RINVDSTADR', segment: 0 }]);
      assert.ok(first.failedAt >= before && first.failedAt <= Date.now());
    }),
  ),

  check('dead letters: listed page by page', (store) =>
    withLetters(store, async (letters) => {
      await fail(store, 5);
      const first = await letters.list({ limit: 2 });
      const second = await letters.list({ limit: 2, after: first.letters.at(-1)?.item.id as string });
      assert.deepEqual(ids([...first.letters, ...second.letters]), ['m0', 'm1', 'm2', 'm3']);
      assert.equal(second.total, 5);
    }),
  ),

  check('dead letters: bounded, the oldest make room', { deadLetterCapacity: 3 }, (store) =>
    withLetters(store, async (letters) => {
      await fail(store, 5);
      const { total, letters: kept } = await letters.list();
      assert.equal(total, 3);
      assert.deepEqual(ids(kept), ['m2', 'm3', 'm4']);
    }),
  ),

  check('dead letters: replayed in the order in which they are named', (store) =>
    withLetters(store, async (letters) => {
      await fail(store, 4);
      await letters.replay(['m2', 'm0']);
      await letters.replay(['m3', 'm1']);
      assert.deepEqual(ids(await takeAll(store, 4)), ['m2', 'm0', 'm3', 'm1']);
    }),
  ),

  check('dead letters: replayed twice at once they come back once', (store) =>
    withLetters(store, async (letters) => {
      await fail(store, 2);
      const answers = await Promise.all([letters.replay(['m0', 'm1']), letters.replay(['m1', 'm0'])]);
      assert.deepEqual(answers.flatMap(({ replayed }) => replayed).sort(), ['m0', 'm1']);
      assert.deepEqual(ids(await takeAll(store, 2)).sort(), ['m0', 'm1']);
      await assertNothingToTake(store, 10);
    }),
  ),

  check('dead letters: replayed at the end of the queue, as new', (store) =>
    withLetters(store, async (letters) => {
      await fail(store, 2);
      await store.queue.enqueue([item('later')]);
      const expiresAt = Date.now() + 60_000;
      const answer = await letters.replay(['m1', 'none', 'm1'], { expiresAt });
      assert.deepEqual(answer, { replayed: ['m1'], missing: ['none'] });
      assert.deepEqual(ids((await letters.list()).letters), ['m0']);
      const [later, again] = (await takeAll(store, 2)) as [Lease, Lease];
      assert.deepEqual(ids([later, again]), ['later', 'm1']);
      assert.equal(again.item.expiresAt, expiresAt);
      assert.equal(again.state.attempts, 0);
      assert.deepEqual(again.state.history, []);
    }),
  ),

  check('dead letters: a replay that does not fit is refused, all or nothing', { capacity: 2 }, (store) =>
    withLetters(store, async (letters) => {
      await fail(store, 2);
      await store.queue.enqueue([item('x')]);
      await assert.rejects(letters.replay(['m0', 'm1']), hasCode('QUEUE_FULL'));
      assert.equal((await letters.list()).total, 2);
      assert.deepEqual(ids(await take(store, 5)), ['x']);
    }),
  ),

  check('dead letters: purged', (store) =>
    withLetters(store, async (letters) => {
      await fail(store, 2);
      assert.equal(await letters.purge(), 2);
      assert.deepEqual(await letters.list(), { total: 0, letters: [] });
      await assertNothingToTake(store, 10);
    }),
  ),
];
