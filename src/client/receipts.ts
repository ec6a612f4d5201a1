import type { Clock, TimerHandle } from '../clock';
import type { CorrelationEntry } from '../store';
import type { FinalReceipts } from './final-receipts';
import { commonKeys } from './message-ids';
import { agrees, type Doubt, type MatchedReceipt, type MessageMatcher } from './matching';
import { KeyedMutex } from './keyed-mutex';

interface Held {
  readonly receipt: MatchedReceipt;
  readonly keys: readonly string[];
  readonly dueAt: number;
  /** Its match is known, or it was given up. */
  settled: boolean;
  /** It is to be looked up again as soon as it is its turn. */
  due: boolean;
  resolve(match: Match | undefined): void;
  readonly later: Promise<Match | undefined>;
}

const MAX_HELD = 10_000;

/** The message that a receipt is for. */
export interface Match {
  readonly entry: CorrelationEntry;
  /** The receipt is final, and so was one for the same message before. */
  readonly duplicate: boolean;
}

/** What a receipt that is held may wait for. */
interface Patience {
  readonly doubt?: Doubt;
  readonly mayWait?: boolean;
}

/** The match now, or perhaps later. */
export type Found = { readonly match: Match | undefined } | { readonly later: Promise<Match | undefined> };

/**
 * Finds the message that a receipt belongs to.
 *
 * Some centres send the receipt before the response that tells the message_id: a
 * receipt that matches nothing is held for a while, and matched when its response comes. Those that may be for the same
 * message are looked up one after the other: what one has taken is not free for the next.
 */
export class ReceiptMatcher {
  readonly #matcher: Pick<MessageMatcher, 'find' | 'observe' | 'onLearned'>;
  readonly #finals: Pick<FinalReceipts, 'has' | 'claim'>;
  readonly #clock: Clock;
  readonly #holdTime: number;
  readonly #awaits: (receipt: MatchedReceipt) => boolean;
  /** Insertion order is the order in which they become due. */
  readonly #held = new Set<Held>();
  readonly #byKey = new Map<string, Set<Held>>();
  readonly #mutex = new KeyedMutex();
  #timer: TimerHandle | undefined;

  /**
   * `holdTime`: milliseconds; 0: what matches nothing now never does. `awaits`: whether the message_id of another message
   * to the same number may still become known.
   */
  constructor(
    matcher: Pick<MessageMatcher, 'find' | 'observe' | 'onLearned'>,
    finals: Pick<FinalReceipts, 'has' | 'claim'>,
    clock: Clock,
    holdTime: number,
    awaits: (receipt: MatchedReceipt) => boolean = () => false,
  ) {
    this.#matcher = matcher;
    this.#finals = finals;
    this.#clock = clock;
    this.#holdTime = holdTime;
    this.#awaits = awaits;
    matcher.onLearned = () => this.#held.forEach((held) => void this.#again(held));
  }

  /** The match at once, or a promise of it where it may still come. Rejects as the correlator does. */
  async find(receipt: MatchedReceipt): Promise<Found> {
    const keys = [...new Set(receipt.ids.flatMap(commonKeys))];
    // Held before it is looked up: its response may be stored in between.
    const held = this.#hold(receipt, keys);
    if (!held) return { match: await this.#mutex.take(keys, () => this.#look(receipt)) };
    try {
      const match = await this.#mutex.take(keys, () => this.#settle(held, { mayWait: true }));
      return match ? { match } : { later: held.later };
    } catch (error) {
      this.#release(held, undefined);
      throw error;
    }
  }

  /** Looks it up, unless that is settled; undefined: nothing is found now. */
  async #settle(held: Held, patience: Patience = {}): Promise<Match | undefined> {
    if (held.settled) return undefined;
    const match = await this.#look(held.receipt, patience);
    if (match) this.#release(held, match);
    return match;
  }

  async #look(
    receipt: MatchedReceipt,
    { doubt, mayWait = false }: Patience = {},
  ): Promise<Match | undefined> {
    const entry = await this.#matcher.find(receipt, doubt);
    if (!entry) return undefined;
    const duplicate = receipt.final && this.#finals.has(entry);
    // One that is early may be for another message with this id, whose response is still to come.
    if (duplicate && doubt) return undefined;
    if (mayWait && (duplicate || !agrees(entry, receipt)) && this.#awaits(receipt)) return undefined;
    if (receipt.final) this.#finals.claim(entry, receipt.source);
    return { entry, duplicate };
  }

  /** The correlator has it now. */
  known(entry: CorrelationEntry): void {
    this.#matcher.observe(entry.messageId);
    if (this.#held.size === 0) return;
    const alike = new Set(commonKeys(entry.messageId).flatMap((key) => [...(this.#byKey.get(key) ?? [])]));
    // Several with one id, of which one may be for a message whose response is still to come.
    const doubt = { id: true, address: alike.size > 1 };
    for (const held of alike) if (!held.due) void this.#again(held, doubt);
  }

  /** Gives up on all that are held. */
  stop(): void {
    for (const held of this.#held) this.#release(held, undefined);
  }

  #hold(receipt: MatchedReceipt, keys: readonly string[]): Held | undefined {
    if (this.#holdTime === 0 || this.#held.size >= MAX_HELD) return undefined;
    let resolve: Held['resolve'] = () => undefined;
    const later = new Promise<Match | undefined>((fulfil) => (resolve = fulfil));
    const dueAt = this.#clock.monotonic() + this.#holdTime;
    const held: Held = { receipt, keys, dueAt, settled: false, due: false, resolve, later };
    this.#held.add(held);
    for (const key of keys) this.#byKey.set(key, (this.#byKey.get(key) ?? new Set()).add(held));
    this.#timer ??= this.#clock.setTimeout(() => this.#expire(), this.#holdTime);
    return held;
  }

  #release(held: Held, match: Match | undefined): void {
    this.#remove(held);
    held.settled = true;
    held.resolve(match);
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
      void this.#again(held).then(() => this.#release(held, undefined));
    }
  }

  /** What could not be told when it came may be clear by now. */
  async #again(held: Held, doubt?: Doubt): Promise<void> {
    if (doubt) held.due = true;
    const settle = (): Promise<unknown> => {
      if (doubt) held.due = false;
      return this.#settle(held, doubt ? { doubt, mayWait: true } : {});
    };
    await this.#mutex.take(held.keys, settle).catch(() => undefined);
  }
}
