import type { Log, LogLine } from '../../observability';
import { foldedId, type KeyValueState } from '../../store';
import { storedFields } from '../config/stored';
import { IdEvidence, isGuess, isOther, isTelling, type IdRelation, type StoredEvidence } from './id-evidence';
import { candidates, isNumber, tellsNotations, type IdFormats } from './message-ids';

export interface IdExperienceParts {
  /** Where it is kept what was learned: receipts may come days later. */
  readonly state: Pick<KeyValueState, 'get' | 'set'>;
  readonly log: Log;
  /** As the user says. */
  readonly formats: IdFormats;
  /** Whether other instances keep there, too, what they have learned. */
  readonly isShared?: () => boolean;
}

const KEY = 'message-ids';
const MOST_WIDTHS = 16;
const ZERO = 0x30;

/** What is known of the ways of an SMSC with ids; kept with the store, and told in the log. */
export class IdExperience {
  /** Called when more is known than was. */
  onLearned: () => void = () => undefined;
  readonly evidence = new IdEvidence();
  readonly #parts: IdExperienceParts;
  /** That seen last at the end. */
  #widths: number[] = [];
  #prefixed = false;
  #announced = false;
  /** The moment at which what a receipt that is held waits for is confirmed. */
  #confirmedAt = Infinity;
  #loading: Promise<void> | undefined;
  #loaded = false;
  #saving = false;
  #isToSave = false;

  constructor(parts: IdExperienceParts) {
    this.#parts = parts;
  }

  /** Whether the user has said how both are written, so that nothing need be guessed. */
  get isSaid(): boolean {
    const { response, receipt } = this.#parts.formats;
    return response !== 'auto' && receipt !== 'auto';
  }

  /** Ids that a message may have had in its response which a receipt calls so; in any case of its letters. */
  waysOf(id: string): string[] {
    const { response, receipt } = this.#parts.formats;
    const ways = new Map<string, string>();
    const add = (way: string): unknown => ways.set(foldedId(way), way);
    // The very same id is one of the ways where it says so itself; another case of it where nothing is said.
    const isText = response === 'text' || receipt === 'text';
    if (!isText && (response === receipt || !this.isSaid)) add(id);
    for (const one of candidates(id, this.#parts.formats, this.#widths)) {
      add(one.id);
      if (this.#prefixed && one.response === 'hex') add(`0x${one.id}`);
    }
    return [...ways.values()];
  }

  /** Lengths to which ids of responses are filled up with zeros. */
  get widths(): readonly number[] {
    return this.#widths;
  }

  /** Whether responses have had ids that begin with 0x. */
  get prefixed(): boolean {
    return this.#prefixed;
  }

  /** An id of a response. */
  observe(messageId: string): void {
    const isPadded = messageId.charCodeAt(0) === ZERO && isNumber(messageId);
    const isNew = isPadded && this.#observeWidth(messageId);
    if (this.evidence.observe(messageId)) this.#learned();
    else if (isNew) this.#save();
  }

  /** From a pair beyond doubt. */
  learn(messageId: string, { relation, receiptId }: { relation: IdRelation; receiptId: string }): void {
    const { evidence } = this;
    if (!isTelling(messageId)) return;
    // Digits alone confirm what is known, and tell nothing else.
    if (isOther(relation) && isGuess(messageId, receiptId) && !evidence.has(relation)) return;
    if (isOther(relation)) this.#announce(messageId, receiptId);
    else if (this.#announced && evidence.hasOther()) this.#withdraw(messageId);
    if (evidence.note(relation, messageId, receiptId)) this.#learned();
    else if (evidence.moment >= this.#confirmedAt) this.#tell();
  }

  /** Tells, as of something learned, when there is so much evidence. */
  confirmAt(moment: number): void {
    this.#confirmedAt = Math.min(this.#confirmedAt, moment);
  }

  /** Reads what was learned before. Rejects as the store does; it is then read the next time. */
  async load(): Promise<void> {
    try {
      await (this.#loading ??= this.#read());
    } catch (error) {
      this.#loading = undefined;
      throw error;
    }
    this.#loaded = true;
  }

  get isLoaded(): boolean {
    return this.#loaded;
  }

  #observeWidth(messageId: string): boolean {
    const isPrefixed = /^0x/i.test(messageId);
    const width = isPrefixed ? messageId.length - 2 : messageId.length;
    if (this.#widths.at(-1) === width && (this.#prefixed || !isPrefixed)) return false;
    const isNew = !this.#widths.includes(width) || (isPrefixed && !this.#prefixed);
    this.#widths = [...this.#widths.filter((one) => one !== width), width].slice(-MOST_WIDTHS);
    this.#prefixed ||= isPrefixed;
    return isNew;
  }

  #announce(messageId: string, receiptId: string): void {
    const told = tellsNotations(messageId, receiptId);
    if (!told || this.#announced || this.evidence.hasOther()) return;
    this.#announced = true;
    const facts = {
      event: 'receipt',
      stage: 'ids',
      response_id: messageId,
      receipt_id: receiptId,
    } satisfies LogLine;
    this.#parts.log.info(
      facts,
      `this SMSC writes message_ids ${WORDS[told.response]} in responses and ${WORDS[told.receipt]} in receipts; ` +
        `set responseIdFormat ${told.response} and receiptIdFormat ${told.receipt} to be sure of it`,
    );
  }

  /** An id that is the same in both: the other way is not the only one. */
  #withdraw(messageId: string): void {
    this.#announced = false;
    const facts = { event: 'receipt', stage: 'ids', response_id: messageId } satisfies LogLine;
    const text =
      'message_ids in receipts are as in responses after all, or in more than one way: ' +
      'a receipt that may be for two messages is told unmatched';
    this.#parts.log.info(facts, text);
  }

  #learned(): void {
    this.#save();
    this.#tell();
  }

  #tell(): void {
    this.#confirmedAt = Infinity;
    this.onLearned();
  }

  async #read(): Promise<void> {
    const stored = await this.#parts.state.get(KEY);
    if (stored) this.#adopt(storedFields(stored));
  }

  /** Reads what other instances have learned since, and writes what they do not have. Never rejects. */
  async refresh(): Promise<void> {
    if (!this.#loaded || !this.#isShared) return;
    try {
      const stored = await this.#parts.state.get(KEY);
      const theirs = stored ? storedFields(stored) : {};
      const hasNews = this.#adopt(theirs);
      if (this.#knowsMoreThan(theirs)) this.#save();
      if (hasNews) this.#tell();
    } catch {
      // The next time.
    }
  }

  /** Returns whether that changes what is to be made of ids. */
  #adopt({ evidence, widths, prefixed }: Stored): boolean {
    const before = `${this.#widths.length} ${this.#prefixed}`;
    const isNew = isObject(evidence) && this.evidence.restore(evidence);
    this.#announced ||= this.evidence.hasOther();
    this.#widths = [...new Set([...widthsOf(widths), ...this.#widths])].slice(-MOST_WIDTHS);
    this.#prefixed ||= prefixed === true;
    return isNew || before !== `${this.#widths.length} ${this.#prefixed}`;
  }

  #knowsMoreThan({ evidence, widths, prefixed }: Stored): boolean {
    const known = widthsOf(widths);
    if (this.#widths.some((width) => !known.includes(width)) && known.length < MOST_WIDTHS) return true;
    if (this.#prefixed && prefixed !== true) return true;
    return this.evidence.hasMoreThan(isObject(evidence) ? evidence : {});
  }

  get #isShared(): boolean {
    return this.#parts.isShared?.() === true;
  }

  #save(): void {
    if (this.#isShared) return void this.#saveShared();
    // Nothing that the next receipts would not tell again.
    this.#parts.state.set(KEY, this.#known()).catch(() => undefined);
  }

  #known(): Buffer {
    const known = { evidence: this.evidence.stored(), widths: this.#widths, prefixed: this.#prefixed };
    return Buffer.from(JSON.stringify(known));
  }

  /** Together with what others have learned. What two write at once, the next refresh of one writes again. */
  async #saveShared(): Promise<void> {
    this.#isToSave = true;
    if (this.#saving) return;
    this.#saving = true;
    try {
      while (this.#isToSave) {
        this.#isToSave = false;
        await this.#read();
        const { moment } = this.evidence;
        await this.#parts.state.set(KEY, this.#known());
        this.evidence.shared(moment);
      }
    } catch {
      // Nothing that the next receipts would not tell again.
    } finally {
      this.#saving = false;
    }
  }
}

const WORDS: Record<IdFormats['response'], string> = {
  auto: '',
  text: 'as text',
  decimal: 'in decimal',
  hex: 'in hexadecimal',
};

const isWidth = (width: unknown): width is number =>
  Number.isInteger(width) && Number(width) > 0 && Number(width) <= 64;

/** What comes from a disk may be anything. */
interface Stored {
  evidence?: unknown;
  widths?: unknown;
  prefixed?: unknown;
}

const widthsOf = (widths: unknown): number[] => (Array.isArray(widths) ? widths.filter(isWidth) : []);
const isObject = (value: unknown): value is Partial<StoredEvidence> =>
  typeof value === 'object' && value !== null;
