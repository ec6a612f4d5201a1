import assert from 'node:assert/strict';
import fc from 'fast-check';
import { silentLog } from '../../src/observability';
import {
  DEFAULT_MAX_PDU_LENGTH,
  PduFramer,
  decodePdu,
  encodePdu,
  isResponse,
  type PduInput,
} from '../../src/protocol';
import { Session, type SequenceGenerator, type Transport, type TransportHandlers } from '../../src/session';
import { FakeClock } from '../support/clock';
import { rounds } from '../support/rounds';

const SUBMIT = 0x00000004;
const BODY = encodePdu({ command: 'submit_sm', destination_addr: '1' }).subarray(16);
const TIMEOUT = 1000;
const LARGEST = 5;

/** The other end, without a socket: it answers what it is told to, when it is told to. */
class Wire implements Transport {
  readonly peer = 'wire';
  readonly backlog = 0;
  readonly #framer = new PduFramer();
  #handlers: TransportHandlers | undefined;
  closed = false;
  /** Sequence numbers of submits that it has not answered, and that it has. */
  readonly open: number[] = [];
  readonly answered: number[] = [];
  onSubmit: () => void = () => undefined;

  start(handlers: TransportHandlers): void {
    this.#handlers = handlers;
  }

  write(octets: Buffer): boolean {
    for (const pdu of this.#framer.push(octets)) {
      const { command, command_id, sequence_number } = decodePdu(pdu);
      if (command === 'submit_sm') {
        this.open.push(sequence_number);
        this.onSubmit();
      } else if (!isResponse(command_id) && command !== 'unbind') {
        queueMicrotask(() => this.say({ command: `${command}_resp` as never, sequence_number }));
      }
    }
    return true;
  }

  say(pdu: PduInput): void {
    if (!this.closed) this.#handlers?.data(encodePdu(pdu));
  }

  close(): void {
    if (this.closed) return;
    this.closed = true;
    this.#handlers?.closed();
  }

  pause(): void {}
  resume(): void {}
  end(): void {
    this.close();
  }
  destroy(): void {
    this.close();
  }
}

type Move =
  | { kind: 'submit'; count: number }
  | { kind: 'request' | 'abort' | 'unbind' | 'destroy' | 'cut' | 'pause' }
  | { kind: 'answer' | 'again' | 'wrongCommand' | 'nack'; which: number; state: number | undefined }
  | { kind: 'unasked'; number: number }
  | { kind: 'pass'; ms: number }
  | { kind: 'resize'; size: number };

const which = fc.nat(20);
const state = fc.option(fc.integer({ min: 0, max: 110 }), { nil: undefined });
const only = <K extends string>(kind: K): fc.Arbitrary<{ kind: K }> => fc.record({ kind: fc.constant(kind) });
const often = (weight: number, arbitrary: fc.Arbitrary<Move>) => ({ weight, arbitrary });
const moves = fc.array(
  fc.oneof(
    often(6, fc.record({ kind: fc.constant('submit'), count: fc.integer({ min: 1, max: 4 }) })),
    often(4, only('request')),
    often(1, only('abort')),
    often(6, fc.record({ kind: fc.constant('answer'), which, state })),
    often(2, fc.record({ kind: fc.constant('again'), which, state })),
    often(1, fc.record({ kind: fc.constant('wrongCommand'), which, state })),
    often(1, fc.record({ kind: fc.constant('nack'), which, state })),
    often(1, fc.record({ kind: fc.constant('unasked'), number: fc.nat(0x7fffffff) })),
    often(4, fc.record({ kind: fc.constant('pass'), ms: fc.integer({ min: 1, max: 700 }) })),
    often(1, fc.record({ kind: fc.constant('resize'), size: fc.integer({ min: 1, max: LARGEST }) })),
    often(1, only('pause')),
    often(1, fc.oneof(only('unbind'), only('destroy'), only('cut'))),
  ),
  { maxLength: 80, size: 'max' },
);

/** A session with a road that submits, callers that wait, and a peer without manners. */
class Play {
  readonly clock = new FakeClock();
  readonly wire = new Wire();
  readonly session: Session;
  /** What each request of the road has heard. */
  readonly fates: string[][] = [];
  asked = 0;
  settled = 0;
  #aborting = new AbortController();
  /** The size that the window had at most since everything was last answered. */
  #allowed = LARGEST;

  constructor(sequence: SequenceGenerator) {
    this.session = new Session({
      role: 'esme',
      transport: this.wire,
      handlers: { request: () => undefined },
      clock: this.clock,
      log: silentLog,
      windowSize: LARGEST,
      responseTimeout: TIMEOUT,
      enquireLinkInterval: 300,
      maxPduLength: DEFAULT_MAX_PDU_LENGTH,
      sequence,
    });
    this.wire.onSubmit = () => assert.ok(this.session.outstanding <= this.#allowed, 'never above the window');
  }

  async do(move: Move): Promise<void> {
    switch (move.kind) {
      case 'submit':
        this.#submit(Math.min(move.count, this.session.freeSlots));
        break;
      case 'request':
        this.#request();
        break;
      case 'abort':
        this.#aborting.abort(new Error('enough'));
        this.#aborting = new AbortController();
        break;
      case 'answer':
        this.#answer(move.which, 'submit_sm_resp', move.state);
        break;
      case 'nack':
        this.#answer(move.which, 'generic_nack', undefined);
        break;
      case 'wrongCommand':
        this.#answer(move.which, 'query_sm_resp', move.state, false);
        break;
      case 'again': {
        const { answered } = this.wire;
        const sequence_number = answered[move.which % (answered.length || 1)];
        if (sequence_number !== undefined) this.wire.say({ command: 'submit_sm_resp', sequence_number });
        break;
      }
      case 'unasked':
        if (!this.wire.open.includes(move.number))
          this.wire.say({ command: 'submit_sm_resp', sequence_number: move.number });
        break;
      case 'pass':
        await this.clock.advance(move.ms);
        break;
      case 'resize':
        this.#allowed = Math.max(move.size, this.session.outstanding);
        this.session.resizeWindow(move.size);
        break;
      case 'pause':
        this.session.pauseReading();
        await this.clock.advance(100);
        this.session.resumeReading();
        break;
      case 'unbind':
        void this.session.unbind(100);
        break;
      case 'destroy':
        this.session.destroy();
        break;
      case 'cut':
        this.wire.close();
    }
    for (let turn = 0; turn < 8; turn++) await Promise.resolve();
  }

  #submit(count: number): void {
    const handlers = Array.from({ length: count }, () => {
      const heard: string[] = [];
      this.fates.push(heard);
      return {
        onResponse: () => void heard.push('response'),
        onLost: (why: string) => void heard.push(why),
        onLate: () => void heard.push('late'),
      };
    });
    this.session.submit(handlers.map((handler) => ({ commandId: SUBMIT, body: BODY, handler })));
  }

  #request(): void {
    this.asked++;
    const settled = (): void => {
      this.settled++;
    };
    this.session.request({ command: 'submit_sm' }, this.#aborting.signal).then(settled, settled);
  }

  #answer(
    at: number,
    command: 'submit_sm_resp' | 'generic_nack' | 'query_sm_resp',
    congestion_state: number | undefined,
    answers = true,
  ): void {
    const { open, answered } = this.wire;
    const sequence_number = open[at % (open.length || 1)];
    if (sequence_number === undefined) return;
    if (answers) {
      open.splice(open.indexOf(sequence_number), 1);
      answered.push(sequence_number);
    }
    const tlvs = congestion_state === undefined ? {} : { tlvs: { congestion_state } };
    this.wire.say({ command, sequence_number, ...tlvs });
  }
}

describe('A session, whatever the order of submits, time-outs, answers good and bad, resizes and ends', () => {
  it('keeps within its window, tells every handler once, lets everybody go and leaves no timer behind', async function () {
    this.timeout(30_000);
    await fc.assert(
      fc.asyncProperty(moves, fc.boolean(), async (all, nearWrap) => {
        let last = nearWrap ? 0x7fffffff - 3 : 0;
        const play = new Play({ next: () => (last = last >= 0x7fffffff ? 1 : last + 1) });
        const { session, wire, clock } = play;
        await session.bind('bind_transceiver', {}, 100);
        for (const move of all) {
          await play.do(move);
          const open = play.fates.filter((heard) => heard.length === 0).length;
          const waiting = play.asked - play.settled - (session.outstanding - open);
          assert.ok(waiting >= 0);
          assert.ok(waiting === 0 || session.freeSlots === 0, 'nobody waits while there is room');
          assert.ok(clock.pendingTimers <= 1, 'one timer, whatever is due');
        }
        // A session that nobody ended works on: whoever waits gets its turn.
        for (let n = 0; n < 400 && play.settled < play.asked; n++) {
          await play.do({ kind: 'answer', which: 0, state: undefined });
          if (wire.open.length === 0) await play.do({ kind: 'pass', ms: 100 });
        }
        assert.equal(play.settled, play.asked, 'nobody waits for ever');
        await play.do({ kind: 'destroy' });
        assert.equal(session.outstanding, 0);
        assert.equal(session.state, 'closed');
        assert.equal(clock.pendingTimers, 0);
        for (const heard of play.fates)
          assert.match(heard.join(), /^(response|closed|timeout|timeout,late)$/);
      }),
      { numRuns: rounds(300) },
    );
  });
});
