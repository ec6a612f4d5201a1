import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import type { Home, QueueItem, Store } from '../../../src/store';
import {
  dead,
  done,
  ids,
  item,
  items,
  names,
  retry,
  sleep,
  take,
  takeAll,
} from '../../../src/store/conformance/harness';
import { amqpUrl, startRabbit } from '../../support/brokers';
import { Proxy, through } from '../../support/proxy';
import { until } from '../../support/until';
import { openRabbit, removeQueues } from './setup';

async function enqueued(store: Store, batch: readonly QueueItem[]): Promise<boolean> {
  try {
    await store.queue.enqueue(batch);
    return true;
  } catch (error) {
    assert.equal((error as { code?: string }).code, 'QUEUE_UNAVAILABLE');
    return false;
  }
}

/** Puts and takes at the same time, with accidents in between; what was taken, in its order. */
async function underLoad(store: Store, total: number, accidents: () => Promise<void>): Promise<string[]> {
  const taken: string[] = [];
  const produce = async (): Promise<void> => {
    for (let at = 0; at < total; at += 20) {
      const batch = items(`${at}-`, 20);
      // Refused in one piece while the broker is away.
      while (!(await enqueued(store, batch))) await sleep(100);
      await sleep(2);
    }
  };
  const consume = async (): Promise<void> => {
    while (new Set(taken).size < total) {
      const leases = await take(store, 10, 60_000);
      taken.push(...ids(leases));
      await sleep(1);
      await store.queue.settle(leases.map(done));
    }
  };
  await Promise.all([produce(), consume(), accidents()]);
  return taken;
}

describe('the RabbitMQ store when the broker goes away', function () {
  this.timeout(90_000);
  let url: string;
  let proxy: Proxy;
  let clientId: string;
  let away: (Error | undefined)[];
  let store: Store;

  before(async function () {
    url = await amqpUrl(this);
  });
  beforeEach(async () => {
    proxy = new Proxy(Number(new URL(url).port));
    await proxy.listen();
    clientId = randomUUID();
    away = [];
    store = await openRabbit({
      url: through(url, proxy),
      clientId,
      away: (failure) => away.push(failure),
    });
  });
  afterEach(async () => {
    await store.close();
    await proxy.stop();
    await removeQueues(url, clientId);
  });

  const back = (): Promise<void> => until(() => away.length > 0 && away.at(-1) === undefined, 'the broker');

  it('loses nothing, and gives nothing twice, where connections are cut under load', async () => {
    const total = 2000;
    const taken = await underLoad(store, total, async () => {
      for (let cuts = 0; cuts < 5; cuts++) {
        await sleep(300);
        proxy.cut();
      }
    });
    assert.deepEqual([taken.length, new Set(taken).size], [total, total]);
    await store.queue.enqueue([item('last')]);
    assert.deepEqual(ids(await take(store, 5)), ['last']);
  });

  it('tells once that the broker is away, and once that it is back', async () => {
    await proxy.set('refuse');
    await until(() => away.length === 1, 'the news');
    await sleep(1500);
    await proxy.set('pass');
    await back();
    assert.equal(away.length, 2);
    assert.match(String(away[0]), /RabbitMQ at amqp:\/\/127/);
  });

  it('keeps leases over a lost connection, and ends each as it would', async () => {
    await store.queue.enqueue(items('m', 8));
    const leases = await takeAll(store, 8);
    // They are here, and untouched: of what is on its way nobody knows who had it.
    await store.queue.release(leases.splice(6));
    proxy.cut();
    await back();
    const [a, b, c, d, e, f] = leases as [never, never, never, never, never, never];
    Object.assign((b as { state: object }).state, { attempts: 3 });
    await store.queue.settle([done(a), retry(c, Date.now() + 3000), dead(d)]);
    await store.queue.release([b, e, f]);
    const again = await takeAll(store, 5);
    assert.deepEqual(ids(again), ['m1', 'm4', 'm5', 'm6', 'm7']);
    assert.equal(again[0]?.state.attempts, 3);
    assert.deepEqual(
      again.filter(({ state }) => state.redelivered).map(({ item }) => item.id),
      [],
    );
    await store.queue.settle(again.map(done));
    assert.deepEqual(ids(await take(store, 5)), ['m2']);
    assert.deepEqual(ids((await store.deadLetters?.list())?.letters ?? []), ['m3']);
    assert.deepEqual(await store.queue.stats(), { queued: 0, delayed: 0, leased: 1 });
  });

  it('ends leases while the broker is away, and what it delivers again is dropped', async () => {
    await store.queue.enqueue(items('m', 4));
    const leases = await takeAll(store, 4);
    await proxy.set('refuse');
    await until(() => away.length === 1, 'the news');
    await store.queue.settle(leases.slice(0, 2).map(done));
    await store.queue.release(leases.slice(2));
    await proxy.set('pass');
    assert.deepEqual(ids(await takeAll(store, 2)), ['m2', 'm3']);
    await sleep(300);
    assert.deepEqual(await store.queue.stats(), { queued: 0, delayed: 0, leased: 2 });
  });

  it('a call waits for the broker for five seconds, then says why it failed', async () => {
    await proxy.set('refuse');
    await until(() => away.length === 1, 'the news');
    const start = Date.now();
    await assert.rejects(async () => store.queue.enqueue([item('m')]), {
      code: 'QUEUE_UNAVAILABLE',
      retriable: true,
    });
    assert.ok(Date.now() - start >= 4900 && Date.now() - start < 8000);
    await proxy.set('pass');
    await back();
    await store.queue.enqueue([item('m')]);
    assert.deepEqual(ids(await take(store, 1)), ['m']);
  });

  it('a broker that answers nothing is noticed, and left for a new connection', async () => {
    await proxy.set('silence');
    await until(() => away.length === 1, 'the news', 40_000);
    await proxy.set('pass');
    await back();
    await store.queue.enqueue([item('m')]);
    assert.deepEqual(ids(await take(store, 1)), ['m']);
  });

  it('close does not wait long for a broker that is away', async () => {
    await store.queue.enqueue(items('m', 2));
    await take(store, 1);
    await proxy.set('silence');
    const start = Date.now();
    await store.close();
    assert.ok(Date.now() - start < 5000);
    await proxy.set('pass');
  });
});

describe('the RabbitMQ store over a restart of the broker', function () {
  this.timeout(120_000);

  for (const how of ['stop', 'kill'] as const)
    it(`loses nothing, and gives nothing twice, where the broker is ended (${how}) and started under load`, async function () {
      const rabbit = await startRabbit(this);
      const away: (Error | undefined)[] = [];
      const store = await openRabbit({
        url: rabbit.url,
        clientId: 'c',
        away: (failure) => away.push(failure),
      });
      try {
        const total = 3000;
        const taken = await underLoad(store, total, async () => {
          await sleep(200);
          await rabbit[how]();
          await rabbit.start();
        });
        assert.deepEqual([taken.length, new Set(taken).size], [total, total]);
        await until(() => away.length > 1, 'the broker', 40_000);
        assert.equal(away.length, 2);
        assert.deepEqual(names((await store.queue.purge()).items), []);
      } finally {
        await store.close();
        await rabbit.kill();
      }
    });

  // It then finds the queue that was declared last without a leader, which never answers.
  it('is back, and hears what it is told, where the broker is killed right after the first declaration', async function () {
    const rabbit = await startRabbit(this);
    const away: (Error | undefined)[] = [];
    const store = await openRabbit({
      url: rabbit.url,
      clientId: 'c',
      away: (failure) => away.push(failure),
    });
    const home = store.home as Home;
    const heard: string[] = [];
    home.listen((notices) => void heard.push(...notices.map(({ octets }) => Buffer.from(octets).toString())));
    try {
      await rabbit.kill();
      await rabbit.start();
      await until(() => away.length > 1, 'the broker', 30_000);
      assert.deepEqual(
        away.map((failure) => failure === undefined),
        [false, true],
      );
      const notice = { instance: home.instance, octets: Buffer.from('hello') };
      assert.deepEqual(await home.tell([notice]), []);
      await until(() => heard.length > 0, 'the notice');
      assert.deepEqual(heard, ['hello']);
    } finally {
      await store.close();
      await rabbit.kill();
    }
  });
});
