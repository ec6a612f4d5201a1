import assert from 'node:assert/strict';
import fc from 'fast-check';
import { commandId, encodePdu, type Pdu, type PduInput } from '../../src/protocol';
import type { OutboundRequest, ResponseView } from '../../src/session';
import { ResponseReader } from '../../src/session/response-view';
import { Window } from '../../src/session/window';
import { settle } from '../support/clock';
import { silence } from '../support/peer';
import { rounds } from '../support/rounds';
import { until } from '../support/until';
import { Benches } from './setup';

const SUBMIT = commandId('submit_sm');
const BODY = encodePdu({ command: 'submit_sm', destination_addr: '1' }).subarray(16);

function response(sequence_number: number, command: PduInput['command'] = 'submit_sm_resp'): ResponseView {
  const octets = encodePdu({ command, sequence_number } as PduInput);
  const reader = new ResponseReader({});
  reader.read(octets, 0, octets.length);
  return reader;
}

/** Resolves when a slot is free, which another may take first. */
const slotOf = (window: Window, signal?: AbortSignal): Promise<void> =>
  new Promise((resolve, reject) => window.whenFree(resolve, reject, signal));

const fail = (error: unknown): never => assert.fail(String(error));

/** What became of a request. */
class Fate {
  readonly heard: string[] = [];
  readonly onResponse = (): void => void this.heard.push('response');
  readonly onLost = (why: string): void => void this.heard.push(why);
  readonly onLate = (): void => void this.heard.push('late');
}

type Move =
  | { kind: 'ask' | 'wait' | 'close' }
  | { kind: 'answer'; which: number }
  | { kind: 'answerLate'; which: number }
  | { kind: 'pass'; ms: number }
  | { kind: 'resize'; size: number };

const moves = fc.array(
  fc.oneof(
    { weight: 6, arbitrary: fc.record({ kind: fc.constant('ask' as const) }) },
    { weight: 3, arbitrary: fc.record({ kind: fc.constant('wait' as const) }) },
    { weight: 4, arbitrary: fc.record({ kind: fc.constant('answer' as const), which: fc.nat(20) }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('answerLate' as const), which: fc.nat(20) }) },
    {
      weight: 3,
      arbitrary: fc.record({ kind: fc.constant('pass' as const), ms: fc.integer({ min: 1, max: 60 }) }),
    },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('resize' as const), size: fc.nat(5) }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('close' as const) }) },
  ),
  { maxLength: 60, size: 'max' },
);

/** A window with callers that take each slot that is promised to them, as the road does. */
class Model {
  readonly window = new Window(3, 100, fail);
  readonly fates = new Map<number, Fate>();
  size = 3;
  now = 0;
  waiting = 0;
  closed = false;
  #sequence = 0;

  async do(move: Move): Promise<void> {
    if (move.kind === 'ask') this.#ask();
    else if (move.kind === 'wait') void this.#wait();
    else if (move.kind === 'close') this.#close();
    else if (move.kind === 'resize') this.window.resize((this.size = move.size));
    else if (move.kind === 'pass') this.window.expire((this.now += move.ms));
    else if (move.kind === 'answer') this.#answer(move.which, []);
    else if (move.kind === 'answerLate') this.#answer(move.which, ['timeout']);
    await settleMicrotasks();
  }

  #ask(): void {
    if (this.window.free === 0) return;
    const fate = new Fate();
    this.fates.set(++this.#sequence, fate);
    this.window.open(this.#sequence, SUBMIT, fate, this.now);
  }

  async #wait(): Promise<void> {
    this.waiting++;
    try {
      do await slotOf(this.window);
      while (this.window.free === 0);
      this.#ask();
    } catch {
      assert.equal(this.closed, true, 'only a closed window rejects');
    } finally {
      this.waiting--;
    }
  }

  #answer(which: number, heard: string[]): void {
    const open = [...this.fates].filter(([, fate]) => fate.heard.join() === heard.join());
    const [number] = open[which % (open.length || 1)] ?? [];
    if (number === undefined) return;
    const expected = this.closed ? 'unknown' : heard.length === 0 ? 'settled' : 'late';
    assert.equal(this.window.settle(response(number)), expected);
  }

  #close(): void {
    this.closed = true;
    this.window.close();
  }
}

async function settleMicrotasks(): Promise<void> {
  for (let turn = 0; turn < 8; turn++) await Promise.resolve();
}

describe('The window', () => {
  const benches = new Benches();
  afterEach(() => benches.end());

  it('never deadlocks, never exceeds its size and tells every request its fate once, in any order of events', async () => {
    await fc.assert(
      fc.asyncProperty(moves, async (all) => {
        const model = new Model();
        let largest = model.size;
        for (const move of all) {
          largest = move.kind === 'resize' ? Math.max(move.size, model.window.outstanding) : largest;
          await model.do(move);
          assert.ok(model.window.outstanding <= Math.max(largest, model.size));
          const open = [...model.fates.values()].filter(({ heard }) => heard.length === 0).length;
          assert.equal(model.window.outstanding, open);
          assert.ok(model.waiting === 0 || model.window.free === 0, 'nobody waits while there is room');
        }
        await model.do({ kind: 'close' });
        assert.equal(model.waiting, 0, 'closing lets everybody go');
        assert.equal(model.window.outstanding, 0);
        assert.equal(model.window.dueAt(), undefined);
        for (const { heard } of model.fates.values()) {
          assert.match(heard.join(), /^(response|closed|timeout|timeout,late)$/);
        }
      }),
      { numRuns: rounds(300) },
    );
  });

  it('frees the slot of a request that times out, and knows its late response', () => {
    const window = new Window(1, 100, fail);
    const fate = new Fate();
    assert.equal(window.open(1, SUBMIT, fate, 0), 100);
    assert.deepEqual([window.free, window.expire(99), window.expire(100), window.free], [0, 0, 1, 1]);
    assert.equal(window.settle(response(1)), 'late');
    assert.equal(window.settle(response(1)), 'unknown');
    assert.deepEqual(fate.heard, ['timeout', 'late']);
  });

  it("takes a late response for nobody's once its number is in use again", () => {
    const window = new Window(1, 100, fail);
    const [first, second] = [new Fate(), new Fate()];
    window.open(1, SUBMIT, first, 0);
    window.expire(100);
    window.open(1, SUBMIT, second, 100);
    assert.equal(window.settle(response(1)), 'settled');
    assert.deepEqual([first.heard, second.heard], [['timeout'], ['response']]);
  });

  it('remembers a thousand time-outs and not more', () => {
    const window = new Window(2000, 1, fail);
    for (let n = 1; n <= 1500; n++) window.open(n, SUBMIT, new Fate(), 0);
    window.expire(1);
    assert.equal(window.settle(response(500)), 'unknown');
    assert.equal(window.settle(response(501)), 'late');
  });

  it('takes a response only for its own command, or generic_nack for any', () => {
    const window = new Window(2, 100, fail);
    const fate = new Fate();
    window.open(1, SUBMIT, fate, 0);
    assert.equal(window.settle(response(1, 'enquire_link_resp')), 'unknown');
    assert.equal(window.outstanding, 1);
    assert.equal(window.settle(response(1, 'generic_nack')), 'settled');
    assert.deepEqual(fate.heard, ['response']);
  });

  it('frees the slot also where whoever asked throws', async () => {
    const errors: unknown[] = [];
    const window = new Window(1, 100, (error) => errors.push(error));
    const onResponse = (): never => {
      throw new Error('a handler of a user');
    };
    window.open(1, SUBMIT, { onResponse, onLost: () => undefined }, 0);
    const slot = slotOf(window);
    window.settle(response(1));
    await slot;
    assert.match(String(errors), /a handler of a user/);
  });

  it('a wait for a slot ends with the reason of its signal, and leaves nothing behind', async () => {
    const window = new Window(1, 100, fail);
    window.open(1, SUBMIT, new Fate(), 0);
    const stopping = new AbortController();
    const waits = [slotOf(window, stopping.signal), slotOf(window)];
    const why = new Error('enough');
    stopping.abort(why);
    await assert.rejects(waits[0] as Promise<void>, why);
    await assert.rejects(slotOf(window, stopping.signal), why);
    window.settle(response(1));
    await waits[1];
  });

  it('of a session: the peer never sees more than windowSize unanswered, whatever the order of its answers', async () => {
    const { session, link } = await benches.bound({ windowSize: 4, script: { submit_sm: silence } });
    let answered = 0;
    const request: OutboundRequest = {
      commandId: SUBMIT,
      body: BODY,
      handler: { onResponse: () => (answered += 1), onLost: () => assert.fail('lost') },
    };
    const road = (async () => {
      for (let sent = 0; sent < 40;) {
        if (session.freeSlots === 0) await new Promise<void>((resolve) => session.onRoom(resolve));
        const batch = Array.from({ length: Math.min(session.freeSlots, 40 - sent) }, () => request);
        sent += session.submit(batch).length;
      }
    })();
    const unanswered: Pdu[] = [];
    for (let seen = 0; answered < 40;) {
      await settle();
      const fresh = link.requests('submit_sm').slice(seen);
      seen += fresh.length;
      unanswered.push(...fresh);
      assert.ok(unanswered.length <= 4);
      const [next] = unanswered.splice((seen * 7) % (unanswered.length || 1), 1);
      if (next) link.answer(next);
    }
    await road;
    assert.equal(session.outstanding, 0);
  });

  it('of a session: more requests than free slots are refused, and none of them is written', async () => {
    const { session, link } = await benches.bound({ windowSize: 1 });
    const handler = { onResponse: () => undefined, onLost: () => undefined };
    const request = { commandId: SUBMIT, body: BODY, handler };
    assert.throws(() => session.submit([request, request]), { code: 'NO_SLOT' });
    assert.equal(session.submit([request]).length, 1);
    await link.until('submit_sm');
    await until(() => session.outstanding === 0);
  });

  it('of a session: enquire_link and unbind need no slot', async () => {
    const { session, link, clock } = await benches.bound({
      windowSize: 1,
      enquireLinkInterval: 1000,
      script: { submit_sm: silence },
    });
    void session.request({ command: 'submit_sm' }).catch(() => undefined);
    await link.until('submit_sm');
    await clock.advance(1000);
    await link.until('enquire_link');
    await session.unbind(1000);
    assert.equal(link.requests('unbind').length, 1);
  });

  it('of a session: a request that waits for a slot is told when the link goes', async () => {
    const { session, link } = await benches.bound({ windowSize: 1, script: { submit_sm: silence } });
    const first = session.request({ command: 'submit_sm' });
    const second = session.request({ command: 'submit_sm' });
    await link.until('submit_sm');
    const told = Promise.allSettled([first, second]);
    link.socket.destroy();
    for (const { status } of await told) assert.equal(status, 'rejected');
    await assert.rejects(first, { code: 'SESSION_CLOSED', retriable: true });
    await assert.rejects(second, { code: 'SESSION_CLOSED', retriable: true });
    assert.equal(link.requests('submit_sm').length, 1);
  });
});
