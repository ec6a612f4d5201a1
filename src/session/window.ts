import { Aborts } from '../waiting';
import { SmppError, type Pdu } from '../protocol';
import { Congestion } from './congestion';

/** Who sent a request hears of its fate exactly once by `onResponse` or `onLost`. */
export interface RequestHandler {
  /** `octets` is the whole PDU; it lives on as long as somebody holds it. */
  onResponse(response: Pdu, octets: Buffer): void;
  /** `timeout`: no response in time; `closed`: the link went. Either way the peer may have acted on it. */
  onLost(reason: 'timeout' | 'closed'): void;
  /** A response that came after `onLost('timeout')`. */
  onLate?(response: Pdu, octets: Buffer): void;
}

interface Outstanding {
  readonly handler: RequestHandler;
  /** The command_id that answers it. */
  readonly answerId: number;
  /** Since when it waits; monotonic milliseconds, without the time in which nothing was read. */
  since: number;
}

/** How long responses are waited for; the same for all at every moment. */
export interface WaitingTime {
  /** Milliseconds. */
  readonly timeout: number;
  /** How long a response may take until nobody reckons with it any more. */
  readonly longest: number;
  readonly isLonger: boolean;
  came(sentAt: number): void;
}

interface Waiter {
  resolve(): void;
  reject(error: Error): void;
}

const REMEMBERED_LATE = 1000;
const RESPONSE_BIT = 0x80000000;
const GENERIC_NACK = 0x80000000;

/**
 * Requests that wait for a response, by sequence number.
 *
 * All have the same time-out, so the Map's insertion order is the order in which
 * they become due: one look at the first entry tells the next deadline.
 */
export class Window {
  readonly #time: WaitingTime;
  readonly #congestion: Congestion;
  readonly #failed: (error: unknown) => void;
  readonly #released: () => void;
  readonly #outstanding = new Map<number, Outstanding>();
  readonly #timedOut = new Map<number, Outstanding>();
  /** One for many: a new one walks over all that was deleted in front. None while nothing is to go: it keeps that alive. */
  #oldest: Iterator<number> | undefined;
  readonly #waiters = new Set<Waiter>();
  readonly #aborts = new Aborts();
  readonly #idleWaiters: (() => void)[] = [];
  #closed = false;
  /** Time-outs since the last response. */
  #timeoutsInARow = 0;
  /** Since when the first of them waited. */
  #silentSince: number | undefined;
  #held = false;

  /**
   * `size`: requests outstanding at most; `time`: milliseconds, or what tells them; `failed` hears what handlers throw,
   * so that it harms nobody else; `released` hears when it is held no more: its {@link dueAt} has come nearer.
   */
  constructor(
    size: number,
    time: number | WaitingTime,
    failed: (error: unknown) => void,
    released: () => void = () => undefined,
  ) {
    this.#released = released;
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
    return (this.#silentSince ?? this.#first?.since ?? 0) + 2 * this.#time.timeout;
  }

  get #first(): Outstanding | undefined {
    for (const entry of this.#outstanding.values()) return entry;
    return undefined;
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
    for (const { since } of this.#outstanding.values()) {
      if (since + this.#time.timeout > now) break;
      due++;
    }
    return due;
  }

  /** Who waits for a response. */
  *awaited(): Iterable<RequestHandler> {
    for (const { handler } of this.#outstanding.values()) yield handler;
  }

  /** Who has waited in vain, not long ago, and may still hear of one. */
  *overdue(now: number): Iterable<RequestHandler> {
    for (const { handler, since } of this.#timedOut.values()) {
      if (now - since < this.#time.longest) yield handler;
    }
  }

  /** Requests outstanding at most: what was given, or less while the peer is congested. */
  get size(): number {
    return this.#congestion.size;
  }

  resize(size: number): void {
    this.#congestion.resize(size);
    this.#wake();
  }

  /** Waits until a slot is free; does not take it: look again. Rejects when the session closes or `signal` aborts. */
  slot(signal?: AbortSignal): Promise<void> {
    if (this.free > 0) return Promise.resolve();
    if (this.#closed) return Promise.reject(closedError());
    if (signal?.aborted) return Promise.reject(signal.reason as Error);
    return new Promise((resolve, reject) => {
      const onAbort = (): void => {
        this.#waiters.delete(waiter);
        reject(signal?.reason as Error);
      };
      const done = signal && this.#aborts.on(signal, onAbort);
      const waiter: Waiter = {
        resolve: () => (done?.(), resolve()),
        reject: (error) => (done?.(), reject(error)),
      };
      this.#waiters.add(waiter);
    });
  }

  /** Resolves when nothing is outstanding, also because the session has closed. */
  async idle(): Promise<void> {
    while (this.#outstanding.size > 0) await new Promise<void>((resolve) => this.#idleWaiters.push(resolve));
  }

  /** Returns when the request becomes due. */
  open(sequenceNumber: number, commandId: number, handler: RequestHandler, now: number): number {
    this.#timedOut.delete(sequenceNumber);
    const answerId = (commandId | RESPONSE_BIT) >>> 0;
    this.#outstanding.set(sequenceNumber, { handler, answerId, since: now });
    return now + this.#time.timeout;
  }

  isOutstanding(sequenceNumber: number): boolean {
    return this.#outstanding.has(sequenceNumber);
  }

  /** Gives a response to the only request that waits, whatever its number and command. Returns the request's number. */
  settleOnly(response: Pdu, octets: Buffer): number | undefined {
    const [only, ...others] = this.#outstanding;
    if (!only || others.length > 0) return undefined;
    const [sequenceNumber, { handler }] = only;
    this.#outstanding.delete(sequenceNumber);
    this.#tell(() => handler.onResponse(response, octets));
    this.#wake();
    return sequenceNumber;
  }

  /** Gives the response to whoever waits for it; `unknown` when nobody ever did, or for another command. */
  settle(response: Pdu, octets: Buffer): 'settled' | 'late' | 'unknown' {
    const { sequence_number: sequenceNumber } = response;
    const entry = this.#outstanding.get(sequenceNumber);
    const late = entry ? undefined : this.#timedOut.get(sequenceNumber);
    const asked = entry ?? late;
    if (!asked || !answers(response, asked)) return 'unknown';
    this.#timeoutsInARow = 0;
    this.#silentSince = undefined;
    if (late || this.#held || this.#time.isLonger) this.#time.came(asked.since);
    if (this.#held) this.#release();
    if (late) {
      this.#timedOut.delete(sequenceNumber);
      this.#tell(() => late.handler.onLate?.(response, octets));
      return 'late';
    }
    // Before the slot is free, or whoever waits for it would go by the old size.
    this.#congestion.heard(congestionOf(response));
    this.#outstanding.delete(sequenceNumber);
    this.#tell(() => asked.handler.onResponse(response, octets));
    this.#wake();
    return 'settled';
  }

  dueAt(): number | undefined {
    const { givenUpAt } = this;
    if (givenUpAt !== undefined) return givenUpAt;
    const first = this.#first;
    return first && first.since + this.#time.timeout;
  }

  /** All become due so many milliseconds later: their responses could not be read. */
  postpone(ms: number): void {
    for (const entry of this.#outstanding.values()) entry.since += ms;
    if (this.#silentSince !== undefined) this.#silentSince += ms;
  }

  /** Gives up on what is due, and frees its slots. */
  expire(now: number): number {
    let expired = 0;
    for (const [sequenceNumber, entry] of this.#outstanding) {
      if (entry.since + this.#time.timeout > now) break;
      this.#outstanding.delete(sequenceNumber);
      this.#remember(sequenceNumber, entry);
      expired++;
      this.#timeoutsInARow++;
      this.#silentSince ??= entry.since;
      this.#tell(() => entry.handler.onLost('timeout'));
    }
    if (expired > 0) this.#wake();
    return expired;
  }

  /** Tells all who wait that the link is gone, or was given up because responses did not come. */
  close(why: 'timeout' | 'closed' = 'closed'): void {
    this.#closed = true;
    const lost = [...this.#outstanding.values()];
    this.#outstanding.clear();
    this.#timedOut.clear();
    for (const waiter of this.#waiting()) waiter.reject(closedError());
    for (const entry of lost) this.#tell(() => entry.handler.onLost(why));
    this.#wake();
  }

  #release(): void {
    this.#held = false;
    this.#wake();
    // What is due by now has waited for this.
    this.#released();
  }

  #tell(call: () => void): void {
    try {
      call();
    } catch (error) {
      this.#failed(error);
    }
  }

  /** All of them: each looks again whether a slot is left. */
  #wake(): void {
    if (this.#outstanding.size === 0 && this.#idleWaiters.length > 0)
      for (const resolve of this.#idleWaiters.splice(0)) resolve();
    if (this.#waiters.size === 0 || this.free === 0) return;
    for (const waiter of this.#waiting()) waiter.resolve();
  }

  #waiting(): Waiter[] {
    const all = [...this.#waiters];
    this.#waiters.clear();
    return all;
  }

  #remember(sequenceNumber: number, entry: Outstanding): void {
    this.#timedOut.set(sequenceNumber, entry);
    if (this.#timedOut.size <= REMEMBERED_LATE) this.#oldest = undefined;
    while (this.#timedOut.size > REMEMBERED_LATE) {
      const next = (this.#oldest ??= this.#timedOut.keys()).next();
      if (next.done) this.#oldest = undefined;
      else this.#timedOut.delete(next.value);
    }
  }
}

/** SMPP 3.4 section 4.3: any request may be answered by generic_nack. */
function answers({ command_id }: Pdu, { answerId }: Outstanding): boolean {
  return command_id === answerId || command_id === GENERIC_NACK;
}

function congestionOf({ tlvs }: Pdu): number | undefined {
  const state: unknown = tlvs['congestion_state'];
  return typeof state === 'number' ? state : undefined;
}

function fixed(timeout: number): WaitingTime {
  return { timeout, longest: timeout, isLonger: false, came: () => undefined };
}

function closedError(): SmppError {
  return new SmppError('SESSION_CLOSED', 'the session with the SMSC is closed', { retriable: true });
}
