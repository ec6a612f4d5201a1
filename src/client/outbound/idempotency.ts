import type { QueueItem } from '../../store';
import { onAbort, repeat, unlessAborted, type Repeated } from '../../waiting';
import { MessageError } from '../config/errors';
import type { Outcome } from '../events/outcome';
import { DeliveryError, queuedOutcome } from '../events/outcome-form';
import { Claiming, isKeyed, recordOf, type ClaimingParts, type Keyed } from './claiming';
import { checkReceipt, type Completion } from './completion';
import { stateOf, withoutText, type KeyOutcome, type KeyRecord } from './key-records';
import type { Outcomes } from './outcomes';
import { asDuplicate, markDuplicate, overError, toldOf } from './repeated';

/** Milliseconds between looks at what other instances have found out. */
const LOOK_EVERY = 2000;
export interface IdempotencyParts extends ClaimingParts {
  readonly outcomes: Outcomes;
}

/** Somebody who waits for the outcome of a message that an earlier call has given. */
interface Follower {
  readonly item: Keyed;
  readonly event: Completion['event'];
  end(told: Outcome | Error): void;
}

/**
 * Messages with an idempotency_key: each key is queued once while it lasts. Whoever gives it again gets the id of the
 * first message, and waits for, or gets, its outcome, marked `duplicate`.
 */
export class Idempotency {
  readonly #parts: IdempotencyParts;
  /** Keys whose messages are on their way into the queue: whoever has the same waits until that is known. */
  readonly #held = new Map<string, Promise<void>>();
  readonly #claiming: Claiming;
  readonly #followers = new Set<Follower>();
  readonly #looks: Repeated;
  readonly #repeats = new WeakSet<QueueItem>();

  constructor(parts: IdempotencyParts) {
    this.#parts = parts;
    this.#claiming = new Claiming(parts);
    this.#looks = repeat(parts.records.clock, LOOK_EVERY, () => this.#lookAtAll());
  }

  /** Whether some of these have a key. */
  concerns(items: readonly QueueItem[]): boolean {
    return this.#parts.records.isOn && items.some(isKeyed);
  }

  /** Queues those that are new; gives them all, each with the id that its key has. */
  async queue(items: readonly QueueItem[], signal: AbortSignal | undefined): Promise<QueueItem[]> {
    const known = await this.#queueNew(items, signal, () => undefined);
    return items.map((item, at) => {
      const record = known[at];
      if (!record) return item;
      const repeated = { ...item, id: record.id };
      this.#repeats.add(repeated);
      return repeated;
    });
  }

  /** Of an item that {@link queue} gave. */
  queuedOutcome(item: QueueItem): Outcome {
    const outcome = queuedOutcome(item);
    return this.#repeats.has(item) ? asDuplicate(outcome) : outcome;
  }

  /** Queues those that are new, and gives the outcome of each. */
  async send(items: readonly QueueItem[], completion: Completion): Promise<Promise<Outcome>[]> {
    const { outcomes } = this.#parts;
    const { event, deliveredTimeout, signal } = completion;
    outcomes.reserve(items.length);
    if (event === 'delivered') items.forEach(checkReceipt);
    // Before they are queued: the response may be faster than the queue's promise.
    const waiting = items.map((item) => outcomes.wait(item, event, deliveredTimeout));
    for (const outcome of waiting) outcome.catch(() => undefined);
    const forget = (item: QueueItem): void => outcomes.forget(item);
    try {
      const known = await this.#queueNew(items, signal, forget);
      const all = items.map((item, at) => {
        const record = known[at];
        if (isKeyed(item) && record) return this.#follow(item, record, completion);
        const own = waiting[at] as Promise<Outcome>;
        if (event === 'delivered' && isKeyed(item)) this.#noteReceipts(item, own);
        return signal ? unlessAborted(own, signal).finally(() => forget(item)) : own;
      });
      for (const outcome of all) outcome.catch(() => undefined);
      return all;
    } catch (error) {
      items.forEach(forget);
      throw error;
    }
  }

  /** A message failed otherwise than by a settlement. */
  failed(item: Pick<QueueItem, 'id' | 'idempotency'>, failed: NonNullable<KeyOutcome['failed']>): void {
    this.#parts.records.tell(item, { failed });
  }

  /** Nobody is waited for any more. */
  stop(): void {
    this.#looks.stop();
  }

  // --- into the queue ---

  /** The records of those that were known, by their places; `forget` is told of these. */
  async #queueNew(
    items: readonly QueueItem[],
    signal: AbortSignal | undefined,
    forget: (item: QueueItem) => void,
  ): Promise<(KeyRecord | undefined)[]> {
    const firsts = new Map<string, Keyed>();
    items.forEach((item, at) => {
      if (!isKeyed(item)) return;
      const first = firsts.get(item.idempotency.key);
      if (first) checkSame(item, first.idempotency.digest, items.length > 1 ? at : undefined);
      else firsts.set(item.idempotency.key, item);
    });
    const release = await this.#hold([...firsts.keys()], signal);
    try {
      const known = new Map<string, KeyRecord>();
      const isNew = (item: QueueItem): boolean =>
        !isKeyed(item) || (firsts.get(item.idempotency.key) === item && !known.has(item.idempotency.key));
      for (let fresh = items.filter(isNew); fresh.length > 0; fresh = items.filter(isNew)) {
        const claimed = await this.#claiming.queue(fresh, signal);
        if (!claimed) break;
        for (const [key, value] of claimed) known.set(key, recordOf(value));
        items.forEach((item, at) => {
          const record = isKeyed(item) ? known.get(item.idempotency.key) : undefined;
          if (record) checkSame(item, record.digest, items.length > 1 ? at : undefined);
        });
      }
      return items.map((item) => {
        if (isNew(item)) return undefined;
        forget(item);
        const { key } = (item as Keyed).idempotency;
        const { id, idempotency } = firsts.get(key) as Keyed;
        return known.get(key) ?? { id, digest: idempotency.digest };
      });
    } finally {
      release();
    }
  }

  /** All of the keys at once, so that no two batches wait for each other. Returns what lets go of them. */
  async #hold(keys: readonly string[], signal: AbortSignal | undefined): Promise<() => void> {
    for (let held = this.#heldOf(keys); held; held = this.#heldOf(keys))
      await (signal ? unlessAborted(held, signal) : held);
    let done: () => void = () => undefined;
    const over = new Promise<void>((resolve) => (done = resolve));
    for (const key of keys) this.#held.set(key, over);
    return () => {
      for (const key of keys) this.#held.delete(key);
      done();
    };
  }

  #heldOf(keys: readonly string[]): Promise<void> | undefined {
    for (const key of keys) {
      const held = this.#held.get(key);
      if (held) return held;
    }
    return undefined;
  }

  // --- outcomes ---

  /** What a call gets that gives a known key. */
  #follow(given: Keyed, record: KeyRecord, completion: Completion): Promise<Outcome> {
    const item = { ...given, id: record.id };
    const { event, deliveredTimeout, signal } = completion;
    const told = toldOf(item, record, event);
    if (told instanceof Error) return Promise.reject(told);
    if (told) return Promise.resolve(told);
    const { outcomes } = this.#parts;
    return new Promise((resolve, reject) => {
      let off: (() => void) | undefined;
      const follower: Follower = {
        item,
        event,
        end: (ended) => {
          off?.();
          this.#followers.delete(follower);
          if (this.#followers.size === 0) this.#looks.stop();
          outcomes.forget(item);
          if (ended instanceof Error) reject(markDuplicate(ended));
          else resolve(asDuplicate(ended));
        },
      };
      const state = record.accepted && stateOf(item, record.accepted);
      const own = outcomes.wait(item, event, deliveredTimeout, state);
      this.#noteReceipts(item, own);
      own.then(
        (outcome) => follower.end(outcome),
        (error: unknown) => follower.end(error as Error),
      );
      this.#followers.add(follower);
      this.#looks.start();
      if (signal) off = onAbort(signal, () => follower.end(signal.reason as Error));
      // It may have ended between the look at the record and now.
      this.#look(follower).catch(() => undefined);
    });
  }

  async #lookAtAll(): Promise<void> {
    await Promise.all([...this.#followers].map((follower) => this.#look(follower)));
  }

  async #look(follower: Follower): Promise<void> {
    const { item, event } = follower;
    const record = await this.#parts.records.read(item.idempotency.key);
    if (record?.id !== item.id) return follower.end(overError(item));
    const told = toldOf(item, record, event);
    if (told) return follower.end(told);
    // Its receipts are yet to come.
    if (record.accepted) this.#parts.outcomes.acceptedElsewhere(item.id, stateOf(item, record.accepted));
  }

  /** Its receipts are told once more to whoever asks later. */
  #noteReceipts(item: Keyed, outcome: Promise<Outcome>): void {
    const note = (told: Partial<Outcome> & { code?: string }): void => {
      const { receipts, message_ids = [], attempts = 1, redelivered = false } = told;
      if (!receipts) return;
      const accepted = { message_ids, attempts: Math.max(0, attempts - 1), redelivered };
      this.#parts.records.tell(item, { accepted, receipts: withoutText(receipts) });
    };
    outcome.then(note, (error: unknown) => {
      if (error instanceof DeliveryError) note(error.outcome);
    });
  }
}

/** Throws where a key comes again with another message. */
function checkSame(item: QueueItem, digest: string, index: number | undefined): void {
  if (item.idempotency?.digest === digest) return;
  const text =
    'this idempotency_key was given with another message (recipient, sender, text or command differ), which is or was ' +
    'queued; nothing of this one is';
  const remedy = 'give each message a key of its own';
  const error = new MessageError('IDEMPOTENCY_CONFLICT', 'idempotency_key', text, undefined, remedy);
  if (index !== undefined) error.index = index;
  throw error;
}
