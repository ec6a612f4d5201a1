import assert from 'node:assert/strict';
import { InboundAdmission, type Reader } from '../../../src/client/inbound/admission';
import { createLog } from '../../../src/observability';
import type { Answer } from '../../../src/session';
import { FakeClock, settle } from '../../support/clock';

const OK: Answer = { command_status: 0 };
const LATER: Answer = { command_status: 'ESME_RX_T_APPN' };

class ReconnectingSession implements Reader {
  reading = true;
  pauses = 0;
  part: () => void = () => undefined;
  close: () => void = () => undefined;
  readonly parting: Reader['parting'] = new Promise((resolve) => {
    this.part = () => {
      resolve('link-lost');
    };
  });
  readonly closed: Reader['closed'] = new Promise((resolve) => {
    this.close = () => {
      this.part();
      resolve({ code: 'link-lost', text: '' });
    };
  });
  pauseReading(): void {
    if (this.reading) this.pauses++;
    this.reading = false;
  }
  resumeReading(): void {
    this.reading = true;
  }
}

/** Work that ends when it is told to. */
class Flow {
  started = 0;
  readonly #ends: ((answer: Answer) => void)[] = [];

  work = (): Promise<Answer> => {
    this.started++;
    return new Promise((resolve) => this.#ends.push(resolve));
  };

  async finish(count: number): Promise<void> {
    for (let n = 0; n < count; n++) {
      this.#ends.shift()?.(OK);
      await settleFast();
    }
  }
}

const settleFast = async (): Promise<void> => {
  for (let turn = 0; turn < 4; turn++) await Promise.resolve();
};

function make(limit = 10): {
  admission: InboundAdmission;
  clock: FakeClock;
  lines: Record<string, unknown>[];
} {
  const clock = new FakeClock();
  const lines: Record<string, unknown>[] = [];
  const log = createLog({ sink: (line) => lines.push(line) });
  const admission = new InboundAdmission({
    clock,
    log,
    limit,
    handlerTimeout: 30_000,
    longestLag: 15_000,
    later: LATER,
  });
  return { admission, clock, lines };
}

describe('Pacing', () => {
  it('lets no more octets be at work than there may be, but one of any length', async () => {
    const { admission } = make(100);
    const flow = new Flow();
    const link = new ReconnectingSession();
    const half = 17 * 1024 * 1024;
    const answers = [half, half, 10, 3 * half].map(async (octets) => admission.take(link, octets, flow.work));
    assert.equal(flow.started, 1);
    await flow.finish(1);
    assert.equal(flow.started, 3);
    await flow.finish(2);
    assert.equal(flow.started, 4);
    await flow.finish(1);
    assert.deepEqual(await Promise.all(answers), [OK, OK, OK, OK]);
  });

  it('lets so many be at work, and each of the others when one has ended, in order', async () => {
    const { admission } = make(2);
    const order: number[] = [];
    const flow = new Flow();
    const link = new ReconnectingSession();
    const answers = [1, 2, 3, 4].map(async (n) =>
      admission.take(link, 100, () => (order.push(n), flow.work())),
    );
    assert.deepEqual(order, [1, 2]);
    await flow.finish(1);
    assert.deepEqual(order, [1, 2, 3]);
    await flow.finish(3);
    assert.deepEqual(order, [1, 2, 3, 4]);
    assert.deepEqual(await Promise.all(answers), [OK, OK, OK, OK]);
    assert.equal(link.pauses, 0);
  });

  it('pauses every session that brings something when a thousand wait, and reads again at half', async () => {
    const { admission, clock } = make();
    const flow = new Flow();
    const [one, other] = [new ReconnectingSession(), new ReconnectingSession()];
    for (let n = 0; n < 1009; n++) void admission.take(n % 2 ? one : other, 100, flow.work);
    assert.deepEqual([one.reading, other.reading], [true, true]);
    void admission.take(one, 100, flow.work);
    assert.deepEqual([one.reading, other.reading, flow.started], [false, false, 10]);
    await flow.finish(500);
    assert.equal(one.reading, false);
    await flow.finish(1);
    assert.deepEqual([one.reading, other.reading], [true, true]);
    await flow.finish(600);
    assert.equal(flow.started, 1010);
    assert.equal(clock.pendingTimers, 0);
  });

  it('counts octets as well', async () => {
    const { admission } = make();
    const flow = new Flow();
    const link = new ReconnectingSession();
    for (let n = 0; n < 10 + 16; n++) void admission.take(link, 65_536, flow.work);
    assert.equal(link.reading, false);
    await flow.finish(9);
    assert.equal(link.reading, true);
  });

  it('after a while reads on and refuses what finds no room, until half is worked off', async () => {
    const { admission, clock, lines } = make();
    const flow = new Flow();
    const link = new ReconnectingSession();
    for (let n = 0; n < 1010; n++) void admission.take(link, 100, flow.work);
    await clock.advance(14_900);
    assert.equal(link.reading, false);
    await clock.advance(200);
    assert.equal(link.reading, true);
    for (let n = 0; n < 5; n++) assert.equal(await admission.take(link, 100, flow.work), LATER);
    await flow.finish(501);
    const taken = admission.take(link, 100, flow.work);
    await flow.finish(1000);
    assert.equal(await taken, OK);
    const said = lines.filter(({ event }) => event === 'reading');
    assert.deepEqual(
      said.map(({ stage, level, refused }) => [stage, level, refused]),
      [
        ['refusing', 'warn', undefined],
        ['taking', 'info', 5],
      ],
    );
    assert.equal(clock.pendingTimers, 0);
  });

  it('counts the lag over pauses in between, until nothing waits', async () => {
    const { admission, clock } = make();
    const flow = new Flow();
    const link = new ReconnectingSession();
    const fill = (): void => {
      while (link.reading) {
        if (admission.take(link, 100, flow.work) === LATER) return;
      }
    };
    fill();
    for (let second = 0; second < 14; second++) {
      await clock.advance(1000);
      await flow.finish(501);
      assert.equal(link.reading, true);
      fill();
      assert.equal(link.reading, false);
    }
    await clock.advance(500);
    await flow.finish(501);
    await clock.advance(1000);
    fill();
    assert.equal(link.reading, true);
    assert.equal(admission.take(link, 100, flow.work), LATER);
    await flow.finish(5000);
    await settle();
    assert.equal(clock.pendingTimers, 0);
  });

  it('answers what has waited for too long, and keeps what came later', async () => {
    const { admission, clock } = make(1);
    const flow = new Flow();
    const link = new ReconnectingSession();
    void admission.take(link, 100, flow.work);
    const first = admission.take(link, 100, flow.work);
    await clock.advance(20_000);
    const second = admission.take(link, 100, flow.work);
    await clock.advance(10_001);
    assert.equal(await first, LATER);
    await flow.finish(2);
    assert.equal(await second, OK);
    assert.equal(clock.pendingTimers, 0);
  });

  it('forgets what a session has brought that is gone: it comes again', async () => {
    const { admission, clock } = make(1);
    const flow = new Flow();
    const [gone, other] = [new ReconnectingSession(), new ReconnectingSession()];
    void admission.take(other, 100, flow.work);
    for (let n = 0; n < 1200; n++) void admission.take(gone, 100, flow.work);
    const answer = admission.take(other, 100, flow.work);
    assert.equal(other.reading, false);
    gone.close();
    await settle();
    assert.equal(other.reading, true);
    await flow.finish(2);
    assert.equal(await answer, OK);
    assert.equal(flow.started, 2);
    assert.equal(clock.pendingTimers, 0);
  });

  it('turns all away that waits, and reads again', async () => {
    const { admission, clock } = make(1);
    const flow = new Flow();
    const link = new ReconnectingSession();
    void admission.take(link, 100, flow.work);
    const waiting = Array.from({ length: 1000 }, async () => admission.take(link, 100, flow.work));
    assert.equal(link.reading, false);
    admission.turnAway();
    assert.deepEqual(new Set(await Promise.all(waiting)), new Set([LATER]));
    assert.equal(link.reading, true);
    let idle = false;
    void admission.idle().then(() => (idle = true));
    await settle();
    assert.equal(idle, false);
    await flow.finish(1);
    await settle();
    assert.equal(idle, true);
    assert.equal(clock.pendingTimers, 0);
  });

  it('hands on the failure of work that had to wait, and goes on', async () => {
    const { admission } = make(1);
    const flow = new Flow();
    const link = new ReconnectingSession();
    void admission.take(link, 100, flow.work);
    const failing = admission.take(link, 100, () => Promise.reject(new Error('broken')));
    const next = admission.take(link, 100, () => Promise.resolve(OK));
    await flow.finish(1);
    await assert.rejects(Promise.resolve(failing), /broken/);
    assert.equal(await next, OK);
  });
});
