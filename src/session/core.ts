import type { LogLine } from '../observability';
import {
  NEWEST_VERSION,
  SmppError,
  commandName,
  decodeHeader,
  isResponse,
  statusName,
  takesTlvs,
  type CommandName,
} from '../protocol';
import { Activity } from './activity';
import { Deadlines, type Watch } from './deadlines';
import type { SessionOptions } from './options';
import { responseTimes, type ResponseTimes } from './response-time';
import { closeReason, type CloseCode, type CloseReason } from './reasons';
import { mayBecome, mayIssue, type SessionState } from './states';
import { Window, type WindowListener } from './window';

/** How long a peer may take to close its half. */
const END_GRACE = 1000;
/** Why nothing is read: the owner wants it, or the peer does not take its answers. */
export type PauseReason = 'owner' | 'answers';
/**
 * How the peer has shown that it knows the session: `served`, it has accepted a request of ours or sent one;
 * `alive`, it has answered enquire_link, which some do for a session that they have forgotten.
 */
export type Evidence = 'none' | 'alive' | 'served';
/** There is nobody to say goodbye to. */
const ABRUPT: readonly CloseCode[] = ['link-lost', 'tls-failed', 'destroyed', 'peer-stalled'];

const requestId = (answerId: number): number => answerId & 0x7fffffff;

/** A promise and what resolves it. */
function deferred<T>(): { readonly promise: Promise<T>; readonly resolve: (value: T) => void } {
  let resolve: (value: T) => void = () => undefined;
  const promise = new Promise<T>((given) => (resolve = given));
  return { promise, resolve };
}

/**
 * What all parts of a session share: its state, the requests that wait for responses, its times. The state changes
 * here and nowhere else, and here it ends.
 */
export class SessionCore {
  readonly options: SessionOptions;
  /** All requests but those of the two below: they take a slot. */
  readonly window: Window;
  /** enquire_link: no slots. */
  readonly control: Window;
  /** bind and unbind: no slots, and time limits of their own. */
  readonly greeting: Window;
  readonly times: ResponseTimes;
  readonly activity: Activity;
  readonly #closed = deferred<CloseReason>();
  readonly #parting = deferred<CloseCode>();
  #deadlines: Deadlines;
  #onRoom: () => void = () => undefined;
  #onLast: () => void = () => undefined;
  #onEnd: () => void = () => undefined;
  #state: SessionState = 'open';
  #version: number;
  #evidence: Evidence = 'none';
  #isParting = false;
  #closing = false;
  readonly #pauses = new Set<PauseReason>();
  #pausedAt: number | undefined;

  constructor(options: SessionOptions) {
    this.options = options;
    const { clock, log, windowSize, responseTimeout } = options;
    const failed = (error: unknown): void =>
      log.error({ event: 'response', stage: 'failed', err: error }, 'handling a response failed');
    this.times = options.responseTimes ?? responseTimes(responseTimeout, clock);
    const told = this.#metered();
    this.window = new Window(windowSize, this.times.requests, failed, {
      ...told,
      released: () => this.look(),
      room: () => this.#onRoom(),
    });
    this.control = new Window(Infinity, this.times.enquiries, failed, told);
    this.greeting = new Window(Infinity, Infinity, failed, told);
    this.#version = options.interfaceVersion ?? NEWEST_VERSION;
    this.activity = new Activity(clock.monotonic());
    this.#deadlines = new Deadlines(clock, []);
  }

  #metered(): Pick<WindowListener, 'answered' | 'expired'> | undefined {
    const { meter } = this.options;
    return (
      meter && {
        // A response counts as come when the chunk was read that it lay in.
        answered: (answerId, since) => meter.responded(requestId(answerId), this.activity.heardAt - since),
        expired: (answerId) => meter.timedOut(requestId(answerId)),
      }
    );
  }

  get closed(): Promise<CloseReason> {
    return this.#closed.promise;
  }

  /** Resolves, with the reason, when nothing more can be sent and what the peer asks is put off; when it has closed at the latest. */
  get parting(): Promise<CloseCode> {
    return this.#parting.promise;
  }

  get state(): SessionState {
    return this.#state;
  }

  get closing(): boolean {
    return this.#closing;
  }

  get evidence(): Evidence {
    return this.#evidence;
  }

  /** Whether the peer understands optional parameters. */
  get tlvsAllowed(): boolean {
    return takesTlvs(this.#version);
  }

  /** The interface_version that both ends speak, as far as it is known: ours until the peer has said a lower one. */
  get version(): number {
    return this.#version;
  }

  /** The peer's interface_version. SMPP 3.4 section 5.2.4: who is of an older one is not sent TLVs. */
  peerSpeaks(version: number): void {
    this.#version = Math.min(this.#version, version);
  }

  /** False while nothing is read: then what the peer owes us may lie in the socket. */
  get reading(): boolean {
    return this.#pausedAt === undefined;
  }

  /** Where the request of a number waits for its response. */
  asked(sequenceNumber: number): Window | undefined {
    if (this.window.isOutstanding(sequenceNumber)) return this.window;
    if (this.control.isOutstanding(sequenceNumber)) return this.control;
    return this.greeting.isOutstanding(sequenceNumber) ? this.greeting : undefined;
  }

  /** Whether anybody wants to see every PDU: then it is to pass {@link passes}. */
  get isTraced(): boolean {
    const { handlers, log } = this.options;
    return handlers.trace !== undefined || log.isLevelEnabled('trace');
  }

  /** A PDU, whole, as it comes or before it goes. */
  passes(direction: 'in' | 'out', octets: Buffer): void {
    const { handlers, log } = this.options;
    handlers.trace?.(direction, octets);
    if (log.isLevelEnabled('trace')) log.trace(...pduLine(direction, octets));
  }

  pauseReading(reason: PauseReason): void {
    if (this.#closing) return;
    this.#pauses.add(reason);
    if (!this.reading) return;
    this.#pausedAt = this.options.clock.monotonic();
    this.options.transport.pause();
  }

  /** The pause was ours, so that it does not count for the peer's times. */
  resumeReading(reason: PauseReason): void {
    this.#pauses.delete(reason);
    if (this.#pausedAt === undefined || this.#pauses.size > 0) return;
    const lasted = this.options.clock.monotonic() - this.#pausedAt;
    this.#pausedAt = undefined;
    this.window.postpone(lasted);
    this.control.postpone(lasted);
    this.activity.postpone(lasted);
    this.options.transport.resume();
    this.look();
  }

  /** What the session's time is watched for; given once. */
  watch(watches: readonly Watch[]): void {
    this.#deadlines = new Deadlines(this.options.clock, watches);
    this.#deadlines.start();
  }

  /** A deadline has come nearer; monotonic milliseconds. */
  nearer(dueAt: number): void {
    this.#deadlines.nearer(dueAt);
  }

  /** The first octets of a PDU have come, or more of one that has begun. */
  began(now: number): void {
    if (this.activity.unfinishedSince !== undefined) return;
    this.activity.unfinishedSince = now;
    this.nearer(now + this.options.responseTimeout);
  }

  /** Deadlines exist that did not exist before. */
  look(): void {
    this.#deadlines.start();
  }

  /** Throws `INVALID_STATE` for a request that may not go in this state. */
  checkMayIssue(command: string): void {
    if (mayIssue(this.options.role, command as CommandName, this.state)) return;
    const text = `${command} cannot be sent while the session is ${this.state}`;
    throw new SmppError('INVALID_STATE', text);
  }

  become(state: SessionState): void {
    if (!mayBecome(this.#state, state)) return;
    this.#state = state;
    this.#deadlines.start();
  }

  known(evidence: Exclude<Evidence, 'none'>): void {
    if (this.#evidence !== 'served') this.#evidence = evidence;
  }

  get isParting(): boolean {
    return this.#isParting;
  }

  part(code: CloseCode): void {
    this.#isParting = true;
    this.#parting.resolve(code);
  }

  /** Called when a slot of the window is free that was not. */
  onRoom(callback: () => void): void {
    this.#onRoom = callback;
  }

  /** Called when all that is still to be sent is to be written now. */
  onLast(callback: () => void): void {
    this.#onLast = callback;
  }

  /** Called when it ends, before those who wait for responses are told. */
  onEnd(callback: () => void): void {
    this.#onEnd = callback;
  }

  /** Sends what is written; the session ends when the peer has closed as well. */
  endTransport(): void {
    this.#onLast();
    this.options.transport.end(END_GRACE);
  }

  close(code: CloseCode, detail?: string): void {
    if (this.#closing) return;
    this.#closing = true;
    this.become('unbound');
    this.become('closed');
    this.part(code);
    this.#deadlines.stop();
    const { transport } = this.options;
    if (ABRUPT.includes(code)) transport.destroy();
    else this.endTransport();
    this.#onEnd();
    this.greeting.close();
    this.control.close();
    // The link was not lost by what is on the wire.
    this.window.close(code === 'no-responses' ? 'timeout' : 'closed');
    this.#closed.resolve(closeReason(code, detail));
  }
}

/**
 * A log line about a PDU, whatever it is: what its header says (SMPP 3.4 section 3.2), and nothing of its
 * body, where passwords, numbers and texts are.
 */
function pduLine(direction: 'in' | 'out', octets: Buffer): [LogLine, string] {
  const { command_id: id, command_status, command_length, sequence_number } = decodeHeader(octets);
  const command = commandName(id);
  const status = isResponse(id) ? { command_status: statusName(command_status) } : {};
  const facts = {
    event: 'pdu',
    stage: direction,
    command,
    sequence_number,
    ...status,
    command_length,
  } satisfies LogLine;
  return [facts, `${command} ${direction === 'in' ? 'came' : 'goes out'}`];
}
