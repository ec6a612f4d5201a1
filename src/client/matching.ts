import type { Log } from '../observability';
import { foldedId, type CorrelationEntry, type Correlator, type KeyValueState } from '../store';
import { candidates, readNumber, relation, sameAddress, tellsNotations, type IdFormats } from './message-ids';

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

/** Why not all that could be taken for the message is taken for it now: the right one may still come. */
export interface Doubt {
  /** By digits alone it is not told which notation they are in. */
  readonly id?: boolean;
  /** That of another message with the same id may agree. */
  readonly address?: boolean;
}

export interface MatchingParts {
  readonly correlator: Correlator;
  /** Where it is kept what was learned: receipts may come days later. */
  readonly state: Pick<KeyValueState, 'get' | 'set'>;
  readonly log: Log;
  /** As the user says. */
  readonly formats: IdFormats;
  /** Whether a message has had its final receipt. */
  readonly isFinal: (entry: CorrelationEntry) => boolean;
  /** Whether that receipt came from this address. */
  readonly isRepeated: (entry: CorrelationEntry, source: string) => boolean;
}

/** What experience has told of a centre's ids. */
interface Experience {
  formats?: IdFormats;
  /** Ids were the same in both, and would not have been in two notations. */
  same?: boolean;
  /** Lengths to which ids of responses are filled up with zeros. */
  widths: number[];
}

const KEY = 'message-ids';
const MOST_WIDTHS = 4;

/**
 * Tells which message a receipt's message_id means, where the SMSC writes it in another way than in its response.
 *
 * First as the formats say, where they are said or learned; then exactly; then in another case, then by every other way,
 * and then the address must agree and only one message come into question. Two ids of digits alone that are the same
 * number only if one is hexadecimal may as well be two messages: where ids are counted up, both exist. All by a few
 * look-ups, however many messages are known.
 *
 * Of several messages with one id (load-shared SMSCs count apart), the address decides, then who still waits for a
 * final receipt, then age. Where none agrees in the address, and not only one of them waits, it is nobody's.
 */
export class MessageMatcher {
  /** Called when the notations have become known. */
  onLearned: () => void = () => undefined;
  readonly #parts: MatchingParts;
  #experience: Experience = { widths: [] };
  #loaded: Promise<void> | undefined;

  constructor(parts: MatchingParts) {
    this.#parts = parts;
  }

  /**
   * The message, or undefined where none, or more than one, comes into question. Rejects as the correlator does.
   */
  async find(receipt: MatchedReceipt, doubt: Doubt = {}): Promise<CorrelationEntry | undefined> {
    await this.#load();
    const said = this.#isSaid();
    const exact = await this.#exact(receipt);
    // A TLV beside a text with another id has it as the response had.
    const own = exact.find(({ messageId }) => receipt.ids.length > 1 && messageId === receipt.ids[0]);
    if (own && agrees(own, receipt)) return own;
    const formats = said ? this.#parts.formats : this.#experience.formats;
    const converted = formats && (await this.#convert(receipt, formats, { sure: said }));
    if (converted) return converted;
    const [same] = exact;
    if (same && agrees(same, receipt)) {
      this.#contradict(same, receipt);
      this.#noteSame(same);
      return same;
    }
    // Not even the address of the very same id agrees: then another is no guess.
    const rare = receipt.ids.every((id) => id.length >= RARE);
    const guess = !doubt.id && (same !== undefined || (rare && !this.#experience.same));
    const other = said ? undefined : await this.#convert(receipt, this.#parts.formats, { guess });
    if (!other) return doubt.address ? undefined : same;
    if (!same) this.#learn(other, receipt);
    return other;
  }

  /** An id of a response. */
  observe(messageId: string): void {
    if (messageId.charCodeAt(0) !== ZERO || readNumber(messageId, 'hex') === undefined) return;
    const { widths } = this.#experience;
    if (widths.includes(messageId.length) || widths.length >= MOST_WIDTHS) return;
    widths.push(messageId.length);
    this.#save();
  }

  /** Whether the user has said how both are written, so that nothing need be guessed. */
  #isSaid(): boolean {
    const { response, receipt } = this.#parts.formats;
    return response !== 'auto' && receipt !== 'auto';
  }

  /** For each of the ids, the message that has this very one, if it can be told; those first whose address agrees. */
  async #exact(receipt: MatchedReceipt): Promise<CorrelationEntry[]> {
    const found: CorrelationEntry[] = [];
    for (const id of receipt.ids) {
      const entry = this.#choose(await this.#having(id), receipt);
      if (entry) found.push(entry);
    }
    return found.sort((one, other) => Number(agrees(other, receipt)) - Number(agrees(one, receipt)));
  }

  /** `sure`: the notations are certain, so that the address, which some SMSCs rewrite, need not agree. */
  async #convert(
    receipt: MatchedReceipt,
    formats: IdFormats,
    { sure = false, guess = false },
  ): Promise<CorrelationEntry | undefined> {
    for (const id of receipt.ids) {
      const ways = this.#waysOf(id, formats).filter((way) => !isAuto(formats) || guess || !isGuess(way, id));
      const lists = await Promise.all(ways.map((way) => this.#alike(way)));
      const entries = lists.flat();
      const agreeing = entries.filter((entry) => agrees(entry, receipt));
      if (isOneMessage(agreeing) || isOneId(agreeing)) return this.#first(agreeing);
      const only = sure && (isOneMessage(entries) || isOneId(entries)) && this.#choose(entries, receipt);
      if (only) return only;
    }
    return undefined;
  }

  /** Ids that it may have had in the response; in any case of its letters. */
  #waysOf(id: string, formats: IdFormats): string[] {
    const ways = candidates(id, formats, this.#experience.widths).map((one) => one.id);
    // The very same id is one of the ways where it says so itself; another case of it where nothing is said.
    const { response, receipt } = formats;
    const isNumber = response === receipt && response !== 'auto' && response !== 'text';
    if (isNumber || isAuto(formats)) ways.unshift(id);
    return [...new Map(ways.map((way) => [foldedId(way), way])).values()];
  }

  /** All entries with this message_id, whatever its case. */
  async #alike(id: string): Promise<readonly CorrelationEntry[]> {
    const found: unknown = await this.#parts.correlator.get(id);
    // One of an earlier kind has one entry, or none.
    if (Array.isArray(found)) return found as CorrelationEntry[];
    return found === undefined || found === null ? [] : [found as CorrelationEntry];
  }

  async #having(id: string): Promise<CorrelationEntry[]> {
    return (await this.#alike(id)).filter(({ messageId }) => messageId === id);
  }

  /** Of the messages with one id, the one that a receipt is for; undefined where that is not clear. */
  #choose(entries: readonly CorrelationEntry[], receipt: MatchedReceipt): CorrelationEntry | undefined {
    const agreeing = entries.filter((entry) => agrees(entry, receipt));
    if (agreeing.length > 0) return this.#first(agreeing);
    const awaited = entries.filter((entry) => !this.#parts.isFinal(entry));
    if (isOneMessage(awaited)) return awaited[0];
    // One that has had its final receipt gets no other from elsewhere, but where that came from there, too.
    return awaited.length > 0
      ? undefined
      : entries.find((one) => this.#parts.isRepeated(one, receipt.source));
  }

  /** The oldest that waits for its final receipt, else the one that had its own last. */
  #first(entries: readonly CorrelationEntry[]): CorrelationEntry | undefined {
    return entries.find((entry) => !this.#parts.isFinal(entry)) ?? entries.at(-1);
  }

  // --- experience ---

  #learn(entry: CorrelationEntry, receipt: MatchedReceipt): void {
    const { formats } = this.#parts;
    if (this.#isSaid() || this.#experience.formats || !agrees(entry, receipt)) return;
    for (const id of receipt.ids) {
      const told = tellsNotations(entry.messageId, id);
      if (!told || !relation(entry.messageId, id, formats)) continue;
      this.#experience.formats = told;
      delete this.#experience.same;
      this.#save();
      const facts = { event: 'receipt', stage: 'ids', response_id: entry.messageId, receipt_id: id };
      this.#parts.log.info(
        facts,
        `this SMSC writes message_ids ${WORDS[told.response]} in responses and ${WORDS[told.receipt]} in receipts; ` +
          `set responseIdFormat ${told.response} and receiptIdFormat ${told.receipt} to be sure of it`,
      );
      this.onLearned();
      return;
    }
  }

  #noteSame({ messageId }: CorrelationEntry): void {
    if (this.#experience.same || this.#experience.formats || !/^[1-9]\d+$/.test(messageId)) return;
    this.#experience.same = true;
    this.#save();
  }

  /** An id that is the same in both, and not by what was learned: that was no rule. */
  #contradict(entry: CorrelationEntry, receipt: MatchedReceipt): void {
    const { formats } = this.#experience;
    if (!formats || receipt.ids.some((id) => relation(entry.messageId, id, formats))) return;
    delete this.#experience.formats;
    this.#save();
    const facts = { event: 'receipt', stage: 'ids', response_id: entry.messageId };
    this.#parts.log.info(facts, 'message_ids in receipts are as in responses after all');
  }

  async #load(): Promise<void> {
    try {
      await (this.#loaded ??= this.#read());
    } catch (error) {
      this.#loaded = undefined;
      throw error;
    }
  }

  async #read(): Promise<void> {
    const stored = await this.#parts.state.get(KEY);
    if (!stored) return;
    const { formats, same, widths } = experienceOf(stored);
    this.#experience.formats ??= formats;
    if (!this.#experience.formats) this.#experience.same ??= same;
    this.#experience.widths = [...new Set([...this.#experience.widths, ...widths])].slice(0, MOST_WIDTHS);
  }

  #save(): void {
    const value = Buffer.from(JSON.stringify(this.#experience));
    // Nothing that the next receipts would not tell again.
    this.#parts.state.set(KEY, value).catch(() => undefined);
  }
}

const ZERO = 0x30;
/** A centre that counts uses up all shorter ids before anything is known of its ways. */
const RARE = 4;

function isAuto({ response, receipt }: IdFormats): boolean {
  return response === 'auto' && receipt === 'auto';
}

/** Whether two ids of digits alone are the same number only if one of them is hexadecimal. */
function isGuess(messageId: string, id: string): boolean {
  const digits = /^\d+$/;
  return (
    digits.test(messageId) &&
    digits.test(id) &&
    readNumber(messageId, 'decimal') !== readNumber(id, 'decimal')
  );
}

const WORDS: Record<IdFormats['response'], string> = {
  auto: '',
  text: 'as text',
  decimal: 'in decimal',
  hex: 'in hexadecimal',
};

/** Whether there is one message at least, and no other. */
function isOneMessage(entries: readonly CorrelationEntry[]): boolean {
  return new Set(entries.map(({ id }) => id)).size === 1;
}

/** Whether all have the very same message_id, so that they are told apart as if the receipt had it, too. */
function isOneId(entries: readonly CorrelationEntry[]): boolean {
  return new Set(entries.map(({ messageId }) => messageId)).size === 1;
}

/** Most centres turn the addresses round in a receipt; some do not. */
export function agrees(
  { destination }: Pick<CorrelationEntry, 'destination'>,
  receipt: MatchedReceipt,
): boolean {
  return destination
    .split(',')
    .some((one) => sameAddress(one, receipt.source) || sameAddress(one, receipt.destination));
}

/** What comes from a disk may be anything. */
function experienceOf(stored: Buffer): Experience {
  try {
    const { formats, same, widths } = JSON.parse(stored.toString()) as Partial<Experience>;
    const isNotation = (value: unknown): boolean => value === 'decimal' || value === 'hex';
    const known = formats && isNotation(formats.response) && isNotation(formats.receipt);
    const fit = Array.isArray(widths)
      ? widths.filter((one) => Number.isInteger(one) && one > 0 && one <= 64)
      : [];
    return { ...(known ? { formats } : {}), ...(same === true ? { same } : {}), widths: fit };
  } catch {
    return { widths: [] };
  }
}
