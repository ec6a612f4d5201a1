import assert from 'node:assert/strict';
import { LeaseKeeper } from '../../../src/client/outbound/lease-keeper';
import { silentLog } from '../../../src/observability';
import { newDeliveryState, type Lease } from '../../../src/store';
import { FakeClock } from '../../support/clock';
import { item } from '../../../src/store/conformance/harness';

describe('leases that run out', () => {
  let clock: FakeClock;
  let held: Lease[];
  let calls: number[];
  let answer: () => Promise<void>;
  let lines: string[];
  let keeper: LeaseKeeper;

  const lease = (text: string): Lease => {
    const given = item(text);
    return { item: given, state: newDeliveryState(given), token: text };
  };

  beforeEach(() => {
    clock = new FakeClock();
    held = [];
    calls = [];
    lines = [];
    answer = () => Promise.resolve();
    const log = { ...silentLog, warn: (_: unknown, text: string) => void lines.push(text) };
    keeper = new LeaseKeeper({
      clock,
      log: log as typeof silentLog,
      leaseTime: 9000,
      leases: () => held,
      queue: {
        extend: (leases) => {
          calls.push(leases.length);
          return answer();
        },
      },
    });
  });
  afterEach(() => {
    keeper.stop();
    assert.equal(clock.pendingTimers, 0);
  });

  it('are renewed three times as often, all by one call', async () => {
    held = [lease('1'), lease('2')];
    keeper.keep();
    keeper.keep();
    await clock.advance(9000);
    assert.deepEqual(calls, [2, 2, 2]);
  });

  it('leave no timer when nothing is leased, and are renewed again when something is', async () => {
    held = [lease('1')];
    keeper.keep();
    await clock.advance(3000);
    held = [];
    await clock.advance(3000);
    assert.equal(clock.pendingTimers, 0);
    held = [lease('2')];
    keeper.keep();
    await clock.advance(3000);
    assert.deepEqual(calls, [1, 1]);
  });

  it('are renewed again, without a line, after the store was away', async () => {
    held = [lease('1')];
    answer = () => Promise.reject(new Error('away'));
    keeper.keep();
    await clock.advance(9000);
    answer = () => Promise.resolve();
    await clock.advance(3000);
    assert.deepEqual(calls, [1, 1, 1, 1]);
    assert.deepEqual(lines, []);
  });

  it('are renewed by one call at a time, however long that takes', async () => {
    held = [lease('1')];
    let end = (): void => undefined;
    answer = () => new Promise((resolve) => (end = resolve));
    keeper.keep();
    await clock.advance(60_000);
    keeper.keep();
    await clock.advance(60_000);
    assert.deepEqual(calls, [1]);
    end();
    await clock.advance(3000);
    assert.deepEqual(calls, [1, 1]);
    assert.deepEqual(lines, [], 'it was not this process that stood still');
  });

  it('tell of a process that stood still for longer than they last', async () => {
    held = [lease('1')];
    keeper.keep();
    const { monotonic } = clock;
    clock.monotonic = () => monotonic() + 10_000;
    await clock.advance(3000);
    await clock.advance(9000);
    assert.equal(lines.length, 1);
    assert.match(lines[0] ?? '', /stood still for 13 s.*\(leaseTime 9 s\)/);
    clock.monotonic = monotonic;
  });
});
