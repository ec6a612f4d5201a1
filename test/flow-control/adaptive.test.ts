import assert from 'node:assert/strict';
import { AdaptiveThrottleHandler } from '../../src/flow-control';
import { FakeClock } from '../support/clock';
import { runAgainst, type Answers } from './policing-centre';

function sum(answers: readonly Answers[], from: number, to: number): { accepted: number; throttled: number } {
  const part = answers.slice(from, to);
  return {
    accepted: part.reduce((total, { accepted }) => total + accepted, 0),
    throttled: part.reduce((total, { throttled }) => total + throttled, 0),
  };
}

describe('the adaptive throttle handler', () => {
  let clock: FakeClock;
  let handler: AdaptiveThrottleHandler;
  beforeEach(() => {
    clock = new FakeClock();
    handler = new AdaptiveThrottleHandler({ clock });
  });

  async function answer(count: number, perSecond: number): Promise<void> {
    for (let at = 0; at < count; at++) {
      await clock.advance(1000 / perSecond);
      handler.notThrottled();
    }
  }

  it('wishes for no rate before the first throttled answer', async () => {
    await answer(100, 100);
    assert.equal(handler.rate(), undefined);
    assert.equal(handler.allowRequest(), true);
  });

  it('pauses for throttleWait at once, then goes on with what was answered in the last second', async () => {
    await answer(100, 40);
    handler.throttled();
    assert.equal(handler.allowRequest(), false);
    assert.equal(handler.throttleDelay(), 3);
    assert.ok(Math.abs((handler.rate() as number) - 40) <= 4, `${handler.rate()}`);
    await clock.advance(3000);
    assert.equal(handler.allowRequest(), true);
  });

  it('cuts once, however many of one window are throttled', async () => {
    await answer(50, 50);
    handler.throttled();
    const rate = handler.rate();
    for (let at = 0; at < 9; at++) {
      await clock.advance(20);
      handler.throttled();
    }
    assert.equal(handler.rate(), rate);
    assert.equal(handler.throttleDelay(), 3);
  });

  it('cuts once per second where the pause is shorter', async () => {
    handler = new AdaptiveThrottleHandler({ clock, throttleWait: 0.1 });
    await answer(50, 50);
    handler.throttled();
    const rate = handler.rate() as number;
    await clock.advance(500);
    handler.throttled();
    assert.equal(handler.rate(), rate);
    await clock.advance(300);
    handler.notThrottled();
    await clock.advance(200);
    const later = handler.rate() as number;
    handler.throttled();
    assert.ok((handler.rate() as number) <= 0.9 * later);
  });

  it('begins with no less than ten per second', async () => {
    await answer(1, 1);
    handler.throttled();
    assert.equal(handler.rate(), 10);
  });

  it('keeps the rate while the centre takes nothing at all', async () => {
    await answer(50, 50);
    handler.throttled();
    const rate = handler.rate();
    for (let at = 0; at < 1200; at++) {
      await clock.advance(3000);
      handler.throttled();
    }
    assert.equal(handler.rate(), rate);
  });

  it('finds back from its lowest rate within minutes', async () => {
    const answers = await runAgainst(
      { limit: (second) => (second < 120 ? 0.4 : 50), burst: 5, roundTrip: 20, windowSize: 10 },
      420,
    );
    const { accepted } = sum(answers, 390, 420);
    assert.ok(accepted > 0.85 * 30 * 50, `${accepted} accepted`);
  }).timeout(30_000);

  it('cuts less deep, the longer the rate was good', async () => {
    await answer(50, 50);
    handler.throttled();
    await clock.advance(3000);
    await answer(10, 50);
    const early = handler.rate() as number;
    handler.throttled();
    assert.equal(handler.rate(), 0.7 * early);
    await clock.advance(3000);
    await answer(3000, 50);
    const late = handler.rate() as number;
    handler.throttled();
    assert.equal(handler.rate(), 0.9 * late);
  });

  it('does not grow while it is idle, or while the rate is not made use of', async () => {
    await answer(50, 50);
    handler.throttled();
    const rate = handler.rate();
    await clock.advance(3_600_000);
    handler.notThrottled();
    assert.equal(handler.rate(), rate);
    await answer(100, 5);
    assert.equal(handler.rate(), rate);
  });

  it('never goes below one message in two seconds', async () => {
    for (let at = 0; at < 50; at++) {
      handler.throttled();
      await clock.advance(3000);
      handler.notThrottled();
    }
    assert.equal(handler.rate(), 0.5);
  });

  for (const burst of [1, 5, 10, 25, 50]) {
    for (const roundTrip of [2, 100]) {
      it(`settles below 50/s with a centre of burst ${burst} at ${roundTrip} ms: goodput ≥ 90 %, throttled ≤ 3 %`, async () => {
        const answers = await runAgainst({ limit: () => 50, burst, roundTrip, windowSize: 10 }, 120);
        for (const end of [60, 90, 120]) {
          const { accepted, throttled } = sum(answers, 30, end);
          const goodput = accepted / (50 * (end - 30));
          assert.ok(goodput >= 0.9, `until ${end} s: goodput ${goodput}`);
          assert.ok(throttled / (accepted + throttled) <= 0.03, `until ${end} s: ${throttled} throttled`);
        }
      }).timeout(20_000);
    }
  }

  it('follows a centre that allows more, or less', async () => {
    const limit = (second: number): number => (second < 60 ? 50 : second < 360 ? 150 : 20);
    const answers = await runAgainst({ limit, burst: 20, roundTrip: 20, windowSize: 10 }, 480);
    assert.ok(sum(answers, 300, 360).accepted > 0.85 * 60 * 150);
    const { accepted, throttled } = sum(answers, 420, 480);
    assert.ok(accepted > 0.8 * 60 * 20, `${accepted} accepted`);
    assert.ok(throttled < 0.03 * accepted, `${throttled} throttled`);
  }).timeout(30_000);
});
