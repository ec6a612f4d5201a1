import assert from 'node:assert/strict';
import { Outcomes } from '../../../src/client/outbound/outcomes';
import { newDeliveryState, type QueueItem } from '../../../src/store';
import { item } from '../../../src/store/conformance/harness';
import { FakeClock } from '../../support/clock';

const RECEIPT = { segment: 0, state: 'DELIVRD', final: true, fields: { state: 'DELIVRD', final: true } };

const acceptedState = (of: QueueItem) => ({ ...newDeliveryState(of), accepted: ['m1'] });

describe('outcomes that come from another instance', () => {
  let clock: FakeClock;
  let outcomes: Outcomes;

  beforeEach(() => {
    clock = new FakeClock();
    outcomes = new Outcomes(clock, 10);
  });
  afterEach(() => {
    outcomes.stop();
    assert.equal(clock.pendingTimers, 0);
  });

  for (const order of ['acceptance first', 'receipt first']) {
    it(`complete delivered in any order: ${order}`, async () => {
      const one = item('1');
      const outcome = outcomes.wait(one, 'delivered', 1000);
      const steps = [
        () => outcomes.acceptedElsewhere('1', acceptedState(one)),
        () => outcomes.receipt('1', RECEIPT),
      ];
      if (order === 'receipt first') steps.reverse();
      for (const step of steps) step();
      const { event, message_ids, receipts } = await outcome;
      assert.deepEqual([event, message_ids, receipts?.length], ['delivered', ['m1'], 1]);
    });
  }

  it('that come twice, or for which nobody waits, are passed over', async () => {
    const one = item('1');
    const state = acceptedState(one);
    const outcome = outcomes.wait(one, 'delivered', 1000);
    for (let n = 0; n < 2; n++) outcomes.acceptedElsewhere('1', state);
    await clock.advance(900);
    outcomes.acceptedElsewhere('1', state);
    outcomes.acceptedElsewhere('2', state);
    assert.equal(outcomes.waiting, 1);
    await Promise.all([assert.rejects(outcome, { code: 'RECEIPT_TIMEOUT' }), clock.advance(200)]);
    outcomes.acceptedElsewhere('1', state);
    outcomes.receipt('1', RECEIPT);
    assert.equal(outcomes.waiting, 0);
  });

  it('that never come are given up some time after the message has expired', async () => {
    const now = clock.now();
    const late = outcomes.wait(item('1', { expiresAt: now }), 'accepted', 0);
    const accepted = outcomes.wait(item('2', { expiresAt: now }), 'delivered', 1000);
    const forever = outcomes.wait(item('3', { expiresAt: undefined }), 'accepted', 0);
    for (const one of [late, accepted, forever]) one.catch(() => undefined);
    outcomes.acceptedElsewhere('2', acceptedState(item('2')));
    outcomes.overdue(now);
    assert.equal(outcomes.waiting, 3);
    outcomes.overdue(now + 1);
    assert.equal(outcomes.waiting, 2);
    await assert.rejects(late, (error: Error & { code: string; outcome: Record<string, unknown> }) => {
      assert.equal(error.code, 'OUTCOME_UNKNOWN');
      assert.equal(error.outcome['maybe_delivered'], true);
      return true;
    });
  });
});
