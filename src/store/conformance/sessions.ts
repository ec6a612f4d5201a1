import assert from 'node:assert/strict';
import type { Lease, StoreCapabilities } from '../types';
import { check, dead, item, retry, takeAll } from './harness';

const SESSIONS = ['0123456789abcdef01234567', undefined, 'any text'];
const IDS = ['one', 'two', 'three'];

const items = (): ReturnType<typeof item>[] =>
  IDS.map((id, at) => {
    const session = SESSIONS[at];
    return item(id, session === undefined ? {} : { session });
  });

function checkSessions(given: readonly Lease['item'][]): void {
  const byId = new Map(given.map((one) => [one.id, one.session]));
  assert.deepEqual(
    IDS.map((id) => byId.get(id)),
    SESSIONS,
  );
}

const itemsOf = (leases: readonly Lease[]): Lease['item'][] => leases.map((one) => one.item);

export const sessionChecks = [
  check('session: kept when a message goes back, is retried, fails and is replayed', async (store) => {
    await store.queue.enqueue(items());
    await store.queue.release(await takeAll(store, 3));
    const again = await takeAll(store, 3);
    checkSessions(itemsOf(again));
    await store.queue.settle(again.map((lease) => retry(lease, Date.now() - 1)));
    const retried = await takeAll(store, 3);
    checkSessions(itemsOf(retried));
    await store.queue.settle(retried.map((lease) => dead(lease)));
    if (!store.deadLetters) return;
    checkSessions((await store.deadLetters.list()).letters.map((letter) => letter.item));
    await store.deadLetters.replay(IDS);
    checkSessions(itemsOf(await takeAll(store, 3)));
  }),

  check(
    'session: kept over reopening',
    { needs: ({ durable }: StoreCapabilities) => durable },
    async (store, reopen) => {
      await store.queue.enqueue(items());
      await store.close();
      checkSessions(itemsOf(await takeAll(await reopen(), 3)));
    },
  ),
];
