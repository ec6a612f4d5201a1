import { isCount } from '../config/stored';
import { bare, hasLetters, isNumber, readNumber, type IdFormats } from './message-ids';

/** How the id of a receipt relates to that of the response, the likeliest first; notations: of the response, of the receipt. */
export type IdRelation = 'exact' | 'alike' | 'hex-decimal' | 'decimal-hex';

const RELATIONS: readonly IdRelation[] = ['exact', 'alike', 'hex-decimal', 'decimal-hex'];

/** One of each; exact and alike are the same number in the same notation. */
const WAYS: readonly IdRelation[] = ['exact', 'hex-decimal', 'decimal-hex'];

/** What is kept of it with the store. */
export interface StoredEvidence {
  readonly count: number;
  /** For each kind of pair, see {@link kindOf}, the count at which it was last seen. */
  readonly kinds: Readonly<Record<string, number>>;
  readonly lettered?: boolean;
  readonly sameLettered?: boolean;
}

/** A relation that was not seen among so many is no longer one of this SMSC's. */
const MEMORY = 50;
/** So many pairs beyond doubt, all of one kind, settle it. */
const ENOUGH = 12;
const FEW = 3;
/** Kinds of pairs that are remembered. */
const MOST_KINDS = 64;
/** And so many are enough for a receipt that could be for two messages. */
const FIRM = 60;

/**
 * How an SMSC writes the ids of receipts, as told by pairs that were beyond doubt: no other message came into question,
 * and no response that could bring another was missing. An SMSC of several machines may have several ways, and ways change.
 */
export class IdEvidence {
  #count = 0;
  /** What the count was when others last knew of it. */
  #synced = 0;
  #seen: Partial<Record<IdRelation, number>> = {};
  readonly #kinds = new Map<string, number>();
  /** How often 'alike' was seen since 'exact' was. */
  #alikeOnly = 0;
  /** The first id of a response, while there was no other. */
  #first: string | undefined;
  #several = false;
  /** A response had an id with the letters of a hexadecimal number. */
  #lettered = false;
  /** And no pair since has told what such a one becomes. */
  #unexplained = false;
  /** And a receipt had one that was the same. */
  #sameLettered = false;
  /** As long as nothing was noted since. */
  #isExactFirm: boolean | undefined;

  /** How much was seen so far: what may decide of a receipt that came now, and is held, is what was seen lately then and since. */
  get moment(): number {
    return this.#count;
  }

  /** Whether ids are so related, as far as was seen lately. */
  has(relation: IdRelation, since = this.#count): boolean {
    const at = this.#seen[relation];
    return at !== undefined && since - at < MEMORY;
  }

  /** Whether ids are the same number in the same notation. */
  hasSame(since?: number): boolean {
    return this.has('exact', since) || this.has('alike', since);
  }

  hasOther(): boolean {
    return this.has('hex-decimal') || this.has('decimal-hex');
  }

  /** Whether pairs of such a kind were seen lately. */
  hasKind(kind: string, since = this.#count): boolean {
    const at = this.#kinds.get(kind);
    return at !== undefined && since - at < MEMORY;
  }

  /** Whether it may be so related: by what was seen, or because what was seen is in doubt. */
  allows(relation: IdRelation, since?: number): boolean {
    if (relation === 'decimal-hex') return this.has(relation, since);
    // Responses were decimal, and now there are letters in them.
    const isChanging = this.#unexplained && this.has('decimal-hex', since);
    if (relation === 'hex-decimal') return isChanging || this.has(relation, since) || this.#isLettersOnly();
    return isChanging || this.hasSame(since);
  }

  /** Whether more than one way is possible. */
  isMixed(since?: number): boolean {
    return this.#ways(since) > 1;
  }

  /** Whether more than one kind of pairs was seen, be it only that zeros are written and are not. */
  isManifold(since?: number): boolean {
    return (
      this.isMixed(since) || [...this.#kinds.keys()].filter((kind) => this.hasKind(kind, since)).length > 1
    );
  }

  /** Whether there is one way, and no doubt of it. */
  isSettled(since?: number): boolean {
    return this.#count >= ENOUGH && this.#ways(since) === 1;
  }

  /** Whether it has been so for long. */
  isFirm(since?: number): boolean {
    return this.#settledFor() >= FIRM && this.isSettled(since);
  }

  /** Whether, for long, ids have been the very same in both: one that is needs no comparison with other notations. */
  get isExactFirm(): boolean {
    return (this.#isExactFirm ??= this.has('exact') && this.isFirm());
  }

  /** Nothing was seen, not even several ids of which one could be the other. */
  isBlank(): boolean {
    return !this.#several && this.#ways() === 0;
  }

  /** Nothing has shown yet that ids are written in more than one way. */
  isExactLikely(): boolean {
    return !this.hasOther() && !this.#isLettersOnly() && !this.isNeverExact();
  }

  /** Ids that are the same were always written otherwise. */
  isNeverExact(): boolean {
    return this.#alikeOnly >= FEW;
  }

  /** How many pairs there were since one told of another way than the last. */
  #settledFor(): number {
    const { exact = 0, alike = 0, 'hex-decimal': hex = 0, 'decimal-hex': decimal = 0 } = this.#seen;
    const [, last = 0] = [Math.max(exact, alike), hex, decimal].sort((one, other) => other - one);
    return this.#count - last;
  }

  #ways(since?: number): number {
    return WAYS.filter((relation) => this.allows(relation, since)).length;
  }

  /** Letters in responses and so far none in receipts that are the same: digits that are the same may be chance. */
  #isLettersOnly(): boolean {
    return this.#lettered && !this.#sameLettered;
  }

  /** A pair beyond doubt. Returns whether that changes what is to be made of others. */
  note(relation: IdRelation, messageId: string, receiptId: string): boolean {
    const before = this.#signature();
    this.#isExactFirm = undefined;
    this.#count++;
    this.#seen[relation] = this.#count;
    const kind = kindOf(relation, messageId, receiptId);
    const isNew = !this.hasKind(kind);
    this.#kinds.delete(kind);
    this.#kinds.set(kind, this.#count);
    const [oldest] = this.#kinds.keys();
    if (this.#kinds.size > MOST_KINDS && oldest !== undefined) this.#kinds.delete(oldest);
    if (relation === 'exact') this.#alikeOnly = 0;
    else if (relation === 'alike') this.#alikeOnly++;
    if (hasLetters(messageId)) {
      this.#unexplained = false;
      this.#sameLettered ||= relation === 'exact' || relation === 'alike';
    }
    return isNew || this.#signature() !== before;
  }

  /** An id of a response. Returns as {@link note}. */
  observe(messageId: string): boolean {
    this.#first ??= messageId;
    this.#several ||= this.#first !== messageId;
    if (!hasLetters(messageId)) return false;
    if (this.#lettered && this.#unexplained) return false;
    const before = this.#signature();
    this.#isExactFirm = undefined;
    this.#lettered = true;
    this.#unexplained = true;
    return this.#signature() !== before;
  }

  stored(): StoredEvidence {
    return {
      count: this.#count,
      kinds: Object.fromEntries(this.#kinds),
      lettered: this.#lettered,
      sameLettered: this.#sameLettered,
    };
  }

  /**
   * Adds what another client has learned, before or meanwhile; what is from a store may be anything. All count on one
   * count, so that what is old stays old. Returns as {@link note}.
   */
  restore(stored: Partial<StoredEvidence>): boolean {
    const before = this.#signature();
    this.#isExactFirm = undefined;
    const { count, kinds } = stored;
    if (isCount(count)) {
      this.#advance(count - this.#count);
      for (const [kind, at] of kindsOf(kinds)) if (at <= count) this.#noteKind(kind, at);
      const all = [...this.#kinds].sort(([, one], [, other]) => one - other).slice(-MOST_KINDS);
      this.#kinds.clear();
      for (const [kind, at] of all) this.#kinds.set(kind, at);
    }
    this.#lettered ||= stored.lettered === true;
    this.#sameLettered ||= stored.sameLettered === true;
    return this.#signature() !== before;
  }

  /** Whether the other lacks something that is known here. */
  hasMoreThan({ kinds, lettered, sameLettered }: Partial<StoredEvidence>): boolean {
    if ((this.#lettered && lettered !== true) || (this.#sameLettered && sameLettered !== true)) return true;
    const known = new Set(kindsOf(kinds).map(([kind]) => kind));
    return [...this.#kinds.keys()].some((kind) => this.hasKind(kind) && !known.has(kind));
  }

  /** Others can read what was seen so far. */
  shared(moment: number): void {
    this.#synced = Math.max(this.#synced, moment);
  }

  /** Others have seen so many more; what was seen here since the last time is as new as that. */
  #advance(by: number): void {
    const since = this.#synced;
    this.#count += Math.max(0, by);
    this.#synced = this.#count;
    if (by <= 0) return;
    for (const [kind, at] of this.#kinds) if (at > since) this.#kinds.set(kind, at + by);
    for (const relation of RELATIONS) {
      const at = this.#seen[relation];
      if (at !== undefined && at > since) this.#seen[relation] = at + by;
    }
  }

  #noteKind(kind: string, at: number): void {
    const relation = RELATIONS.find((one) => kind.startsWith(`${one} `));
    if (!relation) return;
    this.#kinds.set(kind, Math.max(at, this.#kinds.get(kind) ?? 0));
    this.#seen[relation] = Math.max(at, this.#seen[relation] ?? 0);
  }

  #signature(): string {
    const flags = [...WAYS.map((one) => this.allows(one)), ...RELATIONS.map((one) => this.has(one))];
    return `${flags.join()} ${this.isSettled()} ${this.isNeverExact()}`;
  }
}

const kindsOf = (kinds: unknown): [string, number][] =>
  Object.entries(Object(kinds) as Record<string, unknown>).filter((one): one is [string, number] =>
    isCount(one[1]),
  );

/** How the two are related, and how each is filled up with zeros: machines of one SMSC may differ in that. */
export function kindOf(relation: IdRelation, messageId: string, receiptId: string): string {
  return `${relation} ${fillOf(messageId)} ${fillOf(receiptId)}`;
}

const fillOf = (id: string): number => (/^(?:0x)?0/i.test(id) ? id.length : 0);

/** How the two are related, as far as the formats allow; undefined: not at all. */
export function relationOf(
  messageId: string,
  receiptId: string,
  { response, receipt }: IdFormats,
): IdRelation | undefined {
  if (messageId === receiptId) return 'exact';
  if (response === 'text' || receipt === 'text') return undefined;
  if (bare(messageId) === bare(receiptId)) return 'alike';
  const may = (one: 'hex' | 'decimal', other: 'hex' | 'decimal'): boolean => {
    if ((response !== 'auto' && response !== one) || (receipt !== 'auto' && receipt !== other)) return false;
    const number = readNumber(messageId, one);
    return number !== undefined && number === readNumber(receiptId, other);
  };
  if (may('hex', 'decimal')) return 'hex-decimal';
  return may('decimal', 'hex') ? 'decimal-hex' : undefined;
}

/** Whether a pair tells something: one digit is the same in every notation, and what is no number has none. */
export function isTelling(messageId: string): boolean {
  return isNumber(messageId) && !/^\d$/.test(bare(messageId));
}

/** Whether the number is read from one as decimal and from the other as hexadecimal. */
export function isOther(relation: IdRelation): boolean {
  return relation === 'hex-decimal' || relation === 'decimal-hex';
}

/** Whether two ids of digits alone are the same number only if one of them is hexadecimal. */
export function isGuess(messageId: string, id: string): boolean {
  const digits = /^\d+$/;
  return (
    digits.test(messageId) &&
    digits.test(id) &&
    readNumber(messageId, 'decimal') !== readNumber(id, 'decimal')
  );
}
