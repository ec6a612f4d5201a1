import assert from 'node:assert/strict';
import fc from 'fast-check';
import { SharedBucket, type Draw, type SharedPermits } from '../../src/flow-control';
import { FakeClock, settle } from '../support/clock';

const { signal } = new AbortController();

/** A common bucket on the clock given, as exact as can be: each permit has its moment. */
class CommonBucket implements SharedPermits {
  rate = 0;
  isAway = false;
  draws = 0;
  returned = 0;
  calmed: number[] = [];
  #free = 0;
  readonly #clock: FakeClock;

  constructor(clock: FakeClock) {
    this.#clock = clock;
  }

  async draw(max: number): Promise<Draw> {
    if (this.isAway) throw new Error('away');
    this.draws++;
    const now = this.#clock.monotonic();
    this.#free = Math.max(this.#free, now);
    const waitMs = this.#free - now;
    if (waitMs > 1000) return { granted: 0, waitMs: waitMs - 500, rate: this.rate };
    const granted = Math.min(max, 1);
    this.#free += (granted / this.rate) * 1000;
    return { granted, waitMs, rate: this.rate };
  }

  async giveBack(count: number): Promise<void> {
    if (this.isAway) throw new Error('away');
    this.returned += count;
    this.#free -= (count / this.rate) * 1000;
  }

  async setRate(rate: number): Promise<void> {
    if (this.isAway) throw new Error('away');
    this.rate = rate;
  }

  async calm(seconds: number): Promise<void> {
    if (this.isAway) throw new Error('away');
    this.calmed.push(seconds);
  }
}

/** Takes whatever it gets for `ms`, and tells when each permit came. */
async function drain(
  bucket: SharedBucket,
  clock: FakeClock,
  ms: number,
  midway: { readonly at: number; run(): void } = { at: 0, run: () => undefined },
): Promise<number[]> {
  const stop = new AbortController();
  const grants: number[] = [];
  const draining = (async () => {
    for (;;) {
      const permits = await bucket.acquire(10, { signal: stop.signal });
      for (let at = 0; at < permits; at++) grants.push(clock.monotonic());
    }
  })().catch(() => undefined);
  await clock.advance(midway.at);
  midway.run();
  await clock.advance(ms - midway.at);
  stop.abort();
  await draining;
  return grants;
}

describe('the shared bucket', () => {
  let clock: FakeClock;
  let common: CommonBucket;
  beforeEach(() => {
    clock = new FakeClock();
    common = new CommonBucket(clock);
  });
  const opened = async (rate: number): Promise<SharedBucket> => {
    const bucket = new SharedBucket({ permits: common, rate, clock });
    await settle();
    return bucket;
  };

  it('grants everything at once without a limit, and draws nothing', async () => {
    const bucket = await opened(0);
    assert.equal(bucket.acquire(1000, { signal }), 1000);
    assert.equal(common.draws, 0);
    assert.equal(clock.pendingTimers, 0);
  });

  it('makes its rate that of all', async () => {
    const bucket = await opened(40);
    assert.equal(common.rate, 40);
    bucket.setRate(50);
    await settle();
    assert.equal(common.rate, 50);
    assert.equal(bucket.rate, 50);
  });

  it('grants nothing, and touches no rate, before it has one', async () => {
    const bucket = new SharedBucket({ permits: common, clock });
    common.rate = 7;
    let granted = 0;
    void Promise.resolve(bucket.acquire(3, { signal })).then((permits) => (granted = permits));
    bucket.heardRate(0);
    await clock.advance(10_000);
    assert.deepEqual([granted, common.rate, common.draws], [0, 7, 0]);
    bucket.setRate(0);
    await clock.advance(0);
    assert.deepEqual([granted, common.rate], [3, 0]);
  });

  it('refuses a rate that is none', async () => {
    const bucket = await opened(40);
    for (const rate of [-1, NaN, Infinity])
      assert.throws(
        () => bucket.setRate(rate),
        (error) => (error as { code?: string }).code === 'INVALID_OPTION',
      );
    assert.equal(bucket.rate, 40);
  });

  it('grants as the common bucket does', async () => {
    const bucket = await opened(10);
    assert.deepEqual(await drain(bucket, clock, 450), [0, 100, 200, 300, 400]);
    assert.equal(clock.pendingTimers, 0);
  });

  it('serves those who wait in the order in which they came', async () => {
    const bucket = await opened(10);
    const order: number[] = [];
    const waits = [0, 1, 2, 3].map(async (at) => {
      await bucket.acquire(1, { signal });
      order.push(at);
    });
    await clock.advance(1000);
    await Promise.all(waits);
    assert.deepEqual(order, [0, 1, 2, 3]);
  });

  it('keeps one rate with others who draw from the same', async () => {
    const buckets = [await opened(100), await opened(100), await opened(100)];
    const all = await Promise.all(buckets.map((bucket) => drain(bucket, clock, 10_000)));
    const grants = all.flat().length;
    assert.ok(Math.abs(grants - 1000) <= 10, `${grants} grants`);
    for (const { length } of all) assert.ok(length > 250, `${length} of them`);
  });

  it('gives back what nobody is there to use', async () => {
    const bucket = await opened(1);
    await bucket.acquire(1, { signal });
    const stop = new AbortController();
    const waiting = bucket.acquire(1, { signal: stop.signal });
    await clock.advance(10);
    stop.abort(new Error('stopped'));
    await assert.rejects(async () => waiting, /stopped/);
    await settle();
    assert.equal(common.returned, 1);
    assert.equal(clock.pendingTimers, 0);
    bucket.giveBack(1);
    assert.equal(common.returned, 2);
    assert.throws(() => bucket.acquire(1, { signal: stop.signal }), /stopped/);
  });

  it('gives back what comes when whoever asked is gone', async () => {
    const bucket = await opened(10);
    const stop = new AbortController();
    const waiting = bucket.acquire(1, { signal: stop.signal });
    stop.abort(new Error('stopped'));
    await assert.rejects(async () => waiting, /stopped/);
    await settle();
    assert.equal(common.returned, 1);
  });

  it('waits while the common bucket is away, and goes on by itself', async () => {
    const bucket = await opened(10);
    common.isAway = true;
    const times = await drain(bucket, clock, 10_000, { at: 5000, run: () => (common.isAway = false) });
    assert.ok(times[0]! >= 5000 && times[0]! <= 7000, String(times[0]));
    assert.ok(times.length > 20);
  });

  it('tells once that the common bucket is away, and again when it is so again', async () => {
    const failures: unknown[] = [];
    const onFailure = (error: unknown): unknown => failures.push(error);
    const bucket = new SharedBucket({ permits: common, rate: 10, clock, onFailure });
    await settle();
    for (const count of [1, 2]) {
      common.isAway = true;
      const waiting = bucket.acquire(1, { signal });
      await clock.advance(3000);
      assert.equal(failures.length, count);
      common.isAway = false;
      await clock.advance(3000);
      await waiting;
    }
  });

  it('grants nothing while the common bucket was not told of a rate', async () => {
    const bucket = await opened(0);
    common.isAway = true;
    bucket.setRate(10);
    assert.notEqual(typeof bucket.acquire(1, { signal }), 'number');
    await clock.advance(5000);
    assert.equal(common.draws, 0);
    common.isAway = false;
    await clock.advance(2000);
    assert.equal(common.rate, 10);
    assert.equal(common.draws, 1);
  });

  it('stops for all who share it when it is to calm down', async () => {
    const bucket = await opened(10);
    const times = await drain(bucket, clock, 5000, { at: 950, run: () => bucket.calm(3) });
    assert.deepEqual(common.calmed, [3]);
    assert.deepEqual(
      times.filter((at) => at > 950 && at < 3950),
      [],
    );
    assert.ok(times.some((at) => at >= 3950));
  });

  it('stops when another has calmed, and tells of it', async () => {
    const bucket = await opened(0);
    const heard: number[] = [];
    bucket.onCalm((seconds) => heard.push(seconds));
    bucket.heardCalm(2);
    assert.deepEqual(heard, [2]);
    assert.deepEqual(common.calmed, []);
    let granted = 0;
    void Promise.resolve(bucket.acquire(7, { signal })).then((permits) => (granted = permits));
    await clock.advance(1999);
    assert.equal(granted, 0);
    await clock.advance(1);
    assert.equal(granted, 7);
  });

  it('follows the rate that another has set, also one that waits', async () => {
    const bucket = await opened(0.01);
    await bucket.acquire(1, { signal });
    const waiting = bucket.acquire(5, { signal });
    await settle();
    common.rate = 0;
    bucket.heardRate(0);
    assert.equal(await waiting, 5);
    common.rate = 20;
    bucket.heardRate(20);
    assert.notEqual(typeof bucket.acquire(1, { signal }), 'number');
    bucket.close();
    assert.equal(clock.pendingTimers, 0);
  });

  it('takes the rate of the common bucket from its draws', async () => {
    const bucket = await opened(10);
    common.rate = 20;
    await bucket.acquire(1, { signal });
    assert.equal(bucket.rate, 20);
  });

  it('counts what was granted and not given back', async () => {
    const bucket = await opened(10);
    const grants = (await drain(bucket, clock, 5000)).length;
    assert.ok(Math.abs(bucket.effectiveRate() - grants / 5) < 1.2, String(bucket.effectiveRate()));
    bucket.giveBack(grants);
    assert.equal(bucket.effectiveRate(), 0);
  });

  it('leaves no timer behind when it is closed, whatever it was doing', async () => {
    const bucket = await opened(10);
    common.isAway = true;
    void Promise.resolve(bucket.acquire(1, { signal })).catch(() => undefined);
    bucket.setRate(20);
    await settle();
    assert.notEqual(clock.pendingTimers, 0);
    bucket.close();
    await clock.advance(60_000);
    assert.equal(clock.pendingTimers, 0);
  });

  it('grants no more than was drawn and not returned, whoever aborts when', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(
          fc.record({
            max: fc.integer({ min: 1, max: 20 }),
            abortAfter: fc.integer({ max: 400, min: 0 }),
            gap: fc.integer({ min: 0, max: 100 }),
          }),
          { maxLength: 20 },
        ),
        async (calls) => {
          const ours = new FakeClock();
          const shared = new CommonBucket(ours);
          const bucket = new SharedBucket({ permits: shared, rate: 50, clock: ours });
          let granted = 0;
          for (const { max, abortAfter, gap } of calls) {
            const stop = new AbortController();
            const timer = ours.setTimeout(() => stop.abort(), abortAfter);
            void Promise.resolve(bucket.acquire(max, { signal: stop.signal })).then(
              (permits) => {
                ours.clearTimeout(timer);
                assert.ok(permits >= 1 && permits <= max);
                granted += permits;
              },
              () => undefined,
            );
            await ours.advance(gap);
          }
          await ours.advance(2000);
          assert.equal(ours.pendingTimers, 0);
          assert.equal(shared.draws - shared.returned, granted);
        },
      ),
      { numRuns: 50 },
    );
  });
});
