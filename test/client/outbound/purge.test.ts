import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  openDiskStore,
  openMemoryStore,
  type DeliveryError,
  type OutboundQueue,
  type PurgeOptions,
  type Store,
} from '../../../src/index';
import { bound } from '../../support/queue';
import { silence } from '../../support/peer';
import { HELLO, Scenes, numbered, type Scene } from '../setup';

const MANY = 25_000;
const BATCH = 5000;
type Purged = Awaited<ReturnType<OutboundQueue['purge']>>;

describe('A purge of very many messages', function () {
  this.timeout(60_000);
  const scenes = new Scenes();
  let directory: string;
  let store: Store;
  beforeEach(async () => (directory = await mkdtemp(join(tmpdir(), 'smpp-purge-'))));
  afterEach(async () => {
    await scenes.end();
    await store.close();
    await rm(directory, { recursive: true, force: true });
  });

  const limits = { capacity: 0, whenFull: 'reject' } as const;
  const memory = (): Promise<Store> => Promise.resolve(openMemoryStore(limits));
  const disk = (): Promise<Store> =>
    openDiskStore({ directory, account: { host: 'a', systemId: 'b' }, ...limits });
  /** A store whose queue purges in another way. */
  const other =
    (open: () => Promise<Store>, purge: (of: OutboundQueue, options?: PurgeOptions) => Promise<Purged>) =>
    async (): Promise<Store> => {
      const inner = await open();
      const queue = { ...bound(inner.queue), purge: (options?: PurgeOptions) => purge(inner.queue, options) };
      return { ...inner, queue, close: () => inner.close() };
    };
  const stores: Record<string, () => Promise<Store>> = {
    memory,
    disk,
    'a queue that returns them all': other(memory, (queue) => queue.purge()),
    'a queue that returns some and counts the rest': other(disk, (queue) => queue.purge()),
    'a queue that hands them over and returns some': other(memory, async (queue, options) => {
      const { removed, items } = await queue.purge();
      await options?.onRemoved?.(items);
      return { removed, items: items.slice(0, 10) };
    }),
    'a queue that only counts': other(memory, async (queue) => {
      const { removed } = await queue.purge();
      return { removed } as Purged;
    }),
  };

  async function scene(open: () => Promise<Store>): Promise<Scene> {
    store = await open();
    return scenes.bound(
      { submit_sm: silence },
      { queue: store, queueCapacity: 0, maxWaiting: MANY + 10, windowSize: 1, logLevel: 'error' },
    );
  }

  /** Of all that was sent: what each failed with. */
  async function codes(sent: Promise<PromiseSettledResult<unknown>[]>[]): Promise<string[]> {
    const settled = (await Promise.all(sent)).flat();
    return settled.map((one) => (one.status === 'rejected' ? (one.reason as DeliveryError).code : 'sent'));
  }

  for (const [what, open] of Object.entries(stores))
    it(`settles all who wait: ${what}`, async () => {
      const { client, peer, told } = await scene(open);
      const onTheWire = client.send(HELLO);
      await peer.untilSubmits(1);
      const sent: Promise<PromiseSettledResult<unknown>[]>[] = [];
      for (let at = 0; at < MANY; at += BATCH) sent.push(client.sendBatch(numbered(BATCH)));
      while ((await client.status()).queued < MANY) await new Promise(setImmediate);
      assert.equal(await client.purge(), MANY);
      const ends = await codes(sent);
      assert.deepEqual([ends.length, ends.filter((code) => code === 'REMOVED').length], [MANY, MANY]);
      const failures = told('failure');
      assert.equal(new Set(failures.map(({ id }) => id)).size, MANY);
      assert.equal(failures.length, MANY);
      const { waiting, queued } = await client.status();
      assert.deepEqual([waiting, queued], [1, 0]);
      peer.links[0]?.answer(peer.submits[0] as never, { message_id: 'x' });
      assert.equal((await onTheWire).event, 'accepted');
    });

  for (const [what, open] of [
    ['memory', memory],
    ['disk', disk],
  ] as const) {
    it(`ends although messages come in all the time, which stay: ${what}`, async () => {
      const { client } = await scene(open);
      client.pause();
      for (let at = 0; at < MANY; at += BATCH) await client.enqueue(numbered(BATCH));
      let more = true;
      let late = 0;
      const pouring = (async () => {
        while (more) {
          late += (await client.enqueue(numbered(10, { priority: 0 }))).length;
          await new Promise(setImmediate);
        }
      })();
      const removed = await client.purge();
      more = false;
      await pouring;
      assert.ok(removed >= MANY);
      assert.equal((await client.status()).queued, MANY + late - removed);
      await client.purge();
    });

    it(`hands them over in chunks, each waited for: ${what}`, async () => {
      store = await open();
      const { client } = await scenes.idle({}, { queue: store, queueCapacity: 0 });
      for (let at = 0; at < MANY; at += BATCH) await client.enqueue(numbered(BATCH));
      let busy = 0;
      const chunks: number[] = [];
      const onRemoved = async (gone: readonly unknown[]): Promise<void> => {
        assert.equal(++busy, 1);
        chunks.push(gone.length);
        await new Promise(setImmediate);
        busy--;
      };
      assert.deepEqual(await store.queue.purge({ onRemoved }), { removed: MANY, items: [] });
      assert.ok(Math.max(...chunks) <= 1000, chunks.join(' '));
    });

    it(`is done although whoever hears of it throws: ${what}`, async () => {
      store = await open();
      const { client } = await scenes.idle({}, { queue: store });
      await client.enqueue(numbered(3));
      const warned = new Promise<Error>((resolve) => process.once('warning', resolve));
      const onRemoved = (): void => {
        throw new Error('not my fault');
      };
      assert.equal((await store.queue.purge({ onRemoved })).removed, 3);
      assert.match((await warned).message, /not my fault/);
    });
  }

  it('fails nobody whose message may be alive, where a queue only counts', async () => {
    const { client } = await scene(stores['a queue that only counts'] as () => Promise<Store>);
    client.pause();
    const sent = client.sendBatch(numbered(3));
    while ((await client.status()).queued < 3) await new Promise(setImmediate);
    const leases = await store.queue.take(2, { signal: new AbortController().signal });
    assert.equal(await client.purge(), 1);
    assert.equal((await client.status()).waiting, 3);
    await store.queue.release(leases);
    await client.stop();
    assert.deepEqual(await codes([sent]), Array(3).fill('STOPPED'));
  });
});

describe('Replaying all dead letters', () => {
  const scenes = new Scenes();
  afterEach(() => scenes.end());

  it('replays all, also where more are kept than are listed at a time', async () => {
    const store = openMemoryStore({ capacity: 0, whenFull: 'reject', deadLetterCapacity: 5000 });
    const { client } = await scenes.idle({}, { queue: store });
    await client.enqueue(numbered(2500));
    const signal = new AbortController().signal;
    const leases = await store.queue.take(2500, { signal });
    const reason = { code: 'REFUSED', text: 'no' };
    await store.queue.settle(leases.map((lease) => ({ outcome: 'dead', lease, reason })));
    const { replayed, missing } = await client.replay();
    assert.deepEqual([replayed.length, missing.length], [2500, 0]);
    await store.close();
  });
});
