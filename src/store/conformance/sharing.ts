import assert from 'node:assert/strict';
import type { Notice } from '../sharing';
import type { Lease, StoreCapabilities } from '../types';
import { assertNothingToTake, check, dead, done, ids, item, items, sleep, take, takeAll } from './harness';

const shared = { needs: (capabilities: StoreCapabilities) => capabilities.shared };

/** Waits until it is so, ten seconds at most. */
async function until(isSo: () => boolean, what: string): Promise<void> {
  for (const start = Date.now(); !isSo(); await sleep(10))
    assert.ok(Date.now() - start < 10_000, `${what} within 10 s`);
}

const notice = (instance: string, text: string): Notice => ({ instance, octets: Buffer.from(text) });
const texts = (notices: readonly Notice[]): string[] => notices.map(({ octets }) => octets.toString());

export const sharingChecks = [
  check(
    'shared: what one handle enqueues another takes, and settles for both',
    shared,
    async (store, open) => {
      const other = await open();
      await store.queue.enqueue(items('m', 3));
      await other.queue.settle((await takeAll(other, 3)).map(done));
      await assertNothingToTake(store);
      assert.deepEqual(await store.queue.stats(), { queued: 0, delayed: 0, leased: 0 });
    },
  ),

  check('shared: whoever waits at one handle gets what another enqueues', shared, async (store, open) => {
    const other = await open();
    const waiting = take(other, 5);
    await store.queue.enqueue(items('m', 1));
    assert.deepEqual(ids(await waiting), ['m0']);
  }),

  check(
    'shared: three handles take all, and nothing twice',
    { ...shared, capacity: 0 },
    async (store, open) => {
      const total = 600;
      const stores = [store, await open(), await open()];
      const seen: string[] = [];
      const stop = new AbortController();
      const consume = async ({ queue }: typeof store): Promise<void> => {
        while (seen.length < total) {
          const leases = await queue.take(7, { signal: stop.signal });
          seen.push(...ids(leases));
          await queue.settle(leases.map(done));
        }
        stop.abort();
      };
      const consumers = stores.map((one) =>
        consume(one).catch((error: unknown) => assert.equal(error, stop.signal.reason)),
      );
      for (let at = 0; at < total; at += 20)
        await (stores[(at / 20) % 3] as typeof store).queue.enqueue(items(`${at}-`, 20));
      await Promise.all(consumers);
      assert.deepEqual([seen.length, new Set(seen).size], [total, total]);
    },
  ),

  check(
    'shared: what a handle has leased goes to the others when it is closed',
    shared,
    async (store, open) => {
      const other = await open();
      await store.queue.enqueue(items('m', 4));
      await takeAll(store, 2);
      await store.close();
      const leases: Lease[] = [];
      while (leases.length < 4) leases.push(...(await take(other, 4)));
      assert.deepEqual(ids(leases).sort(), ['m0', 'm1', 'm2', 'm3']);
    },
  ),

  check('shared: a message comes with the instance that gave it', shared, async (store, open) => {
    if (!store.home) return assert.fail('a shared store has a home');
    const other = await open();
    assert.notEqual(other.home?.instance, store.home.instance);
    const home = { instance: store.home.instance, until: 'delivered' } as const;
    await store.queue.enqueue([item('m', { home })]);
    assert.deepEqual((await take(other, 1))[0]?.item.home, home);
  }),

  check('shared: an instance hears what is told to it, and nobody else does', shared, async (store, open) => {
    const other = await open();
    const heard: string[] = [];
    const overheard: string[] = [];
    store.home?.listen((notices) => heard.push(...texts(notices)));
    other.home?.listen((notices) => overheard.push(...texts(notices)));
    const instance = store.home?.instance ?? '';
    assert.deepEqual(await other.home?.tell([notice(instance, 'one'), notice(instance, 'two')]), []);
    await until(() => heard.length >= 2, 'the notices are heard');
    assert.deepEqual(heard, ['one', 'two']);
    assert.deepEqual(overheard, []);
  }),

  check('shared: nobody takes what is told to an instance that is closed', shared, async (store, open) => {
    const other = await open();
    const instance = other.home?.instance ?? '';
    await other.close();
    const untaken = await store.home?.tell([notice(instance, 'too late')]);
    assert.deepEqual(texts(untaken ?? []), ['too late']);
  }),

  check(
    'shared: notices go with their settlements, and those that nobody took come back',
    shared,
    async (store, open) => {
      const other = await open();
      const gone = await open();
      const heard: string[] = [];
      store.home?.listen((notices) => heard.push(...texts(notices)));
      const here = store.home?.instance ?? '';
      const nowhere = gone.home?.instance ?? '';
      await gone.close();
      await store.queue.enqueue(items('m', 4));
      const [a, b, c, d] = (await takeAll(other, 4)) as [Lease, Lease, Lease, Lease];
      const untaken = await other.queue.settle([
        { ...done(a), notice: notice(here, 'a') },
        { ...done(b), notice: notice(nowhere, 'b') },
        { ...dead(c), notice: notice(here, 'c') },
        done(d),
      ]);
      assert.deepEqual(
        (untaken ?? []).map(({ lease }) => lease.item.id),
        ['m1'],
      );
      await until(() => heard.length >= 2, 'the notices are heard');
      assert.deepEqual(heard.sort(), ['a', 'c']);
      assert.deepEqual(await store.queue.stats(), { queued: 0, delayed: 0, leased: 0 });
    },
  ),
];
