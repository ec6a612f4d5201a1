import assert from 'node:assert/strict';
import { sleep } from '../../../../src/store/conformance/harness';
import { RedisLimiter } from '../../../../src/store/redis/sharing/limiter';
import { ownPrefix, startRedis, type TestRedis } from '../../../support/brokers';
import { until } from '../../../support/until';
import { connect, disconnect } from '../connected';

const { signal } = new AbortController();

/** Takes whatever it gets for `ms`, and tells when each permit came (ms from the start). */
async function drain(limiters: readonly RedisLimiter[], ms: number, max = 10): Promise<number[][]> {
  const start = performance.now();
  const stop = AbortSignal.timeout(Math.ceil(ms));
  return Promise.all(
    limiters.map(async (limiter) => {
      const grants: number[] = [];
      try {
        for (;;) {
          const permits = await limiter.acquire(max, { signal: stop });
          for (let at = 0; at < permits; at++) grants.push(performance.now() - start);
        }
      } catch (error) {
        if (error !== stop.reason) throw error;
      }
      return grants;
    }),
  );
}

describe('the rate of all who share a Redis', () => {
  const limiters: RedisLimiter[] = [];
  let server: TestRedis | undefined;
  afterEach(async () => {
    for (const limiter of limiters.splice(0)) limiter.close();
    await disconnect();
    await server?.kill();
    server = undefined;
  });

  async function opened(
    context: Mocha.Context,
    prefix: string,
    rate: number,
    burst = 1,
  ): Promise<RedisLimiter> {
    const limiter = new RedisLimiter(await connect(context, { prefix }), { rate, burst });
    limiters.push(limiter);
    return limiter;
  }

  for (const rate of [1, 7, 500, 3000]) {
    it(`is exact for three together at ${rate}/s`, async function () {
      const prefix = ownPrefix();
      const three = [
        await opened(this, prefix, rate),
        await opened(this, prefix, rate),
        await opened(this, prefix, rate),
      ];
      await drain(three, Math.max(100, 1000 / rate + 100));
      const seconds = 2;
      const all = await drain(three, seconds * 1000);
      const grants = all.flat().sort((a, b) => a - b);
      const allowed = rate * seconds;
      assert.ok(grants.length <= allowed + 1 + 0.03 * rate, `${grants.length} of ${allowed}`);
      // A busy machine stands still for longer than a bucket makes up for.
      assert.ok(grants.length >= 0.5 * allowed - 1, `${grants.length} of ${allowed}`);
      if (rate >= 7)
        for (const { length } of all) assert.ok(length > grants.length / 6, `${length} of ${allowed}`);
    }).timeout(10_000);
  }

  it('grants a burst at once, and then no more', async function () {
    const limiter = await opened(this, ownPrefix(), 10, 5);
    assert.equal(await limiter.acquire(10, { signal }), 5);
    const start = performance.now();
    assert.equal(await limiter.acquire(10, { signal }), 1);
    assert.ok(performance.now() - start > 70);
    limiter.giveBack(1);
    const again = performance.now();
    assert.equal(await limiter.acquire(10, { signal }), 1);
    assert.ok(performance.now() - again < 70);
  });

  it('is the one that was set last, also for those who wait', async function () {
    const prefix = ownPrefix();
    const [one, other] = [await opened(this, prefix, 100), await opened(this, prefix, 0.01)];
    await other.acquire(1, { signal });
    assert.equal(other.rate, 0.01);
    const waiting = one.acquire(1, { signal });
    other.setRate(200);
    one.look();
    await waiting;
    assert.equal(one.rate, 200);
    other.setRate(0);
    one.look();
    await until(() => one.rate === 0);
    assert.equal(one.acquire(99, { signal }), 99);
  });

  it('stops all when one was throttled, and then begins with one', async function () {
    const prefix = ownPrefix();
    const calls = await connect(this, { prefix });
    const one = new RedisLimiter(calls, { rate: 100, burst: 20 });
    limiters.push(one);
    const other = await opened(this, prefix, 100, 20);
    await one.acquire(1, { signal });
    one.calm(0.5);
    const start = performance.now();
    // Redis has heard of it when it answers what came behind it.
    await calls.command(['PING']);
    assert.equal(await other.acquire(10, { signal }), 1);
    assert.ok(performance.now() - start > 450, String(performance.now() - start));
  });

  it('is paused for whoever comes meanwhile, also without a rate', async function () {
    const prefix = ownPrefix();
    const one = await opened(this, prefix, 0);
    one.calm(0.5);
    const start = performance.now();
    const other = await opened(this, prefix, 0);
    const heard: number[] = [];
    other.onCalm((seconds) => heard.push(seconds));
    await until(() => heard.length > 0);
    assert.ok(heard[0]! > 0 && heard[0]! <= 0.5);
    assert.equal(await other.acquire(7, { signal }), 7);
    assert.ok(performance.now() - start > 450);
  });

  it('lets at most one more than its rate pass where draws were made ahead and are given back', async function () {
    const prefix = ownPrefix();
    const limiter = await opened(this, prefix, 20);
    const start = performance.now();
    let granted = 0;
    for (let at = 0; at < 100; at++) {
      const stop = new AbortController();
      const waiting = Promise.resolve(limiter.acquire(3, { signal: stop.signal })).then(
        (permits) => (granted += permits),
        () => undefined,
      );
      await sleep(5);
      stop.abort();
      await waiting;
    }
    const allowed = 2 + ((performance.now() - start) / 1000) * 20;
    assert.ok(granted <= allowed, `${granted} of ${allowed}`);
    const [grants] = await drain([limiter], 1000);
    assert.ok(Math.abs(grants!.length - 20) <= 2, String(grants!.length));
  });

  it('grants nothing while the server is away, and goes on by itself, also where it has lost everything', async function () {
    server = await startRedis(this);
    const calls = await connect(this, { url: server.url });
    const limiter = new RedisLimiter(calls, { rate: 100, burst: 1 });
    limiters.push(limiter);
    const grants: number[] = [];
    const stop = new AbortController();
    const draining = (async () => {
      for (;;) {
        const permits = await limiter.acquire(10, { signal: stop.signal });
        for (let at = 0; at < permits; at++) grants.push(performance.now());
      }
    })().catch(() => undefined);
    await until(() => grants.length > 20);
    await server.kill();
    const gone = performance.now();
    await sleep(1000);
    // What was drawn before may still come.
    assert.ok(grants.filter((at) => at > gone).length <= 2);
    const [before, start] = [grants.length, performance.now()];
    await server.start();
    await until(() => grants.length > before + 100);
    const allowed = 0.1 * (performance.now() - start) + 5;
    assert.ok(grants.length - before <= allowed, `${grants.length - before} of ${allowed}`);
    stop.abort();
    await draining;
    assert.equal(String(await calls.command(['HGET', calls.keys.of('rate'), 'rate'])), '100');
  }).timeout(30_000);

  it('goes on where the clock of the server was set back', async function () {
    const prefix = ownPrefix();
    const limiter = await opened(this, prefix, 100);
    await limiter.acquire(1, { signal });
    const calls = await connect(this, { prefix });
    const later = (Date.now() + 86_400_000) * 1000;
    const fields = ['at', later, 'busy', later, 'paused', later, 'pause', 200_000];
    await calls.command(['HSET', calls.keys.of('rate'), ...fields]);
    const start = performance.now();
    await limiter.acquire(1, { signal });
    const [grants] = await drain([limiter], 500);
    assert.ok(performance.now() - start > 180 + 500);
    assert.ok(grants!.length > 20 && grants!.length <= 55, String(grants!.length));
  });

  it('says so where another program holds its key, and goes on when it is gone', async function () {
    const prefix = ownPrefix();
    const calls = await connect(this, { prefix });
    const key = calls.keys.of('rate');
    await calls.command(['SET', key, 'something else']);
    const refusals: unknown[] = [];
    const limiter = new RedisLimiter(calls, {
      rate: 5,
      burst: 1,
      onRefused: (error) => refusals.push(error),
    });
    limiters.push(limiter);
    const waiting = limiter.acquire(1, { signal });
    await until(() => refusals.length > 0);
    assert.match(String(refusals[0]), /WRONGTYPE/);
    assert.equal(String(await calls.command(['GET', key])), 'something else');
    await calls.command(['DEL', key]);
    assert.equal(await waiting, 1);
    assert.equal(refusals.length, 1);
  });
});
