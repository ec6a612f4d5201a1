import assert from 'node:assert/strict';
import { StoreLimiter } from '../../../src/client/plugins/store-limiter';
import { TokenBucket } from '../../../src/flow-control';
import type { SharedLimiter } from '../../../src/store';
import { FakeClock } from '../../support/clock';

describe('the rate of those who share a store', () => {
  let clock: FakeClock;
  let calls: string[];
  let limiter: StoreLimiter;
  const signal = new AbortController().signal;

  const shared: SharedLimiter = {
    acquire: (max) => (calls.push(`acquire ${max}`), 1),
    giveBack: (count) => void calls.push(`give back ${count}`),
    setRate: (rate) => void calls.push(`rate ${rate}`),
    rate: 7,
    calm: (seconds) => void calls.push(`calm ${seconds}`),
    onCalm: () => undefined,
  };

  beforeEach(() => {
    clock = new FakeClock();
    calls = [];
    limiter = new StoreLimiter(new TokenBucket({ rate: 10, burst: 5, clock }), clock);
  });

  it('is that of this process where the store keeps none', () => {
    assert.equal(limiter.acquire(9, { signal }), 5);
    assert.equal(limiter.rate, 10);
    limiter.setRate(20);
    assert.equal(limiter.rate, 20);
    assert.deepEqual(calls, []);
  });

  it('is the store’s when that is open, and what was set before is set then', () => {
    limiter.setRate(20);
    limiter.use(shared);
    assert.equal(limiter.acquire(9, { signal }), 1);
    limiter.giveBack(1);
    limiter.setRate(30);
    assert.equal(limiter.rate, 7);
    assert.deepEqual(calls, ['rate 20', 'acquire 9', 'give back 1', 'rate 30']);
  });

  it('is not touched by an instance that only opens the store', () => {
    limiter.use(shared);
    assert.deepEqual(calls, []);
  });

  it('pauses for all, which a window that is throttled at once tells once', async () => {
    limiter.use(shared);
    for (let n = 0; n < 10; n++) limiter.calm(3);
    await clock.advance(1000);
    limiter.calm(3);
    limiter.calm(10);
    limiter.calm(3);
    assert.deepEqual(calls, ['calm 3', 'calm 3', 'calm 10']);
  });
});
