import type { Clock, TimerHandle } from '../clock';
import type { CorrelationEntry } from '../store';
import { commonKeys } from './message-ids';
import type { MatchedReceipt, MessageMatcher } from './matching';

interface Held {
  readonly receipt: MatchedReceipt;
  readonly keys: readonly string[];
  readonly dueAt: number;
  resolve(entry: CorrelationEntry | undefined): void;
  readonly later: Promise<CorrelationEntry | undefined>;
}

const MAX_HELD = 10_000;

/** The entry now, or perhaps later. */
export type Found =
  | { readonly entry: CorrelationEntry | undefined }
  | { readonly later: Promise<CorrelationEntry | undefined> };

/**
 * Finds the message that a receipt belongs to.
 *
 * Some centres send the receipt before the response that tells the message_id: a
 * receipt that matches nothing is held for a while, and matched when its response comes.
 */
export class ReceiptMatcher {
  readonly #matcher: Pick<MessageMatcher, 'find' | 'belongs' | 'observe' | 'onLearned'>;
  readonly #clock: Clock;
  readonly #holdTime: number;
  /** Insertion order is the order in which they become due. */
  readonly #held = new Set<Held>();
  readonly #byKey = new Map<string, Set<Held>>();
  #timer: TimerHandle | undefined;

  /** `holdTime`: milliseconds; 0: what matches nothing now never does. */
  constructor(
    matcher: Pick<MessageMatcher, 'find' | 'belongs' | 'observe' | 'onLearned'>,
    clock: Clock,
    holdTime: number,
  ) {
    this.#matcher = matcher;
    this.#clock = clock;
    this.#holdTime = holdTime;
    matcher.onLearned = () => this.#held.forEach((held) => void this.#again(held));
  }

  /** The entry at once, or a promise of it where it may still come. Rejects as the correlator does. */
  async find(receipt: MatchedReceipt): Promise<Found> {
    // Held before it is looked up: its response may be stored in between.
    const held = this.#hold(receipt);
    let entry: CorrelationEntry | undefined;
    let looked = false;
    try {
      entry = await this.#matcher.find(receipt);
      looked = true;
    } finally {
      if (held && (entry || !looked)) this.#release(held, entry);
    }
    return held && !entry ? { later: held.later } : { entry };
  }

  /** The correlator has it now. */
  known(entry: CorrelationEntry): void {
    this.#matcher.observe(entry.messageId);
    if (this.#held.size === 0) return;
    for (const key of commonKeys(entry.messageId)) {
      for (const held of this.#byKey.get(key) ?? []) {
        if (this.#matcher.belongs(entry, held.receipt)) this.#release(held, entry);
      }
    }
  }

  /** Gives up on all that are held. */
  stop(): void {
    for (const held of this.#held) this.#release(held, undefined);
  }

  #hold(receipt: MatchedReceipt): Held | undefined {
    if (this.#holdTime === 0 || this.#held.size >= MAX_HELD) return undefined;
    let resolve: Held['resolve'] = () => undefined;
    const later = new Promise<CorrelationEntry | undefined>((fulfil) => (resolve = fulfil));
    const keys = [...new Set(receipt.ids.flatMap(commonKeys))];
    const held: Held = { receipt, keys, dueAt: this.#clock.monotonic() + this.#holdTime, resolve, later };
    this.#held.add(held);
    for (const key of keys) this.#byKey.set(key, (this.#byKey.get(key) ?? new Set()).add(held));
    this.#timer ??= this.#clock.setTimeout(() => this.#expire(), this.#holdTime);
    return held;
  }

  #release(held: Held, entry: CorrelationEntry | undefined): void {
    this.#remove(held);
    held.resolve(entry);
  }

  #remove(held: Held): void {
    this.#held.delete(held);
    for (const key of held.keys) {
      const alike = this.#byKey.get(key);
      alike?.delete(held);
      if (alike?.size === 0) this.#byKey.delete(key);
    }
    if (this.#held.size > 0) return;
    this.#clock.clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #expire(): void {
    this.#timer = undefined;
    // Timers may fire a fraction of a millisecond early.
    const now = this.#clock.monotonic() + 1;
    for (const held of this.#held) {
      if (held.dueAt > now) {
        this.#timer = this.#clock.setTimeout(() => this.#expire(), held.dueAt - now);
        return;
      }
      this.#remove(held);
      void this.#again(held).then(() => held.resolve(undefined));
    }
  }

  /** What could not be told when it came may be clear by now. */
  async #again(held: Held): Promise<void> {
    const entry = await this.#matcher.find(held.receipt).catch(() => undefined);
    if (entry) this.#release(held, entry);
  }
}
