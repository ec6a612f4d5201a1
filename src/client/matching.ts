import type { Log } from '../observability';
import type { CorrelationEntry, Correlator, KeyValueState } from '../store';
import {
  candidates,
  readNumber,
  relation,
  sameAddress,
  sameText,
  tellsNotations,
  type IdFormats,
} from './message-ids';

/** What a receipt says of the message that it is for. */
export interface MatchedReceipt {
  /** The ids it has, the surest first: that of the TLV, that of the text. */
  readonly ids: readonly string[];
  /** The receipt's own addresses: it comes from the recipient of the message. */
  readonly source: string;
  readonly destination: string;
}

export interface MatchingParts {
  readonly correlator: Correlator;
  /** Where it is kept what was learned: receipts may come days later. */
  readonly state: Pick<KeyValueState, 'get' | 'set'>;
  readonly log: Log;
  /** As the user says. */
  readonly formats: IdFormats;
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
 * Tells which message a receipt's message_id means, where the centre writes it in another way than in its response.
 *
 * First as the formats say, where they are said or learned; then exactly; then by every other way, and then the
 * address must agree and only one message come into question. Two ids of digits alone that are the same number only
 * if one is hexadecimal may as well be two messages: where ids are counted up, both exist. All by a few look-ups, however many messages are known.
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

  /** The message, or undefined where none, or more than one, comes into question. Rejects as the correlator does. */
  async find(receipt: MatchedReceipt): Promise<CorrelationEntry | undefined> {
    await this.#load();
    const said = this.#isSaid();
    const [first = '', second] = receipt.ids;
    // A TLV beside a text with another id has it as the response had.
    const own = second === undefined ? undefined : await this.#parts.correlator.get(first);
    if (own && agrees(own, receipt)) return own;
    const formats = said ? this.#parts.formats : this.#experience.formats;
    const converted = formats && (await this.#convert(receipt, formats, said));
    if (converted) return converted;
    const exact = await this.#exact(receipt);
    if (exact && agrees(exact, receipt)) {
      this.#contradict(exact, receipt);
      this.#noteSame(exact);
      return exact;
    }
    // Not even the address of the very same id agrees: then another is no guess.
    const rare = receipt.ids.every((id) => id.length >= RARE);
    const guess = exact !== undefined || (rare && !this.#experience.same);
    const other = said ? undefined : await this.#convert(receipt, this.#parts.formats, false, guess);
    if (!other) return exact;
    if (!exact) this.#learn(other, receipt);
    return other;
  }

  /** Whether the message, which has just become known, is the one that the receipt means. */
  belongs(entry: CorrelationEntry, receipt: MatchedReceipt): boolean {
    if (receipt.ids.includes(entry.messageId)) return true;
    const { formats } = this.#parts;
    const known = this.#isSaid() || this.#experience.formats !== undefined;
    const same = receipt.ids.some(
      (id) =>
        (relation(entry.messageId, id, formats) ?? sameText(entry.messageId, id, formats)) &&
        // What it is the same as by the letter may still come.
        (known || !isGuess(entry.messageId, id)),
    );
    if (!same || !(this.#isSaid() || agrees(entry, receipt))) return false;
    this.#learn(entry, receipt);
    return true;
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

  async #exact({ ids }: MatchedReceipt): Promise<CorrelationEntry | undefined> {
    for (const id of ids) {
      const entry = await this.#parts.correlator.get(id);
      if (entry) return entry;
    }
    return undefined;
  }

  /** `sure`: the notations are certain, so that the address, which some centres rewrite, need not agree. */
  async #convert(
    receipt: MatchedReceipt,
    formats: IdFormats,
    sure: boolean,
    guess = false,
  ): Promise<CorrelationEntry | undefined> {
    for (const id of receipt.ids) {
      const ways = this.#waysOf(id, formats).filter((way) => !isAuto(formats) || guess || !isGuess(way, id));
      const entries = await this.#entries(ways);
      const agreeing = entries.filter((entry) => agrees(entry, receipt));
      if (agreeing.length === 1) return agreeing[0];
      if (sure && entries.length === 1) return entries[0];
    }
    return undefined;
  }

  #waysOf(id: string, formats: IdFormats): string[] {
    const ways = candidates(id, formats, this.#experience.widths).map((one) => one.id);
    // The very same id is one of the ways where it says so itself.
    const { response, receipt } = formats;
    if (response === receipt && response !== 'auto' && response !== 'text') ways.push(id);
    if (isAuto(formats)) ways.push(id.toLowerCase(), id.toUpperCase());
    return [...new Set(ways)];
  }

  async #entries(ids: readonly string[]): Promise<CorrelationEntry[]> {
    const found = await Promise.all(ids.map((id) => this.#parts.correlator.get(id)));
    return found.filter((entry) => entry !== undefined);
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

/** Most centres turn the addresses round in a receipt; some do not. */
function agrees({ destination }: CorrelationEntry, receipt: MatchedReceipt): boolean {
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
