import { secondsSince } from '../clock';
import type { Answering } from './answering';
import type { SessionCore } from './core';
import { isBound } from './states';

/** Why a session ends that the peer ends, or knows nothing of. */
export type PartingCode = 'peer-unbound' | 'peer-closed' | 'session-unknown';

/** Milliseconds that a session of ours waits before it goes, at most. */
interface Graces {
  /** For responses to our requests: what has none by then goes again. */
  readonly responses: number;
  /** For the answers that we owe: below what an SMSC waits for unbind_resp, often five seconds. */
  readonly answers: number;
}

const GRACES: Readonly<Record<PartingCode, Graces>> = {
  'peer-unbound': { responses: 1000, answers: 3000 },
  // After a FIN nothing comes any more, but it may still be written to.
  'peer-closed': { responses: 0, answers: 3000 },
  // It says so to each request on the wire; what it did not say so to may have been accepted.
  'session-unknown': { responses: 1000, answers: 0 },
};
const NONE: Graces = { responses: 0, answers: 0 };

/**
 * The last moments of a session that the peer ends.
 *
 * ```
 * unbind, FIN, ESME_RINVBNDSTS ─▶ nothing more is sent, new requests are put off
 *                                 what is owed is answered, what is on the wire gets its responses
 *                                 (each for its grace)
 *                              ─▶ the rest is put off (ESME_RX_T_APPN), unbind_resp, the end
 * ```
 */
export class Parting {
  readonly #core: SessionCore;
  readonly #answering: Answering;
  #begun:
    { readonly code: PartingCode; readonly detail: string | undefined; readonly at: number } | undefined;
  #graces = NONE;
  /** Sequence numbers of the peer's unbinds. */
  readonly #unbinds: number[] = [];

  constructor(core: SessionCore, answering: Answering) {
    this.#core = core;
    this.#answering = answering;
    answering.onAnswered(() => this.look());
  }

  /** Why the session parts, if it does. */
  get code(): PartingCode | undefined {
    return this.#begun?.code;
  }

  /** Until when it waits; monotonic milliseconds. In the past where nothing is left to wait for. */
  get dueAt(): number | undefined {
    if (!this.#begun) return undefined;
    const responses = this.#core.window.outstanding > 0 ? this.#graces.responses : 0;
    const answers = this.#answering.owed > 0 ? this.#graces.answers : 0;
    return this.#begun.at + Math.max(responses, answers);
  }

  /** The peer's unbind is answered last. */
  unbound(sequenceNumber: number): void {
    this.#unbinds.push(sequenceNumber);
    const line = {
      event: 'unbind',
      stage: 'start',
      direction: 'in',
      sequence_number: sequenceNumber,
    } as const;
    this.#core.options.log.debug(line, 'the peer unbinds');
    this.begin('peer-unbound');
    this.look();
  }

  /** The peer sends nothing any more, neither requests nor responses. */
  peerEnded(): void {
    // Why it went comes with the end of the link.
    if (!this.#begun && this.#answering.owed === 0) return this.#core.endTransport();
    if (this.#begun) this.#graces = { ...this.#graces, responses: 0 };
    this.begin('peer-closed');
    this.look();
  }

  /** Does not end it yet, however little there is to wait for: see {@link look}. The first reason counts. */
  begin(code: PartingCode, detail?: string): void {
    const { options, state, window, closing } = this.#core;
    if (this.#begun || closing) return;
    this.#begun = { code, detail, at: options.clock.monotonic() };
    this.#graces = isBound(state) ? this.#gracesFor(code) : NONE;
    window.resize(0);
    this.#core.part(code);
    void window.idle().then(() => this.look());
  }

  /** Ends the session if there is nothing left to wait for. */
  look(): void {
    const { dueAt } = this;
    if (dueAt === undefined || this.#core.closing) return;
    if (dueAt <= this.#core.options.clock.monotonic()) this.finish();
    else this.#core.nearer(dueAt);
  }

  /** Ends the session, whatever it waits for. */
  finish(): void {
    if (!this.#begun) return;
    if (this.#waits) this.#answering.giveUp();
    for (const number of this.#unbinds.splice(0)) this.#agree(number, this.#begun.at);
    this.#core.close(this.#begun.code, this.#begun.detail);
  }

  #agree(sequence_number: number, since: number): void {
    const { log, clock } = this.#core.options;
    this.#answering.respond('unbind_resp', 0, sequence_number);
    const duration = secondsSince(clock, since);
    const facts = { direction: 'in', sequence_number, command_status: 'ESME_ROK', duration };
    log.debug({ event: 'unbind', stage: 'end', ...facts }, 'the unbind is answered');
  }

  get #waits(): boolean {
    return this.#core.options.role === 'esme';
  }

  /** In the role of an SMSC only the client's own requests are waited for, where that is wanted. */
  #gracesFor(code: PartingCode): Graces {
    return this.#waits ? GRACES[code] : { responses: 0, answers: this.#core.options.answersGrace ?? 0 };
  }
}
