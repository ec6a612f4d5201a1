import assert from 'node:assert/strict';
import { createClient } from '@redis/client';
import type { Lease } from '../../../../src/store';
import { dead, done, ids, retry, sleep } from '../../../../src/store/conformance/harness';
import type { RedisStore } from '../../../../src/store/redis';
import { startRedis, type TestRedis } from '../../../support/brokers';
import { until } from '../../../support/until';
import { Relay } from '../relay';
import { named, openRedis } from '../setup';

const { signal } = new AbortController();

describe('a Redis server that is away', () => {
  let redis: TestRedis;
  let relay: Relay;
  let store: RedisStore;
  const away: (string | undefined)[] = [];
  const open = (port = redis.port): Promise<RedisStore> =>
    openRedis({
      url: `redis://127.0.0.1:${port}`,
      keyPrefix: 'smpp',
      context: { away: (failure) => void away.push(failure?.message) },
    });

  before(async function () {
    redis = await startRedis(this, { appendonly: true });
  });
  // Where there is no Redis, none was started.
  after(() => (redis as TestRedis | undefined)?.kill());
  beforeEach(async () => {
    const client = await createClient({ url: redis.url }).connect();
    await client.flushAll();
    client.destroy();
    relay = new Relay(redis.port);
    await relay.listen();
    away.length = 0;
  });
  afterEach(async () => {
    await store.close();
    relay.close();
  });

  it('is told of once, and once when it is back; what was called meanwhile takes effect in its order', async () => {
    store = await open();
    await redis.stop();
    await until(() => away.length > 0);
    const calls = ['a', 'b', 'c'].map((id) => Promise.resolve(store.queue.enqueue([named(id)])));
    const taken = store.queue.take(10, { signal });
    await redis.start();
    await Promise.all(calls);
    assert.deepEqual(ids(await taken), ['a', 'b', 'c']);
    assert.equal(away.length, 2);
    assert.match(String(away[0]), /Redis at 127.0.0.1:\d+/);
    assert.equal(away[1], undefined);
    await store.queue.enqueue([named('d')]);
    assert.deepEqual(ids(await store.queue.take(10, { signal })), ['d']);
  });

  it('for longer than 5 s: a state that could not be written is written by the next renewal', async () => {
    store = await open();
    await store.queue.enqueue([named('a')]);
    const [lease] = await store.queue.take(1, { signal });
    assert.ok(lease);
    await redis.stop();
    await until(() => away.length > 0);
    lease.state.onTheWire = true;
    const first = assert.rejects(Promise.resolve(store.queue.extend([lease])), { code: 'QUEUE_UNAVAILABLE' });
    // Made while the first may still come there.
    const second = Promise.resolve(store.queue.extend([lease])).catch(() => undefined);
    await first;
    await second;
    await redis.start();
    await store.queue.extend([lease]);
    const client = await createClient({ url: redis.url }).connect();
    const keys = await client.keys('*:states');
    const [state] = await client.hVals(keys[0] ?? '');
    client.destroy();
    assert.match(String(state), /"onTheWire":true/);
  }).timeout(30_000);

  it('for longer than 5 s fails what waits, for now; then all goes on by itself', async () => {
    store = await open();
    await store.queue.enqueue([named('a')]);
    const leases = await store.queue.take(1, { signal });
    const waiting = store.queue.take(1, { signal });
    await redis.kill();
    const start = Date.now();
    const failing = { code: 'QUEUE_UNAVAILABLE', retriable: true };
    await Promise.all([
      assert.rejects(async () => store.queue.settle(leases.map(done)), failing),
      assert.rejects(async () => store.queue.enqueue([named('b')]), failing),
      assert.rejects(async () => waiting, failing),
      assert.rejects(store.queue.stats(), failing),
    ]);
    assert.ok(Date.now() - start >= 4900 && Date.now() - start < 15_000);
    await redis.start();
    await until(() => away.at(-1) === undefined);
    // The lease is as it was.
    await store.queue.settle(leases.map(done));
    await store.queue.enqueue([named('c')]);
    assert.deepEqual(ids(await store.queue.take(10, { signal })), ['c']);
    assert.deepEqual(await store.queue.stats(), { queued: 0, delayed: 0, leased: 1 });
  });

  it('frozen is noticed by the silence', async () => {
    store = await open();
    redis.freeze();
    const enqueued = Promise.resolve(store.queue.enqueue([named('a')]));
    await until(() => away.length > 0);
    redis.thaw();
    await enqueued;
    assert.deepEqual(ids(await store.queue.take(10, { signal })), ['a']);
    assert.deepEqual(await store.queue.stats(), { queued: 0, delayed: 0, leased: 1 });
    assert.match(String(away[0]), /has not answered/);
  });

  it('a batch whose reply was lost is in the queue once', async () => {
    store = await open(relay.port);
    for (let round = 0; round < 5; round++) {
      relay.swallows = true;
      const enqueued = [0, 1, 2].map((at) =>
        Promise.resolve(store.queue.enqueue([named(`${round}${at}x`), named(`${round}${at}y`)])),
      );
      await sleep(30);
      relay.cut();
      await Promise.all(enqueued);
    }
    assert.equal((await store.queue.stats()).queued, 30);
    const all = ids(await store.queue.take(100, { signal }));
    assert.deepEqual(all, [...all].sort());
  });

  it('leases whose reply was lost are leased again, at once, in their order and unmarked', async () => {
    store = await open(relay.port);
    await store.queue.enqueue(['a', 'b', 'c', 'd'].map(named));
    const held = await store.queue.take(1, { signal });
    relay.swallows = true;
    const lost = store.queue.take(2, { signal });
    await sleep(30);
    relay.cut();
    const taken = await lost;
    assert.deepEqual(ids(taken), ['b', 'c']);
    assert.ok(taken.every(({ state }) => !state.redelivered));
    await store.queue.settle([...held, ...taken].map(done));
    assert.deepEqual(ids(await store.queue.take(2, { signal })), ['d']);
    assert.deepEqual(await store.queue.stats(), { queued: 0, delayed: 0, leased: 1 });
  });

  it('a settlement whose reply was lost took effect once', async () => {
    store = await open(relay.port);
    await store.queue.enqueue(['a', 'b', 'c'].map(named));
    const leases = await store.queue.take(3, { signal });
    relay.swallows = true;
    const [a, b, c] = leases as [Lease, Lease, Lease];
    const settled = store.queue.settle([done(a), dead(b), retry(c, 0)]);
    await sleep(30);
    relay.cut();
    assert.equal(await settled, undefined);
    assert.equal((await store.deadLetters.list()).total, 1);
    assert.deepEqual(ids(await store.queue.take(3, { signal })), ['c']);
  });

  it('what was purged is told of once though the reply was lost', async () => {
    store = await open(relay.port);
    const all = Array.from({ length: 2500 }, (_, at) => `m${at}`);
    await store.queue.enqueue(all.map(named));
    const told: string[] = [];
    relay.swallows = true;
    const purged = store.queue.purge({ onRemoved: (items) => void told.push(...items.map(({ id }) => id)) });
    await sleep(100);
    relay.cut();
    assert.equal((await purged).removed, all.length);
    assert.deepEqual(told, all);
  });

  it('scripts that the server has forgotten are sent anew, and calls keep their order', async () => {
    store = await open();
    await store.queue.enqueue([named('a')]);
    await store.queue.release(await store.queue.take(1, { signal }));
    const client = await createClient({ url: redis.url }).connect();
    await client.scriptFlush();
    client.destroy();
    const calls = ['b', 'c', 'd'].map((id) => Promise.resolve(store.queue.enqueue([named(id)])));
    await Promise.all(calls);
    assert.deepEqual(ids(await store.queue.take(10, { signal })), ['a', 'b', 'c', 'd']);
  });

  it('frozen does not hold up a close for long', async () => {
    store = await open();
    await store.queue.enqueue([named('a')]);
    redis.freeze();
    const start = Date.now();
    await store.close();
    const ms = Date.now() - start;
    redis.thaw();
    assert.ok(ms < 6000, `after ${ms} ms`);
  });

  it('connections cut again and again lose nothing and double nothing', async () => {
    store = await open(relay.port);
    const total = 3000;
    const seen = new Map<string, number>();
    let enqueued = 0;
    const cutting = setInterval(() => relay.cut(), 60);
    const produce = async (): Promise<void> => {
      for (let at = 0; at < total; at += 50) {
        await store.queue.enqueue(Array.from({ length: 50 }, (_, more) => named(`m${at + more}`)));
        enqueued += 50;
      }
    };
    const consume = async (): Promise<void> => {
      while (seen.size < total) {
        const leases = await Promise.resolve(store.queue.take(20, { signal })).catch(() => []);
        await store.queue.settle(leases.map(done));
        for (const id of ids(leases)) seen.set(id, (seen.get(id) ?? 0) + 1);
      }
    };
    await Promise.all([produce(), consume()]);
    clearInterval(cutting);
    assert.equal(enqueued, total);
    assert.deepEqual(
      [...seen.values()].filter((count) => count > 1),
      [],
    );
    await until(() => away.at(-1) === undefined || away.length === 0);
    assert.deepEqual(await store.queue.stats(), { queued: 0, delayed: 0, leased: 0 });
  });

  it('killed and started again under load loses nothing and doubles nothing', async () => {
    store = await open();
    const total = 3000;
    const seen = new Map<string, number>();
    let isEnough = false;
    const produce = async (): Promise<void> => {
      for (let at = 0; at < total; at += 20)
        await store.queue.enqueue(Array.from({ length: 20 }, (_, more) => named(`m${at + more}`)));
    };
    const consume = async (): Promise<void> => {
      while (seen.size < total) {
        // One whose reply is lost rejects.
        const leases = await Promise.resolve(store.queue.take(10, { signal })).catch(() => []);
        await store.queue.settle(leases.map(done));
        for (const id of ids(leases)) seen.set(id, (seen.get(id) ?? 0) + 1);
      }
      isEnough = true;
    };
    const killing = async (): Promise<void> => {
      for (let round = 0; round < 5 && !isEnough; round++) {
        await sleep(150);
        await redis.kill();
        await redis.start();
      }
    };
    await Promise.all([produce(), consume(), killing()]);
    assert.deepEqual(
      [...seen.values()].filter((count) => count > 1),
      [],
    );
    assert.ok(away.length >= 2);
    await until(() => away.at(-1) === undefined);
    assert.deepEqual(await store.queue.stats(), { queued: 0, delayed: 0, leased: 0 });
  });

  it('one that has lost everything gets its streams again', async () => {
    store = await open();
    await store.queue.enqueue([named('a')]);
    const leases = await store.queue.take(1, { signal });
    const client = await createClient({ url: redis.url }).connect();
    await client.flushAll();
    client.destroy();
    await store.queue.settle(leases.map(done));
    const waiting = store.queue.take(5, { signal });
    await store.queue.enqueue([named('b')]);
    assert.deepEqual(ids(await waiting), ['b']);
  });
});
