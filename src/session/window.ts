import { onAbort } from '../waiting';
import { SmppError } from '../protocol';
import { Congestion } from './congestion';
import { RequestTable, type Slot } from './request-table';
import type { RequestHandler, ResponseView } from './response-view';

/** How long responses are waited for; the same for all at every moment. Milliseconds. */
export interface WaitingTime {
  readonly timeout: number;
  /** How long a response may take until nobody reckons with it any more. */
  readonly longest: number;
  /** Whether {@link timeout} is longer than was set. */
  readonly isLonger: boolean;
  /** A response came to what was sent at that time; told of late ones, and of all while it {@link isLonger}. */
  came(sentAt: number): void;
}

export interface WindowListener {
  /** It is {@link Window.hold held} no more: its {@link Window.dueAt} has come nearer. */
  readonly released?: () => void;
  /** Slots are free that were not. */
  readonly room?: () => void;
  /** A request got its response, in time or late: the command_id of the response, and when the request was sent. */
  readonly answered?: ((answerId: number, since: number) => void) | undefined;
  /** A request got none in time. */
  readonly expired?: ((answerId: number) => void) | undefined;
}

interface Waiter {
  granted(): void;
  refused(error: Error): void;
}

const REMEMBERED_LATE = 1000;
const RESPONSE_BIT = 0x80000000;
const GENERIC_NACK = 0x80000000;

/** Requests that wait for a response. All have the same time-out at any moment: the oldest is the next that is due. */
export class Window {
  readonly #time: WaitingTime;
  readonly #congestion: Congestion;
  readonly #failed: (error: unknown) => void;
  readonly #released: () => void;
  readonly #room: () => void;
  readonly #told: Pick<WindowListener, 'answered' | 'expired'>;
  readonly #outstanding = new RequestTable();
  readonly #timedOut = new RequestTable();
  readonly #waiters = new Set<Waiter>();
  readonly #idleWaiters: (() => void)[] = [];
  #closed = false;
  /** Time-outs since the last response. */
  #timeoutsInARow = 0;
  /** Since when the first of these waited; monotonic milliseconds. */
  #silentSince: number | undefined;
  #held = false;

  /**
   * `size`: requests outstanding at most; `time`: milliseconds, or what tells them; `failed` hears what handlers throw,
   * so that it harms nobody else.
   */
  constructor(
    size: number,
    time: number | WaitingTime,
    failed: (error: unknown) => void,
    { released = () => undefined, room = () => undefined, ...told }: WindowListener = {},
  ) {
    this.#told = told;
    this.#released = released;
    this.#room = room;
    this.#failed = failed;
    this.#congestion = new Congestion(size);
    this.#time = typeof time === 'number' ? fixed(time) : time;
  }

  get outstanding(): number {
    return this.#outstanding.size;
  }

  get free(): number {
    return this.#closed || this.#held ? 0 : Math.max(0, this.size - this.#outstanding.size);
  }

  get timeoutsInARow(): number {
    return this.#timeoutsInARow;
  }

  /** While {@link hold} says that it is held: when a peer that takes twice as long as was waited for has had its time. */
  get givenUpAt(): number | undefined {
    return this.#held ? this.#patientUntil : undefined;
  }

  get #patientUntil(): number {
    return (this.#silentSince ?? this.#outstanding.oldest?.since ?? 0) + 2 * this.#time.timeout;
  }

  /**
   * Where `limit` time-outs in a row, with those due, would be too many: gives up on none, and gives no slot until a
   * response comes, also a late one, for a slow peer has answered none of many that were sent together. Returns
   * whether it does; not for ever: see {@link givenUpAt}.
   */
  hold(now: number, limit: number): boolean {
    if (this.#timeoutsInARow + this.#due(now) < limit || this.#patientUntil <= now) return false;
    this.#held = true;
    return true;
  }

  #due(now: number): number {
    let due = 0;
    for (let slot = this.#outstanding.oldest; slot; slot = slot.newer) {
      if (slot.since + this.#time.timeout > now) break;
      due++;
    }
    return due;
  }

  /** Handlers of requests that wait for a response, the oldest first. */
  *awaited(): Iterable<RequestHandler> {
    for (let slot = this.#outstanding.oldest; slot; slot = slot.newer) yield slot.handler;
  }

  /** Handlers of requests that timed out, as long as a late response is reckoned with. */
  *overdue(now: number): Iterable<RequestHandler> {
    for (let slot = this.#timedOut.oldest; slot; slot = slot.newer) {
      if (now - slot.since < this.#time.longest) yield slot.handler;
    }
  }

  /** Requests outstanding at most: the size given, or less while the peer is congested. */
  get size(): number {
    return this.#congestion.size;
  }

  get congestionState(): number | undefined {
    return this.#congestion.state;
  }

  /** Whether it is smaller than what was set, for the peer is congested. */
  get isReduced(): boolean {
    return this.#congestion.isReduced;
  }

  resize(size: number): void {
    this.#congestion.resize(size);
    this.#wake();
  }

  /**
   * Calls `granted` as soon as a slot is free, which it may take there and then, before {@link WindowListener.room}
   * is told; or `refused` when the session closes or `signal` aborts.
   */
  whenFree(granted: () => void, refused: (error: Error) => void, signal?: AbortSignal): void {
    if (this.free > 0) return granted();
    if (this.#closed) return refused(closedError());
    if (signal?.aborted) return refused(signal.reason as Error);
    const gone = (): void => {
      this.#waiters.delete(waiter);
      refused(signal?.reason as Error);
    };
    const done = signal && onAbort(signal, gone);
    const waiter: Waiter = {
      granted: () => (done?.(), granted()),
      refused: (error) => (done?.(), refused(error)),
    };
    this.#waiters.add(waiter);
  }

  /** Resolves when nothing is outstanding, also because the session has closed. */
  async idle(): Promise<void> {
    while (this.#outstanding.size > 0) await new Promise<void>((resolve) => this.#idleWaiters.push(resolve));
  }

  /** No request of this number may be outstanding. Returns when it becomes due. */
  open(sequenceNumber: number, commandId: number, handler: RequestHandler, now: number): number {
    if (this.#timedOut.size > 0) this.#forget(sequenceNumber);
    const answerId = (commandId | RESPONSE_BIT) >>> 0;
    this.#outstanding.add(sequenceNumber, answerId, handler, now);
    return now + this.#time.timeout;
  }

  /** Takes back what {@link open} did: the request was not sent, and its handler hears nothing. */
  withdraw(sequenceNumber: number): void {
    const slot = this.#outstanding.find(sequenceNumber);
    if (slot) this.#outstanding.remove(slot);
  }

  isOutstanding(sequenceNumber: number): boolean {
    return this.#outstanding.size > 0 && this.#outstanding.find(sequenceNumber) !== undefined;
  }

  /** Whether {@link settle} would give a response of this number and command to somebody, also as a late one. */
  expects(sequenceNumber: number, commandId: number): boolean {
    const slot = this.#outstanding.find(sequenceNumber) ?? this.#timedOut.find(sequenceNumber);
    return slot !== undefined && answers({ command_id: commandId }, slot);
  }

  /** Gives a response to the only request that waits, whatever its number and command. Returns the request's number. */
  settleOnly(response: ResponseView): number | undefined {
    const only = this.#outstanding.oldest;
    if (!only || this.#outstanding.size > 1) return undefined;
    const { sequenceNumber, handler, answerId, since } = only;
    this.#told.answered?.(answerId, since);
    this.#outstanding.remove(only);
    this.#respond(handler, response);
    this.#wake();
    return sequenceNumber;
  }

  /** Gives the response to whoever waits for it; `unknown` when nobody ever did, or for another command. */
  settle(response: ResponseView): 'settled' | 'late' | 'unknown' {
    const slot = this.#outstanding.find(response.sequence_number);
    if (!slot) return this.#settleLate(response);
    if (!answers(response, slot)) return 'unknown';
    const { handler } = slot;
    this.#told.answered?.(slot.answerId, slot.since);
    this.#answered(slot.since, this.#held || this.#time.isLonger);
    // Before the slot is free, or whoever waits for it would go by the old size.
    this.#congestion.heard(response.congestion_state);
    this.#outstanding.remove(slot);
    this.#respond(handler, response);
    this.#wake();
    return 'settled';
  }

  #settleLate(response: ResponseView): 'late' | 'unknown' {
    const slot = this.#timedOut.find(response.sequence_number);
    if (!slot || !answers(response, slot)) return 'unknown';
    const { handler, since } = slot;
    this.#told.answered?.(slot.answerId, since);
    this.#timedOut.remove(slot);
    this.#answered(since, true);
    this.#call(() => handler.onLate?.(response));
    return 'late';
  }

  /** The peer answers; `tells`: how long it took is to be known. */
  #answered(since: number, tells: boolean): void {
    this.#timeoutsInARow = 0;
    this.#silentSince = undefined;
    if (tells) this.#time.came(since);
    if (this.#held) this.#release();
  }

  dueAt(): number | undefined {
    const { givenUpAt } = this;
    if (givenUpAt !== undefined) return givenUpAt;
    const { oldest } = this.#outstanding;
    return oldest && oldest.since + this.#time.timeout;
  }

  /** All become due so many milliseconds later: their responses could not be read. */
  postpone(ms: number): void {
    for (let slot = this.#outstanding.oldest; slot; slot = slot.newer) slot.since += ms;
    if (this.#silentSince !== undefined) this.#silentSince += ms;
  }

  /** Gives up on what is due, and frees its slots. */
  expire(now: number): number {
    let expired = 0;
    for (let slot = this.#outstanding.oldest; slot; slot = this.#outstanding.oldest) {
      if (slot.since + this.#time.timeout > now) break;
      const { handler, since } = slot;
      this.#told.expired?.(slot.answerId);
      this.#remember(slot);
      this.#outstanding.remove(slot);
      expired++;
      this.#timeoutsInARow++;
      this.#silentSince ??= since;
      this.#lose(handler, 'timeout');
    }
    if (expired > 0) this.#wake();
    return expired;
  }

  /** Tells all who wait that the link is gone, or was given up because responses did not come. */
  close(why: 'timeout' | 'closed' = 'closed'): void {
    this.#closed = true;
    const lost = this.#outstanding.clear();
    this.#timedOut.clear();
    const refused = [...this.#waiters];
    this.#waiters.clear();
    for (const waiter of refused) waiter.refused(closedError());
    for (const { handler } of lost) this.#lose(handler, why);
    this.#wake();
  }

  #release(): void {
    this.#held = false;
    this.#wake();
    // What is due by now has waited for this.
    this.#released();
  }

  #respond(handler: RequestHandler, response: ResponseView): void {
    try {
      handler.onResponse(response);
    } catch (error) {
      this.#failed(error);
    }
  }

  #lose(handler: RequestHandler, why: 'timeout' | 'closed'): void {
    this.#call(() => handler.onLost(why));
  }

  #call(work: () => void): void {
    try {
      work();
    } catch (error) {
      this.#failed(error);
    }
  }

  /** In order, as long as a slot is free. */
  #wake(): void {
    if (this.#outstanding.size === 0 && this.#idleWaiters.length > 0)
      for (const resolve of this.#idleWaiters.splice(0)) resolve();
    if (this.#waiters.size > 0) {
      for (const waiter of [...this.#waiters]) {
        if (this.free === 0) return;
        if (this.#waiters.delete(waiter)) waiter.granted();
      }
    }
    if (this.free > 0) this.#room();
  }

  #remember({ sequenceNumber, answerId, handler, since }: Slot): void {
    this.#forget(sequenceNumber);
    this.#timedOut.add(sequenceNumber, answerId, handler, since);
    const { oldest } = this.#timedOut;
    if (oldest && this.#timedOut.size > REMEMBERED_LATE) this.#timedOut.remove(oldest);
  }

  #forget(sequenceNumber: number): void {
    const slot = this.#timedOut.find(sequenceNumber);
    if (slot) this.#timedOut.remove(slot);
  }
}

/** SMPP 3.4 section 4.3: any request may be answered by generic_nack. */
function answers({ command_id }: Pick<ResponseView, 'command_id'>, { answerId }: Slot): boolean {
  return command_id === answerId || command_id === GENERIC_NACK;
}

function fixed(timeout: number): WaitingTime {
  return { timeout, longest: timeout, isLonger: false, came: () => undefined };
}

function closedError(): SmppError {
  return new SmppError('SESSION_CLOSED', 'the session with the SMSC is closed', { retriable: true });
}
