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
  dueAt: number;
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
  readonly #timeout: number;
  readonly #congestion: Congestion;
  readonly #failed: (error: unknown) => void;
  readonly #outstanding = new Map<number, Outstanding>();
  readonly #timedOut = new Map<number, Outstanding>();
  /** One for all: a new one walks over all that was deleted in front. */
  #oldest = this.#timedOut.keys();
  readonly #waiters: Waiter[] = [];
  readonly #idleWaiters: (() => void)[] = [];
  #closed = false;
  /** Time-outs since the last response. */
  #timeoutsInARow = 0;

  /**
   * `size`: requests outstanding at most; `timeout`: milliseconds; `failed` hears what handlers throw, so that it
   * harms nobody else.
   */
  constructor(size: number, timeout: number, failed: (error: unknown) => void) {
    this.#failed = failed;
    this.#congestion = new Congestion(size);
    this.#timeout = timeout;
  }

  get outstanding(): number {
    return this.#outstanding.size;
  }

  get free(): number {
    return this.#closed ? 0 : Math.max(0, this.size - this.#outstanding.size);
  }

  get timeoutsInARow(): number {
    return this.#timeoutsInARow;
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
      const done = (): void => signal?.removeEventListener('abort', onAbort);
      const waiter: Waiter = {
        resolve: () => (done(), resolve()),
        reject: (error) => (done(), reject(error)),
      };
      const onAbort = (): void => {
        const at = this.#waiters.indexOf(waiter);
        if (at >= 0) this.#waiters.splice(at, 1);
        reject(signal?.reason as Error);
      };
      signal?.addEventListener('abort', onAbort, { once: true });
      this.#waiters.push(waiter);
    });
  }

  /** Resolves when nothing is outstanding, also because the session has closed. */
  async idle(): Promise<void> {
    while (this.#outstanding.size > 0) await new Promise<void>((resolve) => this.#idleWaiters.push(resolve));
  }

  /** Returns when the request becomes due. */
  open(sequenceNumber: number, commandId: number, handler: RequestHandler, now: number): number {
    const dueAt = now + this.#timeout;
    this.#timedOut.delete(sequenceNumber);
    this.#outstanding.set(sequenceNumber, { handler, answerId: (commandId | RESPONSE_BIT) >>> 0, dueAt });
    return dueAt;
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
    for (const entry of this.#outstanding.values()) return entry.dueAt;
    return undefined;
  }

  /** All become due so many milliseconds later: their responses could not be read. */
  postpone(ms: number): void {
    for (const entry of this.#outstanding.values()) entry.dueAt += ms;
  }

  /** Gives up on what is due, and frees its slots. */
  expire(now: number): number {
    let expired = 0;
    for (const [sequenceNumber, entry] of this.#outstanding) {
      if (entry.dueAt > now) break;
      this.#outstanding.delete(sequenceNumber);
      this.#remember(sequenceNumber, entry);
      expired++;
      this.#timeoutsInARow++;
      this.#tell(() => entry.handler.onLost('timeout'));
    }
    if (expired > 0) this.#wake();
    return expired;
  }

  /** Tells all who wait that the link is gone. */
  close(): void {
    this.#closed = true;
    const lost = [...this.#outstanding.values()];
    this.#outstanding.clear();
    this.#timedOut.clear();
    for (const waiter of this.#waiters.splice(0)) waiter.reject(closedError());
    for (const entry of lost) this.#tell(() => entry.handler.onLost('closed'));
    this.#wake();
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
    if (this.#outstanding.size === 0) for (const resolve of this.#idleWaiters.splice(0)) resolve();
    if (this.free === 0) return;
    for (const waiter of this.#waiters.splice(0)) waiter.resolve();
  }

  #remember(sequenceNumber: number, entry: Outstanding): void {
    this.#timedOut.set(sequenceNumber, entry);
    while (this.#timedOut.size > REMEMBERED_LATE) {
      const next = this.#oldest.next();
      // At its end it stays there.
      if (next.done) this.#oldest = this.#timedOut.keys();
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

function closedError(): SmppError {
  return new SmppError('SESSION_CLOSED', 'the session with the SMSC is closed', { retriable: true });
}
