import assert from 'node:assert/strict';
import { Homing, type HomeListener } from '../../../src/client/outbound/homing';
import { encodeNotice, type Told } from '../../../src/client/outbound/notices';
import { silentLog } from '../../../src/observability';
import {
  newDeliveryState,
  type CorrelationEntry,
  type Home,
  type Lease,
  type Notice,
} from '../../../src/store';
import { FakeClock, settle } from '../../support/clock';
import { entry as anEntry, item } from '../../../src/store/conformance/harness';

const REASON = { code: 'REFUSED', text: 'no' };
const RECEIPT = { segment: 0, state: 'DELIVRD', final: true, fields: { state: 'DELIVRD', final: true } };

const entry = (home?: string): CorrelationEntry => anEntry('1', { home });

function lease(home?: Lease['item']['home']): Lease {
  const given = { ...item('1'), home };
  return { item: given, state: newDeliveryState(given), token: undefined };
}

describe('homing', () => {
  let clock: FakeClock;
  /** What each call of the store told; it fails as long as there is a `failure`. */
  let calls: Notice[][];
  let failure: Error | undefined;
  let alive: string[];
  let heard: (notices: readonly Notice[]) => unknown;
  let homing: Homing;
  let lines: string[];
  const home: Home = {
    instance: 'here',
    tell: async (notices) => {
      calls.push([...notices]);
      if (failure) throw failure;
      return notices.filter(({ instance }) => !alive.includes(instance));
    },
    listen: (handler) => (heard = handler),
  };

  beforeEach(() => {
    clock = new FakeClock();
    calls = [];
    lines = [];
    alive = ['there'];
    failure = undefined;
    const log = { ...silentLog, warn: (_: unknown, text: string) => void lines.push(text) };
    homing = new Homing({ store: { home }, clock, log: log as typeof silentLog });
  });
  afterEach(async () => {
    await homing.stop();
    assert.equal(clock.pendingTimers, 0);
  });

  it('has nothing to tell of what was given here, or where no store is shared', () => {
    const alone = new Homing({ store: {}, clock, log: silentLog });
    const given = [lease(), lease({ instance: 'here', until: 'delivered' })];
    for (const one of given) {
      assert.equal(homing.acceptedNotice(one), undefined);
      assert.equal(homing.failedNotice(one.item, REASON, one.state), undefined);
    }
    const other = lease({ instance: 'there', until: 'delivered' });
    assert.equal(alone.acceptedNotice(other), undefined);
    assert.equal(alone.failedNotice(other.item, REASON, other.state), undefined);
    assert.equal(alone.receipt(entry('there'), RECEIPT), undefined);
    assert.equal(homing.receipt(entry(), RECEIPT), undefined);
    assert.equal(homing.receipt(entry('here'), RECEIPT), undefined);
  });

  it('tells that a message was accepted only where somebody waits for that, and each failure', () => {
    for (const until of ['queued', 'accepted', 'delivered'] as const) {
      const one = lease({ instance: 'there', until });
      assert.equal(homing.acceptedNotice(one)?.instance, until === 'queued' ? undefined : 'there');
      assert.equal(homing.failedNotice(one.item, REASON, one.state)?.instance, 'there');
    }
  });

  it('tells what comes together by one call, and who is not there is told of', async () => {
    const untaken: number[] = [];
    const octets = Buffer.from('{}');
    for (const [at, instance] of ['there', 'gone', 'there'].entries())
      homing.tell({ instance, octets }, () => untaken.push(at));
    await settle();
    assert.deepEqual(
      calls.map((notices) => notices.length),
      [3],
    );
    assert.deepEqual(untaken, [1]);
  });

  it('tells a receipt again while the store is away, and holds its answer for no longer than two seconds', async () => {
    failure = new Error('away');
    let isAnswered = false;
    void homing.receipt(entry('there'), RECEIPT)?.then(() => (isAnswered = true));
    await clock.advance(1900);
    assert.equal(isAnswered, false);
    await clock.advance(200);
    assert.equal(isAnswered, true);
    failure = undefined;
    await clock.advance(20_000);
    const last = calls.at(-1);
    assert.equal(last?.length, 1);
    const { length } = calls;
    await clock.advance(20_000);
    assert.equal(calls.length, length, 'told once');
  });

  it('holds the answer to a receipt until it is safe', async () => {
    let isAnswered = false;
    void homing.receipt(entry('there'), RECEIPT)?.then(() => (isAnswered = true));
    assert.equal(isAnswered, false);
    await settle();
    assert.equal(isAnswered, true);
  });

  it('leaves to this instance what the store does not take until the end', async () => {
    failure = new Error('away');
    let untaken = 0;
    homing.tell({ instance: 'there', octets: Buffer.from('{}') }, () => untaken++);
    await settle();
    const stopped = homing.stop();
    await stopped;
    assert.equal(untaken, 1);
    homing.tell({ instance: 'there', octets: Buffer.from('{}') }, () => untaken++);
    assert.equal(untaken, 2);
  });

  it('keeps no more than 10,000 notices, and 16 MiB, for a store that is away', async () => {
    failure = new Error('away');
    let untaken = 0;
    const octets = Buffer.from('{}');
    for (let n = 0; n < 12_000; n++) homing.tell({ instance: 'there', octets }, () => untaken++);
    await settle();
    assert.equal(untaken, 2000);
    await clock.advance(2000);
    assert.equal(untaken, 2000);
    const large = Buffer.alloc(1024 * 1024);
    for (let n = 0; n < 20; n++) homing.tell({ instance: 'there', octets: large }, () => untaken++);
    assert.equal(untaken, 10_000 + 2000 + 5);
    await clock.advance(2000);
    assert.equal(untaken, 10_000 + 2000 + 5);
  });

  const told: Told[] = [];
  let looked: number[] = [];
  const listener: HomeListener = {
    accepted: (one) => void told.push(one),
    failed: ({ item: failed, reason, state }) =>
      void told.push({ event: 'failure', at: 0, item: failed, reason, state }),
    receipt: (id, receipt) => void told.push({ event: 'receipt', id, receipt }),
    overdue: (before) => void looked.push(before),
  };
  const state = newDeliveryState(item('1'));
  const notices = (instance: string, at = 1): Notice[] =>
    (
      [
        { event: 'accepted', id: 'i', state },
        { event: 'failure', at, item: item('1'), reason: REASON, state },
        { event: 'receipt', id: 'i', receipt: RECEIPT },
      ] as const
    ).map((one) => ({ instance, octets: encodeNotice(one) }));

  it('hears of what it gave, and of what another left only that it failed', () => {
    homing.listen(listener);
    heard(notices('here'));
    assert.deepEqual(
      told.splice(0).map(({ event }) => event),
      ['accepted', 'failure', 'receipt'],
    );
    heard(notices('gone', 2));
    assert.deepEqual(
      told.splice(0).map(({ event }) => event),
      ['failure'],
    );
  });

  it('hears of one failure once, however often it is told, and of the next after a replay', () => {
    homing.listen(listener);
    for (const at of [1, 1, 2]) heard(notices('gone', at));
    assert.equal(told.splice(0).length, 2);
  });

  it('looks now and then for who waits in vain, as what was to come went elsewhere', async () => {
    looked = [];
    homing.listen(listener);
    const begin = clock.now();
    await clock.advance(120_000);
    assert.deepEqual(looked, [begin + 60_000 - 600_000, begin + 120_000 - 600_000]);
  });

  it('drops what it does not know with one line', () => {
    homing.listen(listener);
    const octets = Buffer.from('{"version":2,"event":"accepted"}');
    heard([
      { instance: 'here', octets },
      { instance: 'here', octets: Buffer.from([0xff]) },
    ]);
    assert.equal(told.length, 0);
    assert.equal(lines.length, 1);
    assert.match(lines[0] ?? '', /its version is 2, and 1 is known here/);
  });
});
