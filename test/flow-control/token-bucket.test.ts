import assert from 'node:assert/strict';
import fc from 'fast-check';
import { systemClock, type Clock } from '../../src/clock';
import { TokenBucket } from '../../src/flow-control';
import { FakeClock } from '../support/clock';

const { signal } = new AbortController();

/** Takes whatever it gets for `ms`, and tells when each permit came. */
async function drain(bucket: TokenBucket, clock: FakeClock, ms: number, max = 10): Promise<number[]> {
  const stop = new AbortController();
  const grants: number[] = [];
  const draining = (async () => {
    for (;;) {
      const permits = await bucket.acquire(max, { signal: stop.signal });
      for (let at = 0; at < permits; at++) grants.push(clock.monotonic());
    }
  })().catch(() => undefined);
  await clock.advance(ms);
  stop.abort();
  await draining;
  return grants;
}

describe('the token bucket', () => {
  let clock: FakeClock;
  beforeEach(() => (clock = new FakeClock()));

  it('grants everything at once without a limit', async () => {
    const bucket = new TokenBucket({ rate: 0, clock });
    assert.equal(await bucket.acquire(1000, { signal }), 1000);
    assert.equal(await bucket.acquire(1000, { signal }), 1000);
  });

  it('grants its burst at once, then one after the other', async () => {
    const bucket = new TokenBucket({ rate: 10, burst: 3, clock });
    assert.deepEqual(await drain(bucket, clock, 450), [0, 0, 0, 100, 200, 300, 400]);
  });

  for (const rate of [0.2, 1, 3, 7, 40, 100, 1000, 5000]) {
    it(`is exact to 1 % over ten seconds at ${rate}/s`, async () => {
      const bucket = new TokenBucket({ rate, clock });
      await drain(bucket, clock, 5 / rate);
      const seconds = rate < 1 ? 100 : 10;
      const grants = (await drain(bucket, clock, seconds * 1000)).length;
      assert.ok(Math.abs(grants - rate * seconds) <= Math.max(1, rate * seconds * 0.01), `${grants} grants`);
    }).timeout(20_000);
  }

  it('grants several per wake-up where the timer is coarser than the rate', async () => {
    const bucket = new TokenBucket({ rate: 5000, clock });
    const grants = await drain(bucket, clock, 3);
    assert.equal(grants.length, 16);
    assert.deepEqual(
      [0, 1, 2, 3].map((ms) => grants.filter((at) => at === ms).length),
      [1, 5, 5, 5],
    );
  });

  it('never grants more than rate × time + burst, whatever is asked when', async () => {
    const plan = fc.array(
      fc.record({ max: fc.integer({ min: 1, max: 50 }), idle: fc.integer({ min: 0, max: 200 }) }),
      {
        minLength: 1,
        maxLength: 12,
      },
    );
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 3000 }),
        fc.integer({ min: 1, max: 20 }),
        plan,
        async (rate, burst, steps) => {
          const own = new FakeClock();
          const bucket = new TokenBucket({ rate, burst, clock: own });
          const grants: { at: number; permits: number }[] = [];
          for (const { max, idle } of steps) {
            const asked = Promise.resolve(bucket.acquire(max, { signal }));
            while (!(await Promise.race([asked.then(() => true), own.advance(1).then(() => false)])));
            grants.push({ at: own.monotonic(), permits: await asked });
            await own.advance(idle);
          }
          let total = 0;
          for (const { at, permits } of grants) {
            assert.ok(permits >= 1);
            total += permits;
            assert.ok(total <= (rate * at) / 1000 + burst + 1e-3, `${total} permits in ${at} ms`);
          }
        },
      ),
      { numRuns: 20 },
    );
  }).timeout(30_000);

  it('has no more than its burst after a pause', async () => {
    const bucket = new TokenBucket({ rate: 1000, burst: 2, clock });
    await drain(bucket, clock, 1000);
    await clock.advance(60_000);
    assert.equal(await bucket.acquire(100, { signal }), 2);
  });

  it('catches up what a late timer held back', async () => {
    const bucket = new TokenBucket({ rate: 1000, clock });
    await bucket.acquire(1, { signal });
    await clock.advance(20);
    assert.equal(await bucket.acquire(100, { signal }), 20);
  });

  it('serves those who wait in the order in which they came', async () => {
    const bucket = new TokenBucket({ rate: 100, clock });
    await bucket.acquire(1, { signal });
    const order: string[] = [];
    for (const name of ['a', 'b', 'c'])
      void Promise.resolve(bucket.acquire(1, { signal })).then(() =>
        order.push(`${name} ${clock.monotonic()}`),
      );
    await clock.advance(30);
    assert.deepEqual(order, ['a 10', 'b 20', 'c 30']);
  });

  it('lets one give up without holding up the others', async () => {
    const bucket = new TokenBucket({ rate: 10, clock });
    await bucket.acquire(1, { signal });
    const stop = new AbortController();
    const reason = new Error('enough');
    const first = assert.rejects(
      async () => bucket.acquire(1, { signal: stop.signal }),
      (error) => error === reason,
    );
    const second = bucket.acquire(1, { signal });
    stop.abort(reason);
    await first;
    await clock.advance(100);
    assert.equal(await second, 1);
    assert.equal(clock.pendingTimers, 0);
    await assert.rejects(
      async () => bucket.acquire(1, { signal: stop.signal }),
      (error) => error === reason,
    );
  });

  it('grants again what is given back', async () => {
    const bucket = new TokenBucket({ rate: 1, burst: 5, clock });
    assert.equal(await bucket.acquire(5, { signal }), 5);
    const waiting = bucket.acquire(5, { signal });
    bucket.giveBack(3);
    assert.equal(await waiting, 3);
  });

  it('takes a new rate while somebody waits', async () => {
    const bucket = new TokenBucket({ rate: 0.01, clock });
    await bucket.acquire(1, { signal });
    const waiting = bucket.acquire(1, { signal });
    bucket.setRate(10);
    await clock.advance(100);
    assert.equal(await waiting, 1);
    const unlimited = bucket.acquire(7, { signal });
    bucket.setRate(0);
    assert.equal(await unlimited, 7);
    bucket.setRate(10);
    await drain(bucket, clock, 1000);
    assert.equal((await drain(bucket, clock, 1000)).length, 10);
  });

  it('tells the rate of the last seconds', async () => {
    const bucket = new TokenBucket({ rate: 50, clock });
    assert.equal(bucket.effectiveRate(), 0);
    await drain(bucket, clock, 10_000);
    assert.ok(Math.abs(bucket.effectiveRate() - 50) <= 1, `${bucket.effectiveRate()}`);
    await clock.advance(10_000);
    assert.equal(bucket.effectiveRate(), 0);
  });

  it('refuses a rate or a burst that cannot be', () => {
    for (const rate of [-1, NaN, Infinity]) {
      assert.throws(() => new TokenBucket({ rate, clock }), { code: 'INVALID_OPTION' });
    }
    assert.throws(() => new TokenBucket({ rate: 1, burst: 0, clock }), { code: 'INVALID_OPTION' });
  });

  it('reaches its rate with real timers', async () => {
    // Beyond 30 ms of lateness a bucket does not make up for it, and how late a machine is no test can know.
    let late = 0;
    const clock: Clock = {
      ...systemClock,
      setTimeout: (callback, ms) => {
        const due = performance.now() + ms;
        const ring = (): void => {
          late += Math.max(0, performance.now() - due - 30) / 1000;
          callback();
        };
        return systemClock.setTimeout(ring, ms);
      },
    };
    // Before it is made: a machine that stands still in between would give it what was earned meanwhile.
    const start = performance.now();
    const bucket = new TokenBucket({ rate: 2000, clock });
    let permits = 0;
    while (permits < 1000) permits += await bucket.acquire(10, { signal });
    const seconds = (performance.now() - start) / 1000;
    assert.ok(seconds >= 0.4995, `never faster: ${seconds} s`);
    assert.ok(seconds - late < 0.75, `not much slower: ${seconds} s, of which ${late} s were the machine's`);
  });
});
