import assert from 'node:assert/strict';
import type { Lease, Notice } from '../../../../src/store';
import { dead, done, entry, sleep, takeAll } from '../../../../src/store/conformance/harness';
import type { RedisStore } from '../../../../src/store/redis';
import type { RedisConnection } from '../../../../src/store/redis/connection/connection';
import { ownPrefix, redisUrl } from '../../../support/brokers';
import { through } from '../../../support/proxy';
import { needs } from '../../../support/skip';
import { until } from '../../../support/until';
import { Stores } from '../../stores';
import { connect, disconnect } from '../connected';
import { Relay } from '../relay';
import { named, openRedis } from '../setup';

describe('outcomes in Redis', () => {
  let url: string;
  let keyPrefix: string;
  let calls: RedisConnection;
  let relay: Relay;
  const stores = new Stores<RedisStore>();
  const open = (at = url): Promise<RedisStore> => stores.add(openRedis({ url: at, keyPrefix }));
  const notice = (instance: string, text: string): Notice => ({ instance, octets: Buffer.from(text) });

  before(function () {
    needs(this, 'redis');
  });
  beforeEach(async function () {
    url = await redisUrl(this);
    keyPrefix = ownPrefix();
    calls = await connect(this, { url, prefix: keyPrefix, clientId: 'test' });
    relay = new Relay(Number(new URL(url).port || 6379));
    await relay.listen();
  });
  afterEach(async () => {
    await stores.close();
    await disconnect();
    relay.close();
  });

  it('go home with their settlement, and come back where nobody lives there', async () => {
    const [one, two] = [await open(), await open()];
    const heard: string[] = [];
    two.home?.listen((notices) => void heard.push(...notices.map(({ octets }) => String(octets))));
    const home = two.home?.instance ?? '';
    await one.queue.enqueue(['a', 'b', 'c', 'd'].map(named));
    const [a, b, c, d] = (await takeAll(one, 4)) as [Lease, Lease, Lease, Lease];
    const settlements = [
      { ...done(a), notice: notice(home, 'a done') },
      { ...dead(b), notice: notice(home, 'b dead') },
      { ...done(c), notice: notice('nobody', 'c done') },
      done(d),
    ] as const;
    assert.deepEqual(await one.settle?.([entry('id-a')], settlements), [settlements[2]]);
    await until(() => heard.length === 2);
    assert.deepEqual(heard.sort(), ['a done', 'b dead']);
    assert.equal((await two.correlator.get('id-a')).length, 1);
    assert.deepEqual(await one.queue.stats(), { queued: 0, delayed: 0, leased: 0 });
    assert.equal((await one.deadLetters.list()).total, 1);
  });

  it('are told once though the reply was lost, and of a lease that is over nothing is told', async () => {
    const [one, two] = [await open(through(url, relay)), await open()];
    const heard: string[] = [];
    two.home?.listen((notices) => void heard.push(...notices.map(({ octets }) => String(octets))));
    const home = two.home?.instance ?? '';
    await one.queue.enqueue(['a', 'b'].map(named));
    const [a, b] = (await takeAll(one, 2)) as [Lease, Lease];
    const settlements = [
      { ...done(a), notice: notice(home, 'a') },
      { ...done(b), notice: notice('nobody', 'b') },
    ] as const;
    relay.swallows = true;
    const settled = one.settle?.([entry('id-a')], settlements);
    await sleep(50);
    relay.cut();
    assert.deepEqual(await settled, [settlements[1]]);
    assert.equal(await one.queue.settle(settlements), undefined);
    await one.queue.enqueue([named('c')]);
    await one.queue.settle(
      (await takeAll(one, 1)).map((lease) => ({ ...done(lease), notice: notice(home, 'c') })),
    );
    await until(() => heard.includes('c'));
    assert.deepEqual(heard, ['a', 'c']);
  });

  it('that failed for good and were not told are told by another instance when theirs is dead', async () => {
    const one = await open();
    await one.queue.enqueue(['told', 'untold'].map(named));
    const leases = await takeAll(one, 2);
    await one.queue.settle(leases.map((lease) => dead(lease)));
    one.deadLetters.told?.(['told']);
    const heard: string[] = [];
    const look = async (store: RedisStore): Promise<string[]> => {
      await store.tellUntold?.((failed) => void heard.push(...failed.map(({ item }) => item.id)));
      return heard.splice(0);
    };
    const [two, three] = [await open(), await open()];
    assert.deepEqual(await look(two), []);
    // As one that was killed, and is found dead.
    await calls.command(['ZREM', calls.keys.of('instances'), one.home?.instance ?? '']);
    assert.deepEqual(await look(two), ['untold']);
    assert.deepEqual(await look(three), []);
    assert.deepEqual(await look(two), []);
    assert.equal((await two.deadLetters.list()).total, 2);
    assert.equal(await calls.command(['EXISTS', calls.keys.of('untold')]), 0);
  });
});
