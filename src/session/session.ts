import type { Log } from '../observability';
import { SmppError, encodeBody, responseOf, statusName, type Pdu, type PduInput } from '../protocol';
import { Answering } from './answering';
import { SessionCore, type Evidence } from './core';
import type { Watch } from './deadlines';
import { loggedExchange } from './exchange-log';
import { Inbound } from './inbound';
import { KeepAlive, type Enquirer } from './keep-alive';
import type { OutboundRequest, SessionOptions } from './options';
import { Outbound, idOf, isLoss } from './outbound';
import { Parting } from './parting';
import type { RequestHandler, RequestHooks } from './response-view';
import { BIND_ERRORS, BindError, lossOf, type CloseCode, type CloseReason } from './reasons';
import {
  canReceive,
  canSubmit,
  isBound,
  stateAfterBind,
  type BindCommand,
  type SessionState,
} from './states';
import { silent, timeouts } from './timeouts';

/** Why an SMSC may hang up on a bind. */
const HUNG_UP =
  '; check whether this port wants TLS or not, and whether the address that we come from is allowed';
/** Milliseconds that an unbind for inactivity may take. */
const UNBIND_GRACE = 1000;

/**
 * One connection with its bind, its window and its timers; either end of it. Requests of the peer are served however
 * busy the window is. When `closed` resolves every waiter has heard.
 */
export class Session {
  readonly closed: Promise<CloseReason>;
  /** Resolves, with the reason, when nothing more can be sent and what the peer asks is put off; when it has closed at the latest. */
  readonly parting: Promise<CloseCode>;
  readonly #core: SessionCore;
  readonly #outbound: Outbound;
  readonly #answering: Answering;
  readonly #parting: Parting;
  readonly #inbound: Inbound;
  #limit: { readonly at: number; readonly due: () => void } | undefined;
  #unbinding: Promise<void> | undefined;

  constructor(options: SessionOptions) {
    const core = new SessionCore(options);
    const outbound = new Outbound(core);
    const answering = new Answering(core, outbound);
    const parting = new Parting(core, answering);
    const inbound = new Inbound(core, answering, parting);
    this.#core = core;
    this.#outbound = outbound;
    this.#answering = answering;
    this.#parting = parting;
    this.#inbound = inbound;
    this.closed = core.closed;
    this.parting = core.parting;
    core.onEnd(() => outbound.drained());
    core.onRoom(() => inbound.room());
    options.transport.start({
      data: (chunk) => inbound.receive(chunk),
      drained: () => {
        outbound.drained();
        inbound.room();
      },
      ended: () => parting.peerEnded(),
      closed: (error) => core.close(parting.code ?? lossOf(error), error?.message),
    });
    core.watch(this.#watches());
  }

  get state(): SessionState {
    return this.#core.state;
  }

  get peer(): string {
    return this.#core.options.transport.peer;
  }

  /** For lines about this session: they say which one it is. */
  get log(): Log {
    return this.#core.options.log;
  }

  /** The interface_version that both ends speak: where the bind response has none, ours. TLVs are sent from 0x34 on. */
  get version(): number {
    return this.#core.version;
  }

  /** Requests that may be sent now; 0 in a state in which `submit_sm` (as an SMSC: `deliver_sm`) may not be. */
  get freeSlots(): number {
    const { options, state, closing, window } = this.#core;
    const open = options.role === 'esme' ? canSubmit(state) : canReceive(state);
    return open && !closing ? window.free : 0;
  }

  /** Requests outstanding at most: windowSize, or less while the peer says that it is congested. */
  get windowSize(): number {
    return this.#core.window.size;
  }

  /** The congestion_state that the peer said last, in percent (5.0 section 4.8.4.18); undefined: it never said one. */
  get congestionState(): number | undefined {
    return this.#core.window.congestionState;
  }

  get outstanding(): number {
    return this.#core.window.outstanding;
  }

  /** How the peer has shown that it knows this session. */
  get evidence(): Evidence {
    return this.#core.evidence;
  }

  /** Handlers of the requests that wait for a response, the oldest first; without binds, unbinds and enquire_links. */
  awaited(): Iterable<RequestHandler> {
    return this.#core.window.awaited();
  }

  /** Handlers of requests that timed out and may still get a late response. */
  overdue(): Iterable<RequestHandler> {
    return this.#core.window.overdue(this.#core.options.clock.monotonic());
  }

  /** Whether a response of this number and command is to a request of the window, also a late one. */
  expects(sequenceNumber: number, commandId: number): boolean {
    return this.#core.window.expects(sequenceNumber, commandId);
  }

  /** Requests outstanding at most, from now on; does nothing once the session is parting. */
  resizeWindow(size: number): void {
    if (!this.#core.isParting) this.#core.window.resize(size);
  }

  /** Resolves when no request waits for its response any more. */
  idle(): Promise<void> {
    return this.#core.window.idle();
  }

  /** Whether the peer takes what is written; where it does not, {@link onRoom} tells when it does. */
  get isWritable(): boolean {
    return this.#outbound.isWritable;
  }

  /**
   * `callback` is called whenever {@link freeSlots} has grown or {@link isWritable} has come true, and once for all
   * that comes in one read; not when the session ends. One at most.
   */
  onRoom(callback: () => void): void {
    this.#inbound.onRoom(callback);
  }

  /**
   * Binds as an ESME; `timeout` in milliseconds. Rejects with {@link BindError} when refused, with
   * `BIND_TIMEOUT`, `TLS_FAILED` or `BIND_FAILED` (then the session is closed), or with `INVALID_STATE`.
   */
  async bind(command: BindCommand, fields: Readonly<Record<string, unknown>>, timeout: number): Promise<Pdu> {
    this.#core.checkMayIssue(command);
    this.#within(timeout, () => this.#core.close('bind-timeout'));
    let response: Pdu;
    try {
      response = await this.#outbound.ask(this.#core.greeting, { command, ...fields }, (answer) =>
        this.#bindAnswered(command, answer),
      );
    } catch (cause) {
      // It was not sent: the sequence generator failed.
      if (!isLoss(cause)) {
        this.#core.close('destroyed');
        throw cause;
      }
      this.#core.close('bind-timeout');
      const { code, text } = await this.closed;
      const mine = BIND_ERRORS[code] ?? 'BIND_FAILED';
      const hint = code === 'peer-closed' ? HUNG_UP : '';
      throw new SmppError(mine, `${this.peer} did not answer the bind: ${text}${hint}`, {
        cause,
        retriable: true,
      });
    }
    if (response.command_status !== 0) {
      this.#core.close('bind-refused', statusName(response.command_status));
      throw new BindError(response.command_status, this.peer, response.tlvs, fields['password']);
    }
    if (response.command !== responseOf(command)) {
      const text = `${this.peer} answered ${command} with ${response.command}: set bindType to what the account may`;
      this.#core.close('bind-refused', response.command);
      throw new SmppError('BIND_FAILED', text, { retriable: true });
    }
    return response;
  }

  /** As an SMSC that connected by itself: asks the client to bind (SMPP 3.4 section 2.2.1). There is no response. */
  outbind(fields: Readonly<Record<string, unknown>> = {}): void {
    this.tell({ command: 'outbind', ...fields });
    this.#core.become('outbound');
  }

  /** Sends what has no response: alert_notification. Throws `INVALID_STATE`, or what is wrong with it. */
  tell(pdu: PduInput): void {
    this.#core.checkMayIssue(pdu.command);
    this.#outbound.tell(pdu);
  }

  /** At once, for a deliver_sm may come right behind the response. */
  #bindAnswered(command: BindCommand, { command: answer, command_status, tlvs }: Pdu): void {
    this.#limit = undefined;
    if (command_status !== 0 || answer !== responseOf(command)) return;
    const version: unknown = tlvs['sc_interface_version'];
    if (typeof version === 'number') this.#core.peerSpeaks(version);
    else if (this.#core.options.assumeTlvs === false) this.#core.peerSpeaks(0);
    this.#core.become(stateAfterBind(command));
  }

  /**
   * Sends requests in one write. The caller has seen to it that as many slots are free
   * and sends no more while it is not {@link isWritable}. Returns the sequence numbers, in an array that the next call
   * uses again. Throws where the sequence generator does; then nothing was sent.
   */
  submit(requests: readonly OutboundRequest[]): readonly number[] {
    if (requests.length > this.freeSlots) {
      throw new SmppError(
        'NO_SLOT',
        `${requests.length} requests for ${this.freeSlots} free slots of the window`,
      );
    }
    return this.#outbound.submit(requests);
  }

  /**
   * Sends one request through the window and resolves with its response, whatever its status.
   * Rejects with `RESPONSE_TIMEOUT`, `SESSION_CLOSED` or `INVALID_STATE`. `late` hears of a response that comes
   * after `RESPONSE_TIMEOUT`; `sent` when it has got its slot: from then on the peer may have it.
   */
  async request(pdu: PduInput, signal?: AbortSignal, { late, sent }: RequestHooks = {}): Promise<Pdu> {
    this.#core.checkMayIssue(pdu.command);
    // Encoded first: a bad request must not hold a slot.
    const body = encodeBody(pdu, this.#core.options);
    const { window } = this.#core;
    return new Promise((resolve, reject) => {
      const send = (): void => {
        sent?.();
        resolve(this.#outbound.send(window, idOf(pdu.command), body, undefined, late));
      };
      window.whenFree(send, reject, signal);
    });
  }

  /**
   * Unbinds, waits `timeout` ms for the response, and closes. No request goes out any more, and as an ESME the peer is
   * asked to repeat what is not answered yet. Never rejects.
   */
  unbind(timeout: number): Promise<void> {
    return (this.#unbinding ??= this.#unbind(timeout));
  }

  async #unbind(timeout: number): Promise<void> {
    if (this.#core.closing) return;
    if (!isBound(this.#core.state)) return this.#core.close('unbound');
    // The peer's own unbind has waited for what was to be answered.
    if (this.#parting.code) return this.#parting.finish();
    this.#core.window.resize(0);
    this.#core.part('unbound');
    if (this.#core.options.role === 'esme') this.#answering.giveUp();
    this.#within(timeout, () => this.#core.close('unbound', 'no unbind_resp'));
    // No answer is answer enough: the link closes either way.
    await loggedExchange(this.#core, this.#outbound, 'unbind').catch(() => undefined);
    this.#core.close('unbound');
  }

  /** Drops the link at once. */
  destroy(code: CloseCode = 'destroyed', detail?: string): void {
    this.#core.close(code, detail);
  }

  /** Writes at once the answers to what has come, which else go in one piece when all of it is read. */
  flushAnswers(): void {
    this.#outbound.flush();
  }

  /**
   * Reads nothing until {@link resumeReading}: neither requests nor responses. Meanwhile no time-out of the
   * peer's runs, whose answers may lie unread, and its requests stay unanswered: to be kept short.
   */
  pauseReading(): void {
    this.#core.pauseReading('owner');
  }

  resumeReading(): void {
    this.#core.resumeReading('owner');
  }

  // --- time ---

  /** The time limit of bind or unbind, which never run together. */
  #within(timeout: number, due: () => void): void {
    this.#limit = { at: this.#core.options.clock.monotonic() + timeout, due };
    this.#core.nearer(this.#limit.at);
  }

  #watches(): Watch[] {
    const core = this.#core;
    const { inactivityTimeout = 0, sessionInitTimeout = 0, enquireLinkInterval } = core.options;
    const isIdle = (): boolean => inactivityTimeout > 0 && !this.#unbinding && core.reading;
    const isUnbound = (): boolean =>
      sessionInitTimeout > 0 && (core.state === 'open' || core.state === 'outbound');
    return [
      { dueAt: () => this.#limit?.at, onDue: () => this.#limit?.due() },
      { dueAt: () => this.#parting.dueAt, onDue: () => this.#parting.finish() },
      ...timeouts(core, this.#outbound),
      new KeepAlive(this.#enquirer, enquireLinkInterval),
      {
        dueAt: () => (isIdle() ? core.activity.busyAt + inactivityTimeout : undefined),
        onDue: (now) => this.#inactive(now),
      },
      {
        dueAt: () => (isUnbound() ? core.activity.openedAt + sessionInitTimeout : undefined),
        onDue: () => core.close('bind-timeout', 'no bind in time'),
      },
    ];
  }

  get #enquirer(): Enquirer {
    const core = this.#core;
    return {
      heardAt: () => (isBound(core.state) && core.reading ? core.activity.heardAt : undefined),
      enquire: () => loggedExchange(core, this.#outbound, 'enquire_link'),
      silent: () => silent(core),
    };
  }

  /** While answers are awaited or owed it is not idle: unbinding would make the outcome of requests unknown. */
  #inactive(now: number): void {
    if (this.#core.window.outstanding + this.#answering.owed > 0) this.#core.activity.busyAt = now;
    else void this.unbind(UNBIND_GRACE);
  }
}
