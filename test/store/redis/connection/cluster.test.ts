import assert from 'node:assert/strict';
import { silentLog } from '../../../../src/observability';
import { entry as anEntry } from '../../../../src/store/conformance/harness';
import type { RedisConnection } from '../../../../src/store/redis/connection/connection';
import { openShared } from '../../../../src/store/redis/shared';
import { startRedisCluster } from '../../../support/brokers';
import { until } from '../../../support/until';
import { connect, disconnect } from '../connected';

const { signal } = new AbortController();

/** All keys of the node that a connection is to, of that connection. */
async function keysOf(calls: RedisConnection): Promise<string[]> {
  const found: string[] = [];
  let cursor = '0';
  do {
    const reply = await calls.command(['SCAN', cursor, 'COUNT', 1000, 'MATCH', `${calls.keys.base}*`]);
    const [next, some] = reply as [Buffer, Buffer[]];
    found.push(...some.map(String));
    cursor = String(next);
  } while (cursor !== '0');
  return found;
}

describe('a Redis Cluster', () => {
  let stop: (() => Promise<void>) | undefined;
  afterEach(async () => {
    await disconnect();
    await stop?.();
    stop = undefined;
  });

  it('has all that a connection shares in one slot, and every call works', async function () {
    const cluster = await startRedisCluster(this);
    ({ stop } = cluster);
    const slots = new Map<string, Set<number>>();
    const options = { correlationCapacity: 4, sendRate: 50, burst: 1, log: silentLog };
    for (const clientId of ['alpha', 'beta {x}', 'gamma']) {
      const place = { url: cluster.url, prefix: 'smpp', clientId };
      const [calls, others] = [await connect(this, place), await connect(this, place)];
      const [one, other] = [await openShared(calls, options), await openShared(others, options)];
      const heard: string[] = [];
      other.home.listen((notices) => heard.push(...notices.map(({ octets }) => octets.toString())));

      const entry = anEntry('Id-1', { acceptedAt: 1 });
      await one.correlator.put([entry, ...['2', '3', '4'].map((messageId) => ({ ...entry, messageId }))]);
      await one.correlator.put([{ ...entry, finalState: 'DELIVRD' }]);
      assert.equal((await other.correlator.get('iD-1'))[0]?.finalState, 'DELIVRD');
      assert.equal(await other.correlator.awaited(), 3);
      assert.equal(await other.correlator.expire(), 0);

      await one.state.set('a', Buffer.from('1'), 60_000);
      await one.state.increment('b', 256, 7);
      assert.equal(await other.state.increment('b', 256, 7), 8);
      await other.state.increment('c', 256, 7, 60_000);
      assert.equal((await other.state.list('')).length, 3);
      assert.deepEqual(await other.state.get('a'), Buffer.from('1'));
      assert.equal(await other.state.expire(), 0);

      const notice = { instance: other.home.instance, octets: Buffer.from('told') };
      assert.deepEqual(await one.home.tell([notice, { ...notice, instance: 'nobody' }]), [
        { ...notice, instance: 'nobody' },
      ]);
      await until(() => heard.length === 1);

      const calmed: number[] = [];
      other.limiter.onCalm((seconds) => calmed.push(seconds));
      one.limiter.giveBack(await one.limiter.acquire(1, { signal }));
      one.limiter.setRate(60);
      one.limiter.calm(0.05);
      await until(() => calmed.length > 0 && other.limiter.rate === 60);
      await other.limiter.acquire(1, { signal });

      const keys = await keysOf(calls);
      assert.ok(keys.length >= 12, keys.join(' '));
      const all = new Set<number>();
      for (const key of keys) all.add(Number(await calls.command(['CLUSTER', 'KEYSLOT', key])));
      slots.set(clientId, all);

      await other.state.delete(['a', 'b', 'c']);
      await other.correlator.forgetAwaited();
      await one.close();
      await other.close();
    }
    for (const [clientId, { size }] of slots) assert.equal(size, 1, clientId);
    assert.equal(new Set([...slots.values()].flatMap((all) => [...all])).size, 3);
  }).timeout(60_000);
});
