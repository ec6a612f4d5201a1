import assert from 'node:assert/strict';
import fc from 'fast-check';
import { CompositeLimiter, TokenBucket, type RateLimiter } from '../../src/flow-control';
import { FakeClock } from '../support/clock';

const { signal } = new AbortController();

/** Takes whatever it gets for `ms`, and tells when each permit came. */
async function drain(limiter: RateLimiter, clock: FakeClock, ms: number, max = 10): Promise<number[]> {
  const stop = new AbortController();
  const grants: number[] = [];
  const draining = (async () => {
    for (;;) {
      const permits = await limiter.acquire(max, { signal: stop.signal });
      for (let at = 0; at < permits; at++) grants.push(clock.monotonic());
    }
  })().catch(() => undefined);
  await clock.advance(ms);
  stop.abort();
  await draining;
  return grants;
}

describe('the pace', () => {
  let clock: FakeClock;
  let wish: number | undefined;
  beforeEach(() => {
    clock = new FakeClock();
    wish = undefined;
  });
  const limiter = (rate: number, burst = 1): CompositeLimiter =>
    new CompositeLimiter({
      limiter: new TokenBucket({ rate, burst, clock }),
      handler: { rate: () => wish },
      clock,
    });

  it("is the user's where the throttle handler has no wish", async () => {
    assert.deepEqual(await drain(limiter(10, 3), clock, 250), [0, 0, 0, 100, 200]);
    assert.equal(await limiter(0).acquire(500, { signal }), 500);
  });

  for (const [rate, wished] of [
    [100, 40],
    [40, 100],
    [0, 40],
    [40, 40],
  ] as const) {
    it(`is the slower of ${rate}/s and the ${wished}/s that are wished for, to 1 %`, async () => {
      wish = wished;
      const both = limiter(rate);
      await drain(both, clock, 1000);
      const { length } = await drain(both, clock, 10_000);
      assert.ok(Math.abs(length - 400) <= 4, `${length}`);
      assert.ok(Math.abs(both.effectiveRate() - 40) <= 1, `${both.effectiveRate()}`);
    });
  }

  it('lets one go after a pause while there is a wish, however large the burst is', async () => {
    wish = 20;
    const both = limiter(100, 50);
    await drain(both, clock, 500);
    await clock.advance(10_000);
    const from = clock.monotonic();
    assert.deepEqual(
      (await drain(both, clock, 120)).map((at) => at - from),
      [0, 50, 100],
    );
  });

  it('does not make up for being late by sending two close together, for which strict centres throttle', async () => {
    wish = 50;
    const both = limiter(0);
    await both.acquire(1, { signal });
    // A turn of 20 ms that took 29.
    await clock.advance(29);
    await both.acquire(1, { signal });
    let grantedAt = 0;
    void Promise.resolve(both.acquire(1, { signal })).then(() => (grantedAt = clock.monotonic()));
    await clock.advance(40);
    assert.ok(grantedAt >= 47 && grantedAt <= 49, `${grantedAt}`);
  });

  it('follows a wish at once when something was heard, and within a second when nothing was', async () => {
    wish = 0.1;
    const both = limiter(0);
    await both.acquire(1, { signal });
    const first = both.acquire(1, { signal });
    wish = 10;
    both.heard();
    await clock.advance(100);
    assert.equal(await first, 1);
    wish = 0.1;
    const second = both.acquire(1, { signal });
    wish = 10;
    await clock.advance(1100);
    assert.equal(await second, 1);
    wish = 0.001;
    const third = both.acquire(7, { signal });
    wish = undefined;
    await clock.advance(1000);
    assert.equal(await third, 7);
    assert.equal(clock.pendingTimers, 0);
  });

  it('takes a wish that is none, or for nothing, for what it can be', async () => {
    const both = limiter(0);
    for (const none of [undefined, NaN, Infinity]) {
      wish = none;
      assert.equal(both.wish, undefined);
      assert.equal(await both.acquire(9, { signal }), 9);
    }
    for (const nothing of [0, -5]) {
      wish = nothing;
      assert.equal(both.wish, 0.01);
    }
  });

  it('gives back to both what was not used, and forgets who gave up', async () => {
    wish = 10;
    const both = limiter(10);
    assert.equal(await both.acquire(1, { signal }), 1);
    both.giveBack(1);
    assert.equal(await both.acquire(1, { signal }), 1);
    const stop = new AbortController();
    const waiting = assert.rejects(async () => both.acquire(1, { signal: stop.signal }), /enough/);
    stop.abort(new Error('enough'));
    await waiting;
    assert.equal(clock.pendingTimers, 0);
    wish = undefined;
    const late = assert.rejects(
      async () => both.acquire(1, { signal: AbortSignal.abort(new Error('enough')) }),
      /enough/,
    );
    await late;
  });

  it('never grants more than either rate × time + burst, whatever is asked when', async () => {
    const plan = fc.array(
      fc.record({ max: fc.integer({ min: 1, max: 50 }), idle: fc.integer({ min: 0, max: 200 }) }),
      { minLength: 1, maxLength: 12 },
    );
    const rates = fc.integer({ min: 1, max: 3000 });
    await fc.assert(
      fc.asyncProperty(
        rates,
        rates,
        fc.integer({ min: 1, max: 20 }),
        plan,
        async (rate, wished, burst, steps) => {
          const own = new FakeClock();
          const limiter = new TokenBucket({ rate, burst, clock: own });
          const both = new CompositeLimiter({ limiter, handler: { rate: () => wished }, clock: own });
          let total = 0;
          for (const { max, idle } of steps) {
            const asked = Promise.resolve(both.acquire(max, { signal }));
            while (!(await Promise.race([asked.then(() => true), own.advance(1).then(() => false)])));
            total += await asked;
            const seconds = own.monotonic() / 1000;
            const most = Math.min(rate * seconds + burst, wished * seconds + 1);
            assert.ok(total <= most + 1e-3, `${total} permits in ${seconds} s`);
            await own.advance(idle);
          }
        },
      ),
      { numRuns: 20 },
    );
  }).timeout(30_000);
});
