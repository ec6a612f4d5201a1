import type { Clock, TimerHandle } from '../../clock';
import { SmppError } from '../../protocol';
import type { DeliveryState, QueueItem } from '../../store';
import { isMulti, takenOf, type Taken } from '../message/destinations';
import { badness } from '../events/badness';
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
  /** Of a message to several: whose it is. */
  address?: string;
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
  /** Of submit_multi, once it is accepted: who is to have it. */
  taken?: Taken;
  /** By segment, and of a message to several by address; absent: none has come yet. */
  receipts?: Map<string, SegmentReceipt>;
  /** Another one who waits for the same message. */
  next?: Waiter | undefined;
  timer?: TimerHandle;
}

/** Receipts that are kept of recipients that nobody named: of one message, and of all. */
const MOST_STRANGERS = 255;
const MOST_OF_ALL = 10_000;

/** Who waits for the outcome of which message. Bounded: one that never hears back must not fill the memory. */
export class Outcomes {
  readonly #clock: Clock;
  readonly #limit: number;
  readonly #perMessage: ReceiptPerMessage;
  readonly #waiters = new Map<string, Waiter>();
  /** Receipts of members of distribution lists. */
  #strangers = 0;
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
        this.#strangers += strangersOf(waiter);
      } else this.#waiters.set(item.id, waiter);
      if (state) this.#accepted(waiter, state);
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
      if (!waiter.accepted) this.#accepted(waiter, state);
    }
  }

  #accepted(waiter: Waiter, state: DeliveryState): void {
    const { item } = waiter;
    const outcome = acceptedOutcome(item, state);
    if (waiter.until === 'accepted') return this.#complete(waiter, outcome);
    waiter.accepted = outcome;
    if (isMulti(item)) waiter.taken = takenOf(item, state.unsuccess ?? []);
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
      if (waiter.until !== 'delivered' || !this.#keep(waiter, receipt)) continue;
      if (waiter.accepted) this.#completeDelivered(waiter);
    }
  }

  /** Whether there is room for it. */
  #keep(waiter: Waiter, receipt: SegmentReceipt): boolean {
    const receipts = (waiter.receipts ??= new Map<string, SegmentReceipt>());
    const key = keyOf(receipt.segment, receipt.address);
    if (!receipts.has(key) && !isNamed(waiter.item, receipt)) {
      const most = waiter.item.segments.length * MOST_STRANGERS;
      if (this.#strangers >= MOST_OF_ALL || receipts.size >= most) return false;
      this.#strangers++;
    }
    receipts.set(key, receipt);
    return true;
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
    const { worst, facts } = factsOf(receipts);
    if (worst.state === 'DELIVRD') {
      this.#complete(waiter, deliveredOutcome(accepted, facts));
    } else {
      this.#remove(waiter);
      waiter.reject(undeliveredError(accepted, facts, waiter.item));
    }
    return true;
  }

  #haveCome({ item, accepted, taken }: Waiter, receipts: ReadonlyMap<string, SegmentReceipt>): boolean {
    const ids = accepted?.message_ids ?? [];
    const { length } = item.segments;
    if (!taken || isOne(taken)) return this.#haveComeFrom(taken?.numbers[0], receipts, length, ids, true);
    // Who the members of a list are is not known: nobody can tell when all have had it.
    return taken.lists === 0 && taken.numbers.every((one) => this.#haveComeFrom(one, receipts, length, ids));
  }

  /** Those of one recipient; `isOnly`: there is no other, then they need not say whose they are. */
  #haveComeFrom(
    address: string | undefined,
    receipts: ReadonlyMap<string, SegmentReceipt>,
    length: number,
    ids: readonly string[],
    isOnly = false,
  ): boolean {
    let come = 0;
    for (let segment = 0; segment < length; segment++) {
      // Where others have the same message_id as the last, a receipt for it may be told as one of theirs.
      if (this.#perMessage === 'last' && ids[segment] !== ids[length - 1]) continue;
      if (receipts.has(keyOf(segment, address)) || (isOnly && receipts.has(keyOf(segment, undefined))))
        come++;
    }
    return come >= (this.#perMessage === 'all' ? length : 1);
  }

  #timedOut(waiter: Waiter): void {
    if (!waiter.accepted) return;
    const { receipts, taken } = waiter;
    // Who waited for many is told of those that have it.
    const facts = taken && receipts ? factsOf(receipts).facts : {};
    const why = { code: 'RECEIPT_TIMEOUT', maybe_delivered: true, ...facts } as const;
    const failure = failedAfter(waiter.accepted, why);
    const seconds = waiter.deliveredTimeout / 1000;
    this.#reject(waiter, failure, timeoutText(taken, seconds));
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
    this.#strangers -= strangersOf(waiter);
    const { id } = waiter.item;
    const first = this.#waiters.get(id);
    this.#waiting--;
    if (first === waiter && !waiter.next) this.#waiters.delete(id);
    else if (first === waiter) this.#waiters.set(id, waiter.next as Waiter);
    else for (let one = first; one; one = one.next) if (one.next === waiter) one.next = waiter.next;
  }
}

const keyOf = (segment: number, address: string | undefined): string =>
  address === undefined ? String(segment) : `${segment} ${address}`;

/** Its receipts of recipients that nobody named. */
function strangersOf({ item, receipts }: Waiter): number {
  if (!receipts || !isMulti(item)) return 0;
  return [...receipts.values()].filter((receipt) => !isNamed(item, receipt)).length;
}

const isOne = ({ numbers, lists }: Taken): boolean => numbers.length === 1 && lists === 0;

/** Whether it is of a recipient that the message has a number of. */
function isNamed({ destination }: Pick<QueueItem, 'destination'>, { address }: SegmentReceipt): boolean {
  return address === undefined || `,${destination},`.includes(`,${address},`);
}

/** All, by segment, and the worst of them. */
function factsOf(receipts: ReadonlyMap<string, SegmentReceipt>) {
  const all = [...receipts.values()].sort((a, b) => a.segment - b.segment);
  const worst = worstOf(all, (one) => one.state);
  return { worst, facts: { receipt: worst.fields, receipts: all.map((one) => one.fields) } };
}

function timeoutText(taken: Taken | undefined, seconds: number): string {
  if (!taken || isOne(taken))
    return `the SMSC accepted the message, but no final receipt came within ${seconds} s`;
  const why =
    taken.lists === 0
      ? ''
      : '; of a distribution list nobody knows the members, so that it is never said to be delivered';
  return `the SMSC accepted the message, but not all final receipts came within ${seconds} s${why}`;
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
