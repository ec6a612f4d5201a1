import type { Log } from '../../observability';
import { foldedId, type CorrelationEntry, type Correlator, type KeyValueState } from '../../store';
import type { FinalReceipts } from './final-receipts';
import { isGuess, kindOf, relationOf, type IdEvidence, type IdRelation } from './id-evidence';
import { IdExperience } from './id-experience';
import { FINAL, type MatchContext } from './match-context';
import { entriesOf } from '../outbound/correlation-entries';
import { Lookups } from './lookups';
import { agrees, bare, isNamed, isNumber, type IdFormats } from './message-ids';

/** What a receipt says of the message that it is for. */
export interface MatchedReceipt {
  /** The ids it has, the surest first: that of the TLV, that of the text. */
  readonly ids: readonly string[];
  /** The receipt's own addresses: it comes from the recipient of the message. */
  readonly source: string;
  readonly destination: string;
  /** Whether it tells an end state. */
  readonly final: boolean;
}

export interface MatchingParts {
  readonly correlator: Correlator;
  /** Where it is kept what was learned: receipts may come days later. */
  readonly state: Pick<KeyValueState, 'get' | 'set'>;
  readonly log: Log;
  /** As the user says. */
  readonly formats: IdFormats;
  /** See {@link IdExperienceParts}. */
  readonly isShared?: () => boolean;
  /** Which messages have had their final receipt. */
  readonly finals: Pick<FinalReceipts, 'has' | 'isRepeated' | 'isOther'>;
}

/** Messages with one message_id that a receipt may be for. */
interface Possible {
  readonly relation: IdRelation;
  /** The id of the receipt that is so related. */
  readonly receiptId: string;
  readonly entries: CorrelationEntry[];
}

/**
 * Tells which message a receipt's message_id means, where the SMSC may write it in another way than in its response.
 *
 * Where the formats are said, as they say, and then exactly. Else all messages to the number of the receipt are looked
 * for whose id may be its own: exactly, with other zeros, in other case, in the other notation. If that is one, and no
 * response is missing that could bring another, it is that one, and what it tells of the SMSC is remembered. Of several
 * that which the SMSC's ways, as learned, allow alone. Where nothing was learned, and the receipt has waited long enough,
 * the likeliest: the exact one, then one by zeros and case. By hexadecimal and decimal only one that is alone. All by a
 * few look-ups, however many messages are known.
 *
 * Of several messages with one id (load-shared SMSCs count apart), the address decides, then who still waits for a
 * final receipt, then age. Where none agrees in the address, and not only one of them waits, it is nobody's.
 */
export class MessageMatcher {
  readonly #parts: MatchingParts;
  readonly #experience: IdExperience;
  readonly #evidence: IdEvidence;
  /** The correlator answers by promises. */
  #isAsynchronous = false;

  constructor(parts: MatchingParts) {
    this.#parts = parts;
    this.#experience = new IdExperience(parts);
    this.#evidence = this.#experience.evidence;
  }

  /** Called when more is known of how ids are written. */
  set onLearned(listener: () => void) {
    this.#experience.onLearned = listener;
  }

  /**
   * The message where there is no doubt, whatever is still to come: it alone has the very id, its address agrees, it waits
   * for its final receipt, and no other has an id that could be the same. Undefined: see {@link find}.
   */
  plain(receipt: MatchedReceipt): CorrelationEntry | undefined {
    const [id, other] = receipt.ids;
    if (id === undefined || other !== undefined || !this.#experience.isLoaded) return undefined;
    if (this.#isAsynchronous || this.#experience.isSaid) return undefined;
    const found = this.#entriesAtOnce(id);
    const [entry] = found;
    if (found.length !== 1 || entry?.messageId !== id || !agrees(entry, receipt)) return undefined;
    if (this.#parts.finals.has(entry, receipt)) return undefined;
    return this.#isPlain(entry, receipt) || (this.#evidence.isExactFirm && this.#isAlone(id))
      ? entry
      : undefined;
  }

  /** Whether no message has its number in the same notation, with other zeros. */
  #isAlone(id: string): boolean {
    const { widths, prefixed } = this.#experience;
    const digits = bare(id);
    const { length } = foldedId(id);
    if (prefixed || digits.length > length) return false;
    const isFree = (width: number): boolean =>
      width === length ||
      width < digits.length ||
      this.#entriesAtOnce(digits.padStart(width, '0')).length === 0;
    return isFree(digits.length) && widths.every(isFree);
  }

  /** What the correlator answers by a promise is passed over: {@link find} waits for it. */
  #entriesAtOnce(id: string): readonly CorrelationEntry[] {
    const found = entriesOf(this.#parts.correlator, id);
    if (!(found instanceof Promise)) return found;
    this.#isAsynchronous = true;
    found.catch(() => undefined);
    return [];
  }

  /**
   * The message, or undefined where it is none, not clear, or not clear yet; at once where the correlator answers at
   * once. Throws or rejects as the correlator does.
   */
  find(
    receipt: MatchedReceipt,
    look: MatchContext = FINAL,
  ): CorrelationEntry | undefined | Promise<CorrelationEntry | undefined> {
    if (!this.#experience.isLoaded) return this.#experience.load().then(() => this.find(receipt, look));
    const read = new Lookups(this.#parts.correlator);
    return read.until(() => this.#decide(receipt, look, read));
  }

  /** Decides by what was read; of no account where something of that is missing. */
  #decide(receipt: MatchedReceipt, look: MatchContext, read: Lookups): CorrelationEntry | undefined {
    const exact = this.#exact(receipt, read);
    // A TLV beside a text with another id has it as the response had.
    const own = exact.find(({ messageId }) => receipt.ids.length > 1 && messageId === receipt.ids[0]);
    if (read.isMissing || (own && agrees(own, receipt))) return own;
    const [same] = exact;
    const agreeing = same && agrees(same, receipt) ? same : undefined;
    if (this.#experience.isSaid) {
      const converted = this.#convertAsSaid(receipt, read);
      return converted ?? agreeing ?? (look.shared ? undefined : same);
    }
    if (agreeing && this.#isPlain(agreeing, receipt)) return agreeing;
    const possible = this.#possible(receipt, look, read);
    if (read.isMissing) return undefined;
    if (possible.length > 0) return this.#among(possible, receipt, look, same);
    // Of another number: where ids are never the same in both, not even that is one.
    const isStrange = this.#evidence.hasOther() && !this.#evidence.hasSame();
    return look.shared || isStrange ? undefined : same;
  }

  /** How much was known of the SMSC's ways. */
  get moment(): number {
    return this.#evidence.moment;
  }

  /** Reads what other instances have learned. Never rejects. */
  refresh(): Promise<void> {
    return this.#experience.refresh();
  }

  /** An id of a response. */
  observe(messageId: string): void {
    this.#experience.observe(messageId);
  }

  /** Whether the very same id is not to be doubted: it is no number, or so long a one that no other reads the same. */
  #isPlain(entry: CorrelationEntry, receipt: MatchedReceipt): boolean {
    if (!isNumber(entry.messageId)) return true;
    if (bare(entry.messageId).length < LONG) return false;
    return !this.#evidence.hasOther() && !this.#parts.finals.has(entry, receipt);
  }

  /** For each of the ids, the message that has this very one, if it can be told; those first whose address agrees. */
  #exact(receipt: MatchedReceipt, read: Lookups): CorrelationEntry[] {
    const found = receipt.ids
      .map((id) => read.get(id).filter(({ messageId }) => messageId === id))
      .map((having) => this.#choose(having, receipt))
      .filter((entry) => entry !== undefined);
    return found.sort((one, other) => Number(agrees(other, receipt)) - Number(agrees(one, receipt)));
  }

  /** The notations are certain, so that the address, which some SMSCs rewrite, need not agree. */
  #convertAsSaid(receipt: MatchedReceipt, read: Lookups): CorrelationEntry | undefined {
    for (const id of receipt.ids) {
      const entries = this.#experience.waysOf(id).flatMap((way) => read.get(way));
      const agreeing = entries.filter((entry) => agrees(entry, receipt));
      if (isOneMessage(agreeing) || isOneId(agreeing)) return this.#first(agreeing, receipt);
      const only = (isOneMessage(entries) || isOneId(entries)) && this.#choose(entries, receipt);
      if (only) return only;
    }
    return undefined;
  }

  /** Of the messages with one id, the one that a receipt is for; undefined where that is not clear. */
  #choose(entries: readonly CorrelationEntry[], receipt: MatchedReceipt): CorrelationEntry | undefined {
    const agreeing = entries.filter((entry) => agrees(entry, receipt));
    if (agreeing.length > 0) return this.#first(agreeing, receipt);
    const awaited = entries.filter((entry) => !this.#parts.finals.has(entry, receipt));
    if (isOneMessage(awaited)) return awaited[0];
    // One that has had its final receipt gets no other from elsewhere, but where that came from there, too.
    return awaited.length > 0
      ? undefined
      : entries.find((one) => this.#parts.finals.isRepeated(one, receipt.source));
  }

  /**
   * The oldest that waits for its final receipt, else the one that had its own last. That a member of a list has the
   * number is likely only where no message was sent to it.
   */
  #first(entries: readonly CorrelationEntry[], receipt: MatchedReceipt): CorrelationEntry | undefined {
    const hasLists = entries.length > 1 && entries.some(({ lists }) => lists !== undefined);
    const named = hasLists ? entries.filter((entry) => isNamed(entry, receipt)) : entries;
    const likely = named.length > 0 ? named : entries;
    return likely.find((entry) => !this.#parts.finals.has(entry, receipt)) ?? likely.at(-1);
  }

  // --- which of those that come into question ---

  /** `elsewhere`: a message to another number has the very same id. */
  #among(
    possible: readonly Possible[],
    receipt: MatchedReceipt,
    look: MatchContext,
    elsewhere: CorrelationEntry | undefined,
  ): CorrelationEntry | undefined {
    const [only] = possible;
    const isOne = possible.length === 1 && only && this.#mayBeTaken(only, look, elsewhere);
    const chosen = isOne ? only : possible.length > 1 ? this.#likeliest(possible, receipt, look) : undefined;
    if (!chosen) return undefined;
    const isSure = isOneMessage(chosen.entries);
    // Numbers of several machines, that are the same only as written: not even their age tells them apart.
    if (!isSure && this.#evidence.isManifold(look.since)) return undefined;
    const entry = this.#first(chosen.entries, receipt);
    // What is settled is confirmed also by what another response could have explained.
    const isTold = !(look.open || look.overdue) || this.#evidence.isSettled(look.since);
    if (entry && isOne && isSure && isTold) this.#experience.learn(entry.messageId, only);
    return entry;
  }

  /** Messages to its number that it may be for, by message_id. */
  #possible(receipt: MatchedReceipt, { later, since }: MatchContext, read: Lookups): Possible[] {
    const isSettled = this.#evidence.isSettled(since);
    const found = new Map<string, Possible>();
    for (const id of receipt.ids) {
      for (const entry of this.#experience.waysOf(id).flatMap((way) => read.get(way))) {
        const { messageId } = entry;
        const relation = relationOf(messageId, id, this.#parts.formats);
        if (!relation || !agrees(entry, receipt)) continue;
        // What was sent after the receipt had come is not what it is for. Where ways are settled, no other has its id,
        // and it was sent before, too: its first response came late.
        const isSurely = relation === 'exact' || (isSettled && this.#evidence.has(relation, since));
        if (!isSurely && later?.has(entry.id)) continue;
        const known = found.get(messageId);
        if (!known) found.set(messageId, { relation, receiptId: id, entries: [entry] });
        else if (!known.entries.includes(entry) && known.receiptId === id) known.entries.push(entry);
      }
    }
    const all = [...found.values()];
    // One that has had its final receipt under another id does not get its next under this one.
    const left = all.filter(
      ({ entries }) => !entries.every((one) => this.#parts.finals.isOther(one, receipt.ids)),
    );
    return left.length > 0 ? left : all;
  }

  #mayBeTaken(
    { relation, receiptId, entries }: Possible,
    look: MatchContext,
    elsewhere: CorrelationEntry | undefined,
  ): boolean {
    const evidence = this.#evidence;
    const isExact = relation === 'exact';
    const isUsual = evidence.has(relation, look.since);
    // The very same id, and no other came in the time that the receipt was held.
    if (isExact && (look.last || isOwn(entries, look))) return true;
    if ((look.open || look.elsewhere) && !look.last)
      return evidence.isSettled(look.since) ? isUsual : isExact && evidence.isBlank();
    if (isExact || isUsual) return true;
    if (look.overdue && !look.last) return false;
    if (relation === 'alike') return true;
    const [{ messageId } = { messageId: '' }] = entries;
    if (!isGuess(messageId, receiptId)) return true;
    // Digits alone are the same number only if one is hexadecimal: where ids are counted up, both exist.
    return look.last && (elsewhere !== undefined || (receiptId.length >= RARE && !evidence.hasSame()));
  }

  /** Of several with different ids. */
  #likeliest(
    possible: readonly Possible[],
    receipt: MatchedReceipt,
    look: MatchContext,
  ): Possible | undefined {
    const evidence = this.#evidence;
    const { since } = look;
    const usual = possible.filter(({ relation }) => evidence.allows(relation, since));
    const [only] = usual;
    const isOnly = usual.length === 1 && only && this.#isLikely(only, possible, look) ? only : undefined;
    if (evidence.isSettled(since) && isOnly && this.#isAwaited(isOnly, receipt)) {
      // Ways change: those that came after it must say the same.
      if (look.last || evidence.isFirm(since) || evidence.moment - (since ?? 0) >= CONFIRMED) return isOnly;
      this.#experience.confirmAt((since ?? 0) + CONFIRMED);
    }
    const same = possible.find(({ relation }) => relation === 'exact');
    const exact = same && this.#isLikely(same, possible, look) ? same : undefined;
    if (!look.last) return look.waited && !look.open && evidence.isExactLikely() ? exact : undefined;
    if (usual.length === 1) return isOnly;
    if (usual.length > 1 && evidence.isMixed(since)) return undefined;
    const alike = possible.filter(({ relation }) => relation === 'alike');
    if (same) return alike.length > 0 && evidence.isNeverExact() ? undefined : exact;
    // Segments of one message: only which of them is in doubt.
    const isSure = alike.length === 1 || isOneMessage(possible.flatMap(({ entries }) => entries));
    return isSure ? (alike[0] ?? possible[0]) : undefined;
  }

  /** Whether it is of a kind that was seen, or the very same id, and no other is of one that was. */
  #isLikely(one: Possible, possible: readonly Possible[], { since }: MatchContext): boolean {
    const isSeen = ({ relation, receiptId, entries: [entry] }: Possible): boolean =>
      entry !== undefined && this.#evidence.hasKind(kindOf(relation, entry.messageId, receiptId), since);
    const isExact = one.relation === 'exact';
    const isRival = (other: Possible): boolean =>
      other !== one && isSeen(other) && !(isExact && isByCase(other));
    return (isExact || isSeen(one)) && !possible.some(isRival);
  }

  #isAwaited({ entries }: Possible, receipt: MatchedReceipt): boolean {
    return entries.some((entry) => !this.#parts.finals.has(entry, receipt));
  }
}

const RARE = 4; // an SMSC that counts uses up all shorter ids before anything is known of its ways
const LONG = 7; // digits: one that counts has no other that reads the same in the other notation
const CONFIRMED = 3; // pairs beyond doubt

/** Whether only the case of letters differs: two messages with such ids are told apart by it. */
function isByCase({ receiptId, entries }: Possible): boolean {
  return entries.every(({ messageId }) => foldedId(messageId) === foldedId(receiptId));
}

/** Whether nothing but other segments of the message itself has no response yet. */
function isOwn([one, ...others]: readonly CorrelationEntry[], { awaited }: MatchContext): boolean {
  return one !== undefined && others.length === 0 && awaited?.size === 1 && awaited.has(one.id);
}

/** Whether there is one message at least, and no other. */
function isOneMessage(entries: readonly CorrelationEntry[]): boolean {
  return new Set(entries.map(({ id }) => id)).size === 1;
}

/** Whether all have the very same message_id, so that they are told apart as if the receipt had it, too. */
function isOneId(entries: readonly CorrelationEntry[]): boolean {
  return new Set(entries.map(({ messageId }) => messageId)).size === 1;
}
