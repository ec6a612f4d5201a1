import assert from 'node:assert/strict';
import type { Lease, Store, StoreCapabilities } from '../types';
import { check, dead, done, entry, item, retry, take, takeAll, trace } from './harness';

const [BARE, FULL] = [trace(1), trace(2, 'vendor=one,0@other=two')];
const traced = (): ReturnType<typeof item>[] => [
  item('bare', { trace: BARE, metadata: { a: 1 }, msgid: 'm' }),
  item('none', { correlationId: 'c' }),
  item('full', { trace: FULL, msgid: 'm', correlationId: 'm', expiresAt: Date.now() + 3_600_000 }),
];

function checkTraces(items: readonly Lease['item'][]): void {
  const byId = new Map(items.map((one) => [one.id, one.trace]));
  assert.deepEqual(
    ['bare', 'none', 'full'].map((id) => byId.get(id)),
    [BARE, undefined, FULL],
  );
}

const itemsOf = (leases: readonly Lease[]): Lease['item'][] => leases.map((one) => one.item);

export const traceChecks = [
  check('trace: kept when a message goes back, is retried, fails and is replayed', async (store) => {
    await store.queue.enqueue(traced());
    const leases = await takeAll(store, 3);
    await store.queue.release(leases);
    const again = await takeAll(store, 3);
    checkTraces(itemsOf(again));
    for (const { state } of again) state.attempts = 1;
    await store.queue.settle(again.map((lease) => retry(lease, Date.now() - 1)));
    const retried = await takeAll(store, 3);
    checkTraces(itemsOf(retried));
    await store.queue.settle(retried.map((lease) => dead(lease)));
    if (!store.deadLetters) return;
    checkTraces((await store.deadLetters.list()).letters.map((letter) => letter.item));
    await store.deadLetters.replay(['bare', 'none', 'full']);
    checkTraces(itemsOf(await takeAll(store, 3)));
  }),

  check('trace: kept with what a receipt is matched by, also when it has come', async (store) => {
    const entries = [
      entry('bare', { trace: BARE }),
      entry('full', { trace: FULL, metadata: 7 }),
      entry('none'),
    ];
    await store.correlator.put(entries);
    await store.correlator.put([{ ...(entries[1] as (typeof entries)[1]), finalState: 'DELIVRD' }]);
    const found = async (id: string): Promise<unknown> => (await store.correlator.get(id))[0]?.trace;
    assert.deepEqual(
      [await found('bare'), await found('full'), await found('none')],
      [BARE, FULL, undefined],
    );
  }),

  check(
    'trace: kept over reopening, of what is queued, leased, failed or accepted',
    { needs: ({ durable }: StoreCapabilities) => durable },
    async (store, reopen) => {
      await store.queue.enqueue(traced());
      await take(store, 1);
      await store.correlator.put([entry('full', { trace: FULL })]);
      await store.close();
      const again = await reopen();
      const leases = await takeAll(again, 3);
      checkTraces(itemsOf(leases));
      const [found] = await again.correlator.get('full');
      assert.deepEqual(found?.trace, FULL);
      await again.queue.settle([dead(leases.find((one) => one.item.id === 'full') as Lease)]);
      await again.close();
      const last = await reopen();
      const letters = (await last.deadLetters?.list())?.letters;
      if (letters) assert.deepEqual(letters[0]?.item.trace, FULL);
    },
  ),

  check(
    'trace: kept where another handle takes over what one had leased',
    { needs: ({ shared }: StoreCapabilities) => shared },
    async (store, open) => {
      const other: Store = await open();
      await store.queue.enqueue(traced());
      await takeAll(store, 3);
      await store.close();
      const leases = await takeAll(other, 3);
      checkTraces(itemsOf(leases));
      await other.queue.settle(leases.map(done));
    },
  ),
];
