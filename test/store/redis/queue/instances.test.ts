import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Lease } from '../../../../src/store';
import { dead, done, ids, retry, sleep } from '../../../../src/store/conformance/harness';
import type { RedisStore } from '../../../../src/store/redis';
import { ownPrefix, redisUrl } from '../../../support/brokers';
import { needs } from '../../../support/skip';
import { runsTypeScript } from '../../../support/child';
import { until } from '../../../support/until';
import { SCRIPTS } from '../../../../src/store/redis/lua/queue-scripts';
import { Stores } from '../../stores';
import { connect, disconnect } from '../connected';
import { named, openRedis } from '../setup';

const { signal } = new AbortController();

class Child {
  readonly process: ChildProcess;
  readonly lines: string[] = [];

  constructor(...args: readonly (string | number)[]) {
    const file = join(__dirname, 'instance-child.ts');
    this.process = spawn(process.execPath, [...runsTypeScript, file, ...args.map(String)], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    createInterface(this.process.stdout as NodeJS.ReadableStream).on('line', (line) => this.lines.push(line));
  }

  said(word: string): string[] {
    return this.lines
      .filter((line) => line.startsWith(`${word} `))
      .map((line) => line.split(' ')[1] as string);
  }

  async end(): Promise<void> {
    const ended = new Promise((resolve) => this.process.once('exit', resolve));
    this.process.stdin?.end();
    await ended;
  }
}

describe('several who share a Redis queue', () => {
  let url: string;
  let keyPrefix: string;
  const stores = new Stores<RedisStore>();
  const children: Child[] = [];
  const open = (more: Partial<Parameters<typeof openRedis>[0]> = {}): Promise<RedisStore> =>
    stores.add(openRedis({ url, keyPrefix, ...more }));
  const start = async (...args: readonly number[]): Promise<Child> => {
    const child = new Child(url, keyPrefix, ...args);
    children.push(child);
    await until(() => child.lines.includes('ready'));
    return child;
  };

  before(function () {
    needs(this, 'redis');
  });
  beforeEach(async function () {
    url = await redisUrl(this);
    keyPrefix = ownPrefix();
  });
  afterEach(async () => {
    for (const { process } of children.splice(0)) process.kill('SIGKILL');
    await stores.close();
    await disconnect();
  });

  it('in one process take each message once', async () => {
    const [one, two] = [await open(), await open()];
    const total = 2000;
    const seen: string[] = [];
    const stop = new AbortController();
    const consume = async (store: RedisStore): Promise<number> => {
      let own = 0;
      while (seen.length < total) {
        const leases = await Promise.resolve(store.queue.take(7, { signal: stop.signal })).catch(() => []);
        own += leases.length;
        seen.push(...ids(leases));
        await store.queue.settle(leases.map(done));
      }
      stop.abort();
      return own;
    };
    const consumers = [consume(one), consume(two)];
    for (let at = 0; at < total; at += 20)
      await one.queue.enqueue(Array.from({ length: 20 }, (_, more) => named(`m${at + more}`)));
    const counts = await Promise.all(consumers);
    assert.equal(seen.length, total);
    assert.equal(new Set(seen).size, total);
    assert.ok(
      counts.every((count) => count > 100),
      String(counts),
    );
    assert.deepEqual(await two.queue.stats(), { queued: 0, delayed: 0, leased: 0 });
  });

  it('wake each other: by what is enqueued, released and put off', async () => {
    const [one, two] = [await open(), await open()];
    const waits = async (
      action: () => unknown,
    ): Promise<{ readonly ms: number; readonly leases: Lease[] }> => {
      const waiting = two.queue.take(5, { signal });
      await sleep(300);
      const from = performance.now();
      await action();
      const leases = await waiting;
      return { ms: performance.now() - from, leases };
    };
    const enqueued = await waits(() => one.queue.enqueue([named('a')]));
    assert.deepEqual(ids(enqueued.leases), ['a']);
    await two.queue.release(enqueued.leases);
    const held = await one.queue.take(1, { signal });
    const released = await waits(() => one.queue.release(held));
    assert.deepEqual(ids(released.leases), ['a']);
    await two.queue.release(released.leases);
    const again = await one.queue.take(1, { signal });
    const retried = await waits(() => one.queue.settle(again.map((lease) => retry(lease, Date.now() + 300))));
    assert.deepEqual(ids(retried.leases), ['a']);
    assert.ok(retried.ms >= 295);
  });

  it('let each other in where there is room again', async () => {
    const limits = { capacity: 2, whenFull: 'wait' } as const;
    const [one, two] = [await open(limits), await open(limits)];
    await one.queue.enqueue([named('a'), named('b')]);
    const waiting = two.queue.enqueue([named('c')]);
    const leases = await one.queue.take(2, { signal });
    await one.queue.settle(leases.map(done));
    assert.deepEqual(await waiting, ['c']);
  });

  it('in two processes take each message once', async () => {
    const store = await open();
    const [one, two] = await Promise.all([start(10_000, 0, 5), start(10_000, 0, 5)]);
    const total = 3000;
    for (let at = 0; at < total; at += 30)
      await store.queue.enqueue(Array.from({ length: 30 }, (_, more) => named(`m${at + more}`)));
    const all = (): string[] => [...one.said('done'), ...two.said('done')];
    await until(() => all().length >= total);
    await Promise.all([one.end(), two.end()]);
    assert.equal(all().length, total);
    assert.equal(new Set(all()).size, total);
    assert.ok(one.said('done').length > 0 && two.said('done').length > 0);
  });

  it('take over what a killed process had leased, marked, and nothing of the living', async () => {
    const leaseTime = 1000;
    const store = await open({ leaseTime });
    await store.queue.enqueue([named('a'), named('b'), named('c'), named('d')]);
    const living = await start(leaseTime, 6000, 2);
    await until(() => living.said('took').length === 2);
    const killed = await start(leaseTime, 60_000, 2);
    await until(() => killed.said('took').length === 2);
    killed.process.kill('SIGKILL');
    const from = Date.now();
    const leases = [...(await store.queue.take(5, { signal }))];
    while (leases.length < 2) leases.push(...(await store.queue.take(5, { signal })));
    const ms = Date.now() - from;
    assert.deepEqual(ids(leases), killed.said('took'));
    assert.ok(leases.every(({ state }) => state.redelivered));
    assert.ok(ms < leaseTime + 2000, `after ${ms} ms`);
    await store.queue.settle(leases.map(done));
    await until(() => living.said('done').length === 2);
    assert.deepEqual(await store.queue.stats(), { queued: 0, delayed: 0, leased: 0 });
  });

  it('pass over the late settlement of a lease that ran out, and leave its successor', async () => {
    const leaseTime = 400;
    const [slow, other] = [await open({ leaseTime }), await open({ leaseTime })];
    await slow.queue.enqueue([named('a'), named('b'), named('c')]);
    const late = (await slow.queue.take(3, { signal })) as [Lease, Lease, Lease];
    const successors: Lease[] = [];
    while (successors.length < 3) {
      successors.push(...(await other.queue.take(3, { signal })));
      await other.queue.extend(successors);
    }
    await slow.queue.settle([done(late[0])]);
    await slow.queue.extend([late[1]]);
    await slow.queue.release([late[1]]);
    await slow.queue.settle([dead(late[2])]);
    assert.equal((await other.queue.stats()).leased, 3);
    assert.equal((await other.deadLetters.list()).total, 0);
    await other.queue.release(successors);
    const again = await slow.queue.take(3, { signal });
    assert.deepEqual(ids(again), ['a', 'b', 'c']);
    await slow.queue.settle(again.map(done));
    assert.deepEqual(await other.queue.stats(), { queued: 0, delayed: 0, leased: 0 });
  });

  it('leave no consumer behind when they close; those that died are swept away when they hold nothing', async function () {
    const [one, two] = [await open(), await open()];
    await one.queue.enqueue([named('a'), named('b')]);
    await two.queue.settle((await two.queue.take(1, { signal })).map(done));
    await two.close();
    const calls = await connect(this, { url, prefix: keyPrefix, clientId: 'test' });
    const key = calls.keys.of('queue:2');
    await calls.command(['XGROUP', 'CREATECONSUMER', key, 'smpp', 'dead']);
    await calls.command(['XREADGROUP', 'GROUP', 'smpp', 'holding', 'STREAMS', key, '>']);
    const names = async (): Promise<string[]> =>
      ((await calls.command(['XINFO', 'CONSUMERS', key, 'smpp'])) as Buffer[][]).map((one) => String(one[1]));
    assert.deepEqual(await names(), ['dead', 'holding']);
    await calls.run(SCRIPTS.sweep, [-1]);
    assert.deepEqual(await names(), ['holding']);
  });
});
