import type { Clock } from '../../clock';
import type { Log } from '../../observability';
import type { CorrelationEntry, Correlator } from '../../store';
import { BoundedMap } from '../../collections';

export interface FinalReceiptsParts {
  readonly correlator: Correlator;
  readonly clock: Clock;
  readonly log: Log;
  /** Milliseconds for which an entry is kept after its final receipt. */
  readonly ttl: number;
}

/** What is known of a final receipt: where it came from, and the ids that it had. */
interface FinalReceipt {
  readonly source: string;
  readonly ids: readonly string[];
}

/** What is being told, or was and is not in the correlator yet. */
const REMEMBERED = 10_000;

/**
 * Which messages have had their final receipt, so that one that comes a second time is known for what it is, and that
 * of another message with the same message_id is not taken for it. A submit_multi has as many as recipients: it never has had its last.
 */
export class FinalReceipts {
  readonly #parts: FinalReceiptsParts;
  /** USUAL: it came from the entry's destination and had its message_id. */
  readonly #told = new BoundedMap<FinalReceipt | typeof USUAL>(REMEMBERED);
  /** The key that was made last, for each is needed several times in a row. */
  #entry: CorrelationEntry | undefined;
  #key = '';
  #marks: CorrelationEntry[] = [];
  #writing = false;

  constructor(parts: FinalReceiptsParts) {
    this.#parts = parts;
  }

  has(entry: CorrelationEntry): boolean {
    return entry.finalState !== undefined || this.#told.get(this.#keyOf(entry)) !== undefined;
  }

  /** Whether it has had a final receipt from this address; known for the last ones only, and not after a restart. */
  isRepeated(entry: CorrelationEntry, source: string): boolean {
    return this.#receiptOf(entry)?.source === source.slice(0, LONGEST);
  }

  /** Whether it has had its final receipt under none of these ids; known as {@link isRepeated} is. */
  isOther(entry: CorrelationEntry, ids: readonly string[]): boolean {
    const told = this.#receiptOf(entry)?.ids;
    return told !== undefined && !ids.some((id) => told.includes(id.slice(0, LONGEST)));
  }

  /** This final receipt for it is about to be told. */
  claim(entry: CorrelationEntry, { source, ids }: FinalReceipt): void {
    const { destination, messageId } = entry;
    if (destination.includes(',')) return;
    const isUsual =
      ids.length === 1 && ids[0] === messageId && source === destination && source.length <= LONGEST;
    // What was cut out of a receipt keeps all of that alive.
    const told = isUsual ? USUAL : { source: shortened(source), ids: ids.map(shortened) };
    this.#told.set(this.#keyOf(entry), told);
  }

  /** It was told, but the SMSC is to repeat it. */
  unclaim(entry: CorrelationEntry): void {
    this.#told.delete(this.#keyOf(entry));
  }

  /** It was told and taken: the entry is kept for `ttl` only. */
  settle(entry: CorrelationEntry, state: string): void {
    if (entry.destination.includes(',')) return;
    if (this.#marks.length >= REMEMBERED) this.#marks.shift();
    const expiresAt = Math.min(entry.expiresAt, this.#parts.clock.now() + this.#parts.ttl);
    this.#marks.push(marked(entry, state, expiresAt));
    if (!this.#writing) void this.#write();
  }

  #receiptOf(entry: CorrelationEntry): FinalReceipt | undefined {
    const told = this.#told.get(this.#keyOf(entry));
    return told === USUAL ? { source: entry.destination, ids: [entry.messageId] } : told;
  }

  #keyOf(entry: CorrelationEntry): string {
    if (entry === this.#entry) return this.#key;
    this.#entry = entry;
    return (this.#key = `${entry.id} ${entry.segment} ${entry.messageId}`);
  }

  /** All that came while the last ones were written at once. Without its mark a message is only told again as unmarked. */
  async #write(): Promise<void> {
    const { correlator, log } = this.#parts;
    this.#writing = true;
    await Promise.resolve();
    while (this.#marks.length > 0) {
      const marks = this.#marks;
      this.#marks = [];
      try {
        await correlator.put(marks);
      } catch (error) {
        const line = { event: 'receipt', stage: 'correlator', err: error };
        log.debug(line, 'the correlator does not take that a receipt was final');
      }
    }
    this.#writing = false;
  }
}

/** Field by field: an object spread takes as long as all the rest of {@link FinalReceipts.settle}. */
function marked(entry: CorrelationEntry, finalState: string, expiresAt: number): CorrelationEntry {
  const { messageId, id, segment, segments, source, destination, acceptedAt } = entry;
  const mark: { -readonly [K in keyof CorrelationEntry]: CorrelationEntry[K] } = {
    messageId,
    id,
    segment,
    segments,
    source,
    destination,
    acceptedAt,
    expiresAt,
    finalState,
  };
  if (entry.receiptRequested === false) mark.receiptRequested = false;
  if (entry.correlationId !== undefined) mark.correlationId = entry.correlationId;
  if (entry.msgid !== undefined) mark.msgid = entry.msgid;
  if (entry.metadata !== undefined) mark.metadata = entry.metadata;
  return mark;
}

const USUAL = Symbol('usual');
const LONGEST = 255;

/** As much as there is of one of the specification's; it keeps nothing else alive. */
const shortened = (text: string): string =>
  Buffer.from(text.slice(0, LONGEST), 'utf16le').toString('utf16le');
