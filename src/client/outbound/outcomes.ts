import type { Clock, TimerHandle } from '../../clock';
import { SmppError } from '../../protocol';
import type { DeliveryState, QueueItem } from '../../store';
import type { FailureFields, Outcome, ReceiptReport } from '../events/outcome';
import {
  acceptedOutcome,
  type DeliveryError,
  type ReceiptFacts,
  deliveredOutcome,
  deliveryError,
  failedAfter,
  failureFields,
} from '../events/outcome-form';

/** Some SMSCs send one receipt for each segment, some one for all. */
export type ReceiptPerMessage = 'all' | 'last' | 'any';

/**
 * When a message is done with: the SMSC has accepted all of it, the queue has it, or its receipts say it was delivered.
 */
export type CompleteWhen = 'accepted' | 'queued' | 'delivered';

/** A receipt of one segment. */
export interface SegmentReceipt {
  readonly segment: number;
  readonly state: string;
  readonly final: boolean;
  readonly fields: ReceiptReport;
}

interface Waiter {
  readonly item: QueueItem;
  readonly until: 'accepted' | 'delivered';
  /** Milliseconds. */
  readonly deliveredTimeout: number;
  resolve(outcome: Outcome): void;
  reject(error: SmppError): void;
  accepted?: Outcome;
  /** Another one who waits for the same message. */
  next?: Waiter | undefined;
  /** By segment; absent: none has come yet. */
  receipts?: Map<number, SegmentReceipt>;
  timer?: TimerHandle;
}

/** From best to worst; what is not listed is worst. */
const STATES = 'DELIVRD ACCEPTD ENROUTE SCHEDULED SKIPPED UNKNOWN DELETED EXPIRED REJECTD UNDELIV'.split(' ');
const badness = (state: string): number => (STATES.includes(state) ? STATES.indexOf(state) : STATES.length);

/** Who waits for the outcome of which message. Bounded: one that never hears back must not fill the memory. */
export class Outcomes {
  readonly #clock: Clock;
  readonly #limit: number;
  readonly #perMessage: ReceiptPerMessage;
  readonly #waiters = new Map<string, Waiter>();
  #waiting = 0;

  /** `perMessage`: which segments' final receipts make a message delivered. */
  constructor(clock: Clock, limit: number, perMessage: ReceiptPerMessage = 'all') {
    this.#clock = clock;
    this.#limit = limit;
    this.#perMessage = perMessage;
  }

  get waiting(): number {
    return this.#waiting;
  }

  /** Messages whose sender waits and that have not been accepted. */
  get pending(): QueueItem[] {
    return [...this.#waiters.values()].flatMap(({ item, accepted }) => (accepted ? [] : [item]));
  }

  /** Throws `WAITING_FULL` where `count` more would be too many. */
  reserve(count: number): void {
    if (this.#waiting + count <= this.#limit) return;
    throw new SmppError(
      'WAITING_FULL',
      `${this.#waiting} messages already wait for their outcome (maxWaiting ${this.#limit}); ` +
        'send slower, raise maxWaiting, or complete when queued',
      { retriable: true },
    );
  }

  /** Several may wait for one message, each by an item of its own; `state`: it is known to be accepted. */
  wait(
    item: QueueItem,
    until: 'accepted' | 'delivered',
    deliveredTimeout: number,
    state?: DeliveryState,
  ): Promise<Outcome> {
    return new Promise((resolve, reject) => {
      const waiter: Waiter = { item, until, deliveredTimeout, resolve, reject };
      const first = this.#waiters.get(item.id);
      this.#waiting++;
      if (first) {
        waiter.next = first.next;
        first.next = waiter;
        if (first.receipts) waiter.receipts = new Map(first.receipts);
      } else this.#waiters.set(item.id, waiter);
      if (state) this.#accepted(waiter, acceptedOutcome(item, state));
    });
  }

  /** Nobody waits by this item any more: it was not queued, or its sender gave up waiting. */
  forget(item: QueueItem): void {
    for (let waiter = this.#waiters.get(item.id); waiter; waiter = waiter.next)
      if (waiter.item === item) return this.#remove(waiter);
  }

  /** All who wait, the oldest first. */
  *#all(): Iterable<Waiter> {
    for (const first of [...this.#waiters.values()])
      for (let waiter: Waiter | undefined = first, next; waiter; waiter = next) {
        ({ next } = waiter);
        yield waiter;
      }
  }

  accepted(item: Pick<QueueItem, 'id'>, state: DeliveryState): void {
    for (let waiter = this.#waiters.get(item.id), next; waiter; waiter = next) {
      ({ next } = waiter);
      // Each by labels of its own.
      if (!waiter.accepted) this.#accepted(waiter, acceptedOutcome(waiter.item, state));
    }
  }

  #accepted(waiter: Waiter, outcome: Outcome): void {
    if (waiter.until === 'accepted') return this.#complete(waiter, outcome);
    waiter.accepted = outcome;
    if (this.#completeDelivered(waiter)) return;
    waiter.timer = this.#clock.setTimeout(() => this.#timedOut(waiter), waiter.deliveredTimeout);
  }

  /** The same of a message that another instance sent. */
  acceptedElsewhere(id: string, state: DeliveryState): void {
    const waiter = this.#waiters.get(id);
    if (waiter) this.accepted(waiter.item, state);
  }

  failed(item: Pick<QueueItem, 'id'>, failure: FailureFields, text: string): void {
    for (let waiter = this.#waiters.get(item.id), next; waiter; waiter = next) {
      ({ next } = waiter);
      this.#reject(waiter, failure, text);
    }
  }

  /** No other instance has told in time what became of messages that expired before that date, epoch milliseconds. */
  overdue(before: number): void {
    for (const waiter of this.#all()) {
      const { item, accepted } = waiter;
      if (accepted || (item.expiresAt ?? Infinity) >= before) continue;
      const text = `it has expired, and the instance that had taken it never told what became of it; it may have been delivered`;
      this.#reject(waiter, failureFields(item, undefined, { code: 'OUTCOME_UNKNOWN', text }), text);
    }
  }

  receipt(id: string, receipt: SegmentReceipt): void {
    if (!receipt.final) return;
    for (let waiter = this.#waiters.get(id), next; waiter; waiter = next) {
      ({ next } = waiter);
      if (waiter.until !== 'delivered') continue;
      (waiter.receipts ??= new Map()).set(receipt.segment, receipt);
      if (waiter.accepted) this.#completeDelivered(waiter);
    }
  }

  /** Rejects all who wait: the client stops, and what it has queued stays queued. */
  stop(): void {
    for (const waiter of this.#all()) {
      this.#remove(waiter);
      const text = `the client stopped before the outcome of message ${waiter.item.id} was known`;
      waiter.reject(new SmppError('STOPPED', text, { retriable: true }));
    }
  }

  #completeDelivered(waiter: Waiter): boolean {
    const { accepted, receipts } = waiter;
    if (!accepted || !receipts || !this.#haveCome(waiter, receipts)) return false;
    const all = [...receipts.values()].sort((a, b) => a.segment - b.segment);
    const worst = worstOf(all, (one) => one.state);
    const facts = { receipt: worst.fields, receipts: all.map((one) => one.fields) };
    if (worst.state === 'DELIVRD') {
      this.#complete(waiter, deliveredOutcome(accepted, facts));
    } else {
      this.#remove(waiter);
      waiter.reject(undeliveredError(accepted, facts, waiter.item));
    }
    return true;
  }

  #haveCome({ item, accepted }: Waiter, receipts: ReadonlyMap<number, SegmentReceipt>): boolean {
    const { length } = item.segments;
    if (this.#perMessage === 'last') {
      // Where others have the same message_id as the last, a receipt for it may be told as one of theirs.
      const ids = accepted?.message_ids ?? [];
      return [...receipts.keys()].some((segment) => ids[segment] === ids[length - 1]);
    }
    return receipts.size >= (this.#perMessage === 'any' ? 1 : length);
  }

  #timedOut(waiter: Waiter): void {
    if (!waiter.accepted) return;
    const failure = failedAfter(waiter.accepted, { code: 'RECEIPT_TIMEOUT', maybe_delivered: true });
    const seconds = waiter.deliveredTimeout / 1000;
    this.#reject(
      waiter,
      failure,
      `the SMSC accepted the message, but no final receipt came within ${seconds} s`,
    );
  }

  #complete(waiter: Waiter, outcome: Outcome): void {
    this.#remove(waiter);
    waiter.resolve(outcome);
  }

  #reject(waiter: Waiter, failure: FailureFields, text: string): void {
    this.#remove(waiter);
    waiter.reject(deliveryError(text, failure, waiter.item));
  }

  #remove(waiter: Waiter): void {
    if (waiter.timer !== undefined) this.#clock.clearTimeout(waiter.timer);
    const { id } = waiter.item;
    const first = this.#waiters.get(id);
    this.#waiting--;
    if (first === waiter && !waiter.next) this.#waiters.delete(id);
    else if (first === waiter) this.#waiters.set(id, waiter.next as Waiter);
    else for (let one = first; one; one = one.next) if (one.next === waiter) one.next = waiter.next;
  }
}

/** Of receipts that which is worst. */
export function worstOf<T>(receipts: readonly T[], stateOf: (receipt: T) => string): T {
  return receipts.reduce((a, b) => (badness(stateOf(b)) > badness(stateOf(a)) ? b : a));
}

/** It was accepted, and its receipts say that it was not delivered. */
export function undeliveredError(accepted: Outcome, facts: ReceiptFacts, item: QueueItem): DeliveryError {
  const failure = failedAfter(accepted, { code: 'UNDELIVERED', ...facts });
  return deliveryError(`the SMSC accepted the message but reports ${facts.receipt.state}`, failure, item);
}
