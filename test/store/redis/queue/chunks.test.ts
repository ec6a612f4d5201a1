import assert from 'node:assert/strict';
import { createClient } from '@redis/client';
import type { Lease, QueueItem } from '../../../../src/store';
import { ids, items, names, retry, takeAll } from '../../../../src/store/conformance/harness';
import type { RedisStore } from '../../../../src/store/redis';
import { startRedis, type TestRedis } from '../../../support/brokers';
import { Stores } from '../../stores';
import { named, openRedis, type OpenRedis } from '../setup';

const MANY = 2500;

async function delay(store: RedisStore, leases: readonly Lease[], ms: number): Promise<void> {
  const notBefore = Date.now() + ms;
  await store.queue.settle(leases.map((lease) => retry(lease, notBefore)));
}

describe('many messages in Redis', function () {
  this.timeout(60_000);
  let redis: TestRedis;
  const stores = new Stores<RedisStore>();
  let count = 0;

  before(async function () {
    redis = await startRedis(this);
  });
  // Where there is no Redis, none was started.
  after(() => (redis as TestRedis | undefined)?.kill());
  afterEach(() => stores.close());

  const open = (given: Partial<OpenRedis> = {}): Promise<RedisStore> =>
    stores.add(openRedis({ url: redis.url, keyPrefix: `p${count}`, ...given }));
  beforeEach(() => {
    count++;
  });

  it('that an instance has leased when it is closed go to the others, in their order', async () => {
    const [one, other] = [await open(), await open()];
    const many = items('m', MANY);
    await one.queue.enqueue(many);
    await takeAll(one, MANY);
    await one.close();
    assert.deepEqual(ids(await takeAll(other, MANY)), names(many));
  });

  it('that were put off are hastened all, in their order', async () => {
    const store = await open();
    const many = items('m', MANY);
    await store.queue.enqueue(many);
    await delay(store, await takeAll(store, MANY), 600_000);
    store.queue.hasten?.();
    assert.deepEqual(ids(await takeAll(store, MANY)), names(many));
    assert.equal((await store.queue.stats()).delayed, 0);
  });

  it('that a smaller capacity has no room for are dropped in several steps', async () => {
    const before = await open();
    await before.queue.enqueue(items('m', MANY));
    await before.close();
    const dropped: string[] = [];
    const onDropped = (some: readonly QueueItem[]): unknown => dropped.push(...names(some));
    const store = await open({ capacity: 100, whenFull: 'drop-oldest', onDropped });
    const lengths: number[] = [];
    for (const id of ['a', 'b', 'c']) {
      await store.queue.enqueue([named(id)]);
      lengths.push((await store.queue.stats()).queued);
    }
    assert.deepEqual(lengths, [1500, 500, 100]);
    assert.deepEqual(dropped, names(items('m', 2403)));
  });

  it('cost a look at the queue no more calls than few do', async () => {
    const admin = await createClient({ url: redis.url }).connect();
    try {
      const callsOf = async (length: number): Promise<number> => {
        const store = await open({ keyPrefix: `p${count}-${length}` });
        for (const which of ['leased', 'delayed', 'returned', 'fresh']) {
          await store.queue.enqueue(items(which, length));
          const leases = which === 'fresh' ? [] : await takeAll(store, length);
          if (which === 'delayed') await delay(store, leases, 600_000);
          if (which === 'returned') await store.queue.release(leases);
        }
        await admin.configResetStat();
        const { queued, delayed, leased } = await store.queue.stats();
        assert.deepEqual([queued, delayed, leased], [3 * length, length, length]);
        const stats = await admin.info('commandstats');
        const read = /^cmdstat_(?:xrange|xinfo\|\w+|zrange|hget|xpending|xlen):calls=(\d+)/gm;
        return [...stats.matchAll(read)].reduce((sum, [, calls]) => sum + Number(calls), 0);
      };
      assert.equal(await callsOf(4000), await callsOf(2));
    } finally {
      admin.destroy();
    }
  });
});
