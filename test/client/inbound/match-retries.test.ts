import assert from 'node:assert/strict';
import { MatchRetries, type Retried } from '../../../src/client/inbound/match-retries';
import { FakeClock } from '../../support/clock';

describe('Looks at what waits for other instances', () => {
  const made = () => {
    const clock = new FakeClock();
    const looks: number[] = [];
    let refreshed = 0;
    const relooks = new MatchRetries<Retried>(clock, {
      refresh: async () => {
        refreshed++;
      },
      look: async () => looks.push(clock.monotonic()),
    });
    return { clock, looks, relooks, refreshed: () => refreshed };
  };

  it('come soon at first, then every five seconds', async () => {
    const { clock, looks, relooks, refreshed } = made();
    const held = { settled: false, looked: false };
    relooks.add(held);
    await clock.advance(249);
    assert.equal(held.looked, false);
    await clock.advance(20_000);
    assert.deepEqual(looks, [50, 250, 1250, 4250, 9250, 14_250, 19_250]);
    assert.equal(held.looked, true);
    assert.equal(refreshed(), 6, 'once a second at most');
    held.settled = true;
    await clock.advance(20_000);
    assert.equal(looks.length, 7);
    assert.equal(clock.pendingTimers, 0);
  });

  it('end with what is cleared, and begin again with the next', async () => {
    const { clock, looks, relooks } = made();
    for (let n = 0; n < 250; n++) relooks.add({ settled: false, looked: false });
    relooks.clear();
    assert.equal(clock.pendingTimers, 0);
    await clock.advance(10_000);
    assert.deepEqual(looks, []);
    for (let n = 0; n < 250; n++) relooks.add({ settled: false, looked: false });
    await clock.advance(100);
    assert.equal(looks.length, 250);
    relooks.clear();
  });
});
