import assert from 'node:assert/strict';
import { SamplingThrottleHandler, type SamplingOptions } from '../../src/flow-control';
import { FakeClock } from '../support/clock';

describe('the sampling throttle handler', () => {
  let clock: FakeClock;
  beforeEach(() => (clock = new FakeClock()));

  function answered(
    { ok, throttled }: { ok: number; throttled: number },
    options: Partial<SamplingOptions> = {},
  ): SamplingThrottleHandler {
    const handler = new SamplingThrottleHandler({ clock, ...options });
    for (let at = 0; at < ok; at++) handler.notThrottled();
    for (let at = 0; at < throttled; at++) handler.throttled();
    return handler;
  }

  it('allows requests before anything is known', () => {
    assert.equal(new SamplingThrottleHandler({ clock }).allowRequest(), true);
  });

  it('pauses for throttleWait at the first throttled answer', async () => {
    const handler = answered({ ok: 0, throttled: 1 });
    assert.equal(handler.allowRequest(), false);
    assert.equal(handler.throttleDelay(), 3);
    await clock.advance(1000);
    assert.equal(handler.throttleDelay(), 2);
    await clock.advance(1999);
    assert.equal(handler.allowRequest(), false);
    await clock.advance(1);
    assert.equal(handler.allowRequest(), true);
  });

  it('pauses from the latest throttled answer', async () => {
    const handler = answered({ ok: 0, throttled: 1 });
    await clock.advance(2000);
    handler.throttled();
    assert.equal(handler.throttleDelay(), 3);
  });

  it('concludes nothing from fewer answers than sampleSize', async () => {
    const handler = answered({ ok: 0, throttled: 49 });
    await clock.advance(3000);
    assert.equal(handler.allowRequest(), true);
  });

  it('denies from sampleSize answers on while more than denyRequestAt percent are throttled', async () => {
    const handler = answered({ ok: 49, throttled: 1 });
    await clock.advance(3000);
    assert.equal(handler.allowRequest(), false);
    assert.equal(handler.throttleDelay(), 3);
  });

  it('allows at exactly denyRequestAt percent', async () => {
    const handler = answered({ ok: 99, throttled: 1 });
    await clock.advance(3000);
    assert.equal(handler.allowRequest(), true);
    handler.throttled();
    await clock.advance(3000);
    assert.equal(handler.allowRequest(), false);
  });

  it('rounds the percentage to two places, as naz does', async () => {
    const handler = answered({ ok: 24_780, throttled: 251 }, { throttleWait: 0 });
    assert.equal(handler.allowRequest(), true, '1.0028 % reads 1 %');
    handler.throttled();
    handler.throttled();
    assert.equal(handler.allowRequest(), false, '1.0107 % reads 1.01 %');
    await clock.advance(0);
  });

  it('starts anew after samplingPeriod', async () => {
    const handler = answered({ ok: 10, throttled: 90 });
    await clock.advance(179_999);
    assert.equal(handler.allowRequest(), false);
    await clock.advance(1);
    assert.equal(handler.allowRequest(), true);
  });

  it('takes all four numbers', async () => {
    const handler = answered(
      { ok: 5, throttled: 5 },
      { samplingPeriod: 10, sampleSize: 10, denyRequestAt: 40, throttleWait: 0.5 },
    );
    assert.equal(handler.throttleDelay(), 0.5);
    await clock.advance(500);
    assert.equal(handler.allowRequest(), false);
    await clock.advance(9500);
    assert.equal(handler.allowRequest(), true);
  });

  it('wishes for no rate', () => {
    assert.equal('rate' in SamplingThrottleHandler.prototype, false);
  });
});
