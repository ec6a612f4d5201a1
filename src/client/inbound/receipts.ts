import type { Clock, TimerHandle } from '../../clock';
import type { CorrelationEntry } from '../../store';
import type { FinalReceipts } from './final-receipts';
import { HeldReceipts, keysOf, type Held, type HeldBounds, type SentBefore } from './held-receipts';
import { KeyedMutex } from '../../collections';
import { FINAL, contextOf, type MatchContext, type ReceiptContext } from './match-context';
import type { MatchedReceipt, MessageMatcher } from './matching';
import { agrees, recipientAmong } from './message-ids';
import { MatchRetries } from './match-retries';
import { within } from '../../waiting';

/** Where a response never comes, or the account is another system's as well. */
const BOUNDS: HeldBounds = { count: 10_000, octets: 16 * 1024 * 1024 };
/** Where ids are counted up, one may be that of another message in other notation: the first receipts show soon whether it is. */
const HESITATION = 2000;
/** How long it may hold up a receipt that the store has not taken yet whose message it is. */
const WRITING = 5000;
/** For a stop to wait for the store, and then for those who are told. */
const LAST_LOOKS = 2000;
/** Of those whose time is over together so many are told at once. */
const AT_ONCE = 100;

/** The message that a receipt is for. */
export interface Match {
  readonly entry: CorrelationEntry;
  /** The receipt is final, and so was one for the same message and recipient before. */
  readonly duplicate: boolean;
  /** Of a message to several: whose receipt it is. */
  readonly address: string | undefined;
}

/** The match now, or perhaps later: then `telling` is to be given what is done with it, so that not too many are told at once. */
export type Found =
  | { readonly match: Match | undefined }
  | {
      readonly later: Promise<Match | undefined>;
      readonly telling: (told: Promise<unknown>) => void;
    };

type Matching = Pick<MessageMatcher, 'find' | 'observe' | 'onLearned'> &
  Partial<Pick<MessageMatcher, 'moment' | 'plain' | 'refresh'>>;

/** Messages whose message_id is not in the correlator yet; methods may be left out where there are none. */
export interface ReceiptMatcherOptions {
  /** Ids of the messages to the receipt's number whose message_id may still become known. */
  awaited?(receipt: MatchedReceipt): readonly string[];
  /** And those of which it may come late: their response is overdue. */
  overdue?(receipt: MatchedReceipt): readonly string[];
  /** Whether that of the message with this id may. */
  isAwaited?(id: string): boolean;
  isOverdue?(id: string): boolean;
  /** Resolves when the correlator has all message_ids that are known. */
  written?(): Promise<unknown>;
  /** Whether other instances send messages whose receipts come here: no call of this one tells of those. */
  isShared?(): boolean;
  readonly bounds?: HeldBounds;
}

/**
 * Finds the message that a receipt belongs to.
 *
 * Some SMSCs send the receipt before the response that tells the message_id: a receipt that matches nothing, or not
 * clearly, is held for a while, and matched when its response comes, or when no response is missing any more that could
 * bring a better match. Where there is no room for it, the oldest that is held is given up. Those that may be for the
 * same message are looked up one after the other: what one has taken is not free for the next.
 */
export class ReceiptMatcher {
  readonly #matcher: Matching;
  readonly #finals: Pick<FinalReceipts, 'has' | 'claim'>;
  readonly #clock: Clock;
  readonly #holdTime: number;
  readonly #pending: ReceiptMatcherOptions;
  readonly #held: HeldReceipts<Match>;
  /** Those that have not waited for a moment yet. */
  readonly #fresh: { readonly held: Held<Match>; readonly at: number }[] = [];
  #freshTimer: TimerHandle | undefined;
  /** Of a store that is shared. */
  readonly #retries: MatchRetries<Held<Match>>;
  readonly #mutex = new KeyedMutex();
  #timer: TimerHandle | undefined;
  #expiring = false;

  /** `holdTime`: milliseconds; 0: what matches nothing now never does. */
  constructor(
    matcher: Matching,
    finals: Pick<FinalReceipts, 'has' | 'claim'>,
    clock: Clock,
    holdTime: number,
    options: ReceiptMatcherOptions = {},
  ) {
    this.#matcher = matcher;
    this.#finals = finals;
    this.#clock = clock;
    this.#holdTime = holdTime;
    this.#pending = options;
    this.#held = new HeldReceipts(options.bounds ?? BOUNDS);
    this.#retries = new MatchRetries(clock, {
      refresh: () => matcher.refresh?.(),
      look: (held) => this.#again(held),
    });
    matcher.onLearned = () => {
      for (const held of this.#held) this.#soon(held);
    };
  }

  /** Receipts that are held, and the octets that they are kept in. */
  get size(): { readonly count: number; readonly octets: number } {
    return { count: this.#held.size, octets: this.#held.octets };
  }

  /**
   * The match at once, or a promise of it where it may still come. `octets`: what is kept meanwhile. Rejects as the
   * correlator does.
   */
  find(receipt: MatchedReceipt, octets = 0): Promise<Found> | Found {
    // Others that are being looked up may take it first.
    const isIdle = this.#mutex.isIdle;
    const entry = isIdle ? this.#matcher.plain?.(receipt) : undefined;
    if (entry) return { match: this.#claimed(entry, receipt, false) };
    const before = this.#sentBefore(receipt);
    if (!isIdle) return this.#findSlowly(receipt, octets, before);
    const look = this.#holdTime === 0 ? FINAL : this.#contextOf(before);
    const found = this.#matcher.find(receipt, look);
    if (found instanceof Promise) {
      const match = found.then((late) => this.#taken(late, receipt, look));
      return this.#findSlowly(receipt, octets, before, match);
    }
    const match = this.#taken(found, receipt, look);
    return match ? { match } : this.#findSlowly(receipt, octets, before, Promise.resolve(undefined));
  }

  /** `first`: what comes of the first look, where that has begun. */
  async #findSlowly(
    receipt: MatchedReceipt,
    octets: number,
    before: SentBefore,
    first?: Promise<Match | undefined>,
  ): Promise<Found> {
    // Held before it is looked up: its response may be stored in between.
    const held = this.#hold(receipt, octets, before);
    const keys = held?.keys ?? keysOf(receipt.ids);
    if (!held) return { match: await this.#mutex.take(keys, () => first ?? this.#look(receipt, FINAL)) };
    try {
      const match = await this.#mutex.take(keys, () => this.#settle(held, {}, first));
      if (match) return { match };
      // It is not answered before a kill would find it in the store.
      if (held.awaited.size > 0) await this.#written();
      if (held.settled) return { match: await held.match };
    } catch (error) {
      this.#release(held, undefined);
      throw error;
    }
    this.#hesitate(held);
    if (this.#isShared) this.#retries.add(held);
    await this.#makeRoom();
    return { later: held.match, telling: (told) => void (held.told = told) };
  }

  /** Looks it up, unless that is settled; undefined: nothing is found now. */
  async #settle(
    held: Held<Match>,
    look: Partial<MatchContext> = {},
    first?: Promise<Match | undefined>,
  ): Promise<Match | undefined> {
    if (held.settled) return undefined;
    const match = await (first ?? this.#look(held.receipt, { ...this.#contextOf(held), ...look }));
    if (match) this.#release(held, match);
    return match;
  }

  async #look(receipt: MatchedReceipt, look: MatchContext): Promise<Match | undefined> {
    return this.#taken(await this.#matcher.find(receipt, look), receipt, look);
  }

  #taken(
    entry: CorrelationEntry | undefined,
    receipt: MatchedReceipt,
    look: MatchContext,
  ): Match | undefined {
    if (!entry) return undefined;
    const duplicate = receipt.final && this.#finals.has(entry, receipt);
    // It may be for another message with this id, whose response is still to come.
    const isEarly = (look.open || look.elsewhere) && !look.last;
    if (isEarly && (duplicate || !agrees(entry, receipt))) return undefined;
    return this.#claimed(entry, receipt, duplicate);
  }

  #claimed(entry: CorrelationEntry, receipt: MatchedReceipt, duplicate: boolean): Match {
    if (receipt.final) this.#finals.claim(entry, receipt);
    return { entry, duplicate, address: recipientAmong(entry, receipt) };
  }

  /** The correlator has it now. */
  known(entry: CorrelationEntry): void {
    this.#matcher.observe(entry.messageId);
    if (this.#held.size === 0) return;
    const alike = this.#held.alike(entry.messageId);
    // Several with one id, of which one may be for a message whose response is still to come.
    const shared = alike.size > 1;
    for (const held of alike) {
      this.#held.noteLater(held, entry.id);
      this.#soon(held, { shared });
    }
    this.landed(entry.id);
  }

  /** Of the message nothing is on the wire any more. */
  landed(id: string): void {
    const pending = this.#pending;
    if (!this.#held.isAwaited(id) || pending.isAwaited?.(id)) return;
    for (const held of this.#held.landed(id, pending.isOverdue?.(id) === true)) this.#soon(held);
  }

  /** No response comes any more: all that are held are looked up for the last time. Resolves when they are told. */
  async stop(): Promise<void> {
    const held = [...this.#held];
    if (held.length === 0) return;
    await within(this.#clock, LAST_LOOKS, Promise.all(held.map((one) => this.#again(one, { last: true }))));
    for (const one of held) this.#release(one, undefined);
    await within(this.#clock, LAST_LOOKS, Promise.all(held.map(({ match, told }) => match.then(() => told))));
  }

  /** Until the correlator has what is known, but not for long. */
  async #written(): Promise<void> {
    if (this.#pending.written) await within(this.#clock, WRITING, this.#pending.written());
  }

  #sentBefore(receipt: MatchedReceipt): SentBefore {
    const awaited = this.#pending.awaited?.(receipt) ?? NONE;
    const overdue = this.#pending.overdue?.(receipt) ?? NONE;
    return {
      awaited: new Set(awaited),
      overdue: new Set(overdue.filter((id) => !awaited.includes(id))),
    };
  }

  #hold(receipt: MatchedReceipt, octets: number, before: SentBefore): Held<Match> | undefined {
    if (this.#holdTime === 0) return undefined;
    const dueAt = this.#clock.monotonic() + this.#holdTime;
    const held = this.#held.make(receipt, { octets, dueAt, since: this.#matcher.moment, ...before });
    this.#held.add(held);
    this.#timer ??= this.#clock.setTimeout(() => void this.#expire(), this.#holdTime);
    return held;
  }

  /** Waits until those that had to go are told, so that no more come than can be told. */
  async #makeRoom(): Promise<void> {
    while (this.#held.isOver()) {
      const oldest = this.#held.oldest();
      if (oldest) await this.#giveUp(oldest);
    }
  }

  /** The last look, and an end of it. */
  async #giveUp(held: Held<Match>): Promise<void> {
    this.#remove(held);
    if (held.sentBefore.length > 0) await this.#written();
    await this.#again(held, { last: true });
    this.#release(held, undefined);
    // What is to be done with it may have been said only now.
    await held.match;
    await held.told;
  }

  #release(held: Held<Match>, match: Match | undefined): void {
    this.#remove(held);
    held.settled = true;
    held.resolve(match);
  }

  #remove(held: Held<Match>): void {
    this.#held.remove(held);
    if (this.#held.size > 0) return;
    this.#clock.clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#clock.clearTimeout(this.#freshTimer);
    this.#freshTimer = undefined;
    this.#fresh.length = 0;
    this.#retries.clear();
  }

  #hesitate(held: Held<Match>): void {
    if (this.#holdTime <= HESITATION) return;
    this.#fresh.push({ held, at: this.#clock.monotonic() + HESITATION });
    this.#freshTimer ??= this.#clock.setTimeout(() => this.#hesitated(), HESITATION);
  }

  #hesitated(): void {
    const now = this.#clock.monotonic() + 1;
    const pending = this.#fresh.findIndex(({ at, held }) => at > now && !held.settled);
    for (const { held } of this.#fresh.splice(0, pending < 0 ? this.#fresh.length : pending)) {
      held.waited = true;
      if (!held.settled) this.#soon(held);
    }
    const [next] = this.#fresh;
    this.#freshTimer =
      next && this.#clock.setTimeout(() => this.#hesitated(), next.at - this.#clock.monotonic());
  }

  async #expire(): Promise<void> {
    this.#timer = undefined;
    if (this.#expiring) return;
    this.#expiring = true;
    for (let due = this.#due(); due.length > 0; due = this.#due()) {
      await Promise.all(due.map((held) => this.#giveUp(held)));
    }
    this.#expiring = false;
    const next = this.#held.oldest();
    if (!next) return;
    this.#timer ??= this.#clock.setTimeout(() => void this.#expire(), next.dueAt - this.#clock.monotonic());
  }

  #due(): Held<Match>[] {
    // Timers may fire a fraction of a millisecond early.
    const now = this.#clock.monotonic() + 1;
    const due: Held<Match>[] = [];
    for (const held of this.#held) {
      if (held.dueAt > now || due.length >= AT_ONCE) break;
      due.push(held);
    }
    return due;
  }

  get #isShared(): boolean {
    return this.#pending.isShared?.() === true;
  }

  #contextOf(at: ReceiptContext): MatchContext {
    return contextOf(at, this.#isShared);
  }

  /** Looks it up again when it is its turn, once however much becomes known before. */
  #soon(held: Held<Match>, look?: Partial<MatchContext>): void {
    if (held.due) return;
    held.due = true;
    void this.#again(held, look);
  }

  /** What could not be told when it came may be clear by now. */
  async #again(held: Held<Match>, look?: Partial<MatchContext>): Promise<void> {
    const settle = (): Promise<unknown> => {
      held.due = false;
      return this.#settle(held, look);
    };
    await this.#mutex.take(held.keys, settle).catch(() => undefined);
  }
}

const NONE: readonly string[] = [];
