import type { Clock } from '../../clock';
import type { Log, LogLine } from '../../observability';
import type { CorrelationEntry, Correlator } from '../../store';
import { BoundedMap } from '../../collections';
import { FinalsOfMany, hasAll } from './finals-of-many';
import { recipientAmong } from './message-ids';

export interface FinalReceiptsParts {
  readonly correlator: Correlator;
  readonly clock: Clock;
  readonly log: Log;
  /** Milliseconds for which an entry is kept after its final receipt. */
  readonly ttl: number;
}

/** The addresses that a receipt has. */
interface Addresses {
  readonly source: string;
  readonly destination: string;
}

/** What is known of a final receipt: where it came from, and the ids that it had. */
interface FinalReceipt extends Addresses {
  readonly ids: readonly string[];
}

interface Told extends Pick<CorrelationEntry, 'id' | 'segment'> {
  readonly source: string;
  /** Absent: its message_id alone. */
  readonly ids: readonly string[] | undefined;
}

/** Messages to several that have marks at a time. */
const MARKED = 1000;
/** What is being told, or was and is not in the correlator yet. */
const REMEMBERED = 10_000;

/**
 * Which messages have had their final receipt, so that one that comes a second time is known for what it is, and that
 * of another message with the same message_id is not taken for it. A message to several has one for each recipient.
 */
export class FinalReceipts {
  readonly #parts: FinalReceiptsParts;
  /** By message_id; those of a second message with the same one by {@link keyOf}. */
  readonly #told = new BoundedMap<Told>(REMEMBERED);
  /** Whether there was a second one. */
  #isShared = false;
  #marks: CorrelationEntry[] = [];
  readonly #ofMany = new FinalsOfMany();
  /** The last of each entry. */
  #marksOfMany = new Map<string, CorrelationEntry>();
  #writing = false;

  constructor(parts: FinalReceiptsParts) {
    this.#parts = parts;
  }

  /** Of a message to several whether the one that this receipt is for has had it. */
  has(entry: CorrelationEntry, receipt: Addresses): boolean {
    const address = recipientAmong(entry, receipt);
    if (address !== undefined) return this.#ofMany.has(entry, shortened(address));
    return entry.finalState !== undefined || this.#of(entry) !== undefined;
  }

  /** Whether it has had a final receipt from this address; known for the last ones only, and not after a restart. */
  isRepeated(entry: CorrelationEntry, source: string): boolean {
    return this.#of(entry)?.source === source.slice(0, LONGEST);
  }

  /** Whether it has had its final receipt under none of these ids; known as {@link isRepeated} is. */
  isOther(entry: CorrelationEntry, ids: readonly string[]): boolean {
    const told = this.#of(entry);
    return (
      told !== undefined && !ids.some((id) => (told.ids ?? [entry.messageId]).includes(id.slice(0, LONGEST)))
    );
  }

  /** This final receipt for it is about to be told. */
  claim(entry: CorrelationEntry, receipt: FinalReceipt): void {
    const { destination, messageId, id, segment } = entry;
    const { source, ids } = receipt;
    const address = recipientAmong(entry, receipt);
    if (address !== undefined) return this.#ofMany.claim(entry, shortened(address));
    const other = this.#told.get(messageId);
    const isFirst = !other || isOf(other, entry);
    this.#isShared ||= !isFirst;
    // Its own strings are kept anyway; what was cut out of a receipt keeps all of that alive.
    const own = ids.length === 1 && ids[0] === messageId ? undefined : ids.map(shortened);
    this.#told.set(isFirst ? messageId : keyOf(entry), {
      id,
      segment,
      source: source === destination ? destination : shortened(source),
      ids: own,
    });
  }

  /** It was told, but the SMSC is to repeat it. */
  unclaim(entry: CorrelationEntry, address: string | undefined): void {
    if (address !== undefined) return this.#ofMany.unclaim(entry, shortened(address));
    const { messageId } = entry;
    const first = this.#told.get(messageId);
    this.#told.delete(first && isOf(first, entry) ? messageId : keyOf(entry));
  }

  #of(entry: CorrelationEntry): Told | undefined {
    const told = this.#told.get(entry.messageId);
    if (told && isOf(told, entry)) return told;
    return this.#isShared ? this.#told.get(keyOf(entry)) : undefined;
  }

  /** It was told and taken: the entry is kept for `ttl` only. */
  settle(entry: CorrelationEntry, state: string, address: string | undefined): void {
    if (address !== undefined) this.#settleOne(entry, state, shortened(address));
    else {
      if (this.#marks.length >= REMEMBERED) this.#marks.shift();
      this.#marks.push(marked(entry, state, this.#endOf(entry)));
    }
    if (!this.#writing) void this.#write();
  }

  /** The entry itself is over when all have had theirs. */
  #settleOne(entry: CorrelationEntry, state: string, address: string): void {
    const finals = this.#ofMany.settle(entry, address, state);
    const isOver = hasAll(entry, finals);
    const mark = isOver
      ? marked(entry, state, this.#endOf(entry))
      : marked(entry, undefined, entry.expiresAt);
    const key = keyOf(entry);
    if (this.#marksOfMany.size >= MARKED && !this.#marksOfMany.has(key)) return;
    const { lists, home } = entry;
    this.#marksOfMany.set(key, { ...mark, finals, ...(lists && { lists }), ...(home && { home }) });
  }

  #endOf({ expiresAt }: CorrelationEntry): number {
    return Math.min(expiresAt, this.#parts.clock.now() + this.#parts.ttl);
  }

  /** All that came while the last ones were written at once. Without its mark a message is only told again as unmarked. */
  async #write(): Promise<void> {
    const { correlator, log } = this.#parts;
    this.#writing = true;
    await Promise.resolve();
    while (this.#marks.length > 0 || this.#marksOfMany.size > 0) {
      const marks = [...this.#marks, ...this.#marksOfMany.values()];
      this.#marks = [];
      if (this.#marksOfMany.size > 0) this.#marksOfMany = new Map();
      try {
        await correlator.put(marks);
      } catch (error) {
        const line = { event: 'receipt', stage: 'correlator', err: error } satisfies LogLine;
        log.debug(line, 'the correlator does not take that a receipt was final');
      }
    }
    this.#writing = false;
  }
}

/** Field by field: an object spread takes as long as all the rest of {@link FinalReceipts.settle}. */
function marked(
  entry: CorrelationEntry,
  finalState: string | undefined,
  expiresAt: number,
): CorrelationEntry {
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
  };
  if (finalState !== undefined) mark.finalState = finalState;
  if (entry.sentAs !== undefined) mark.sentAs = entry.sentAs;
  if (entry.receiptRequested === false) mark.receiptRequested = false;
  if (entry.correlationId !== undefined) mark.correlationId = entry.correlationId;
  if (entry.msgid !== undefined) mark.msgid = entry.msgid;
  if (entry.metadata !== undefined) mark.metadata = entry.metadata;
  if (entry.trace !== undefined) mark.trace = entry.trace;
  return mark;
}

const LONGEST = 255;

/** As much as there is of one of the specification's; it keeps nothing else alive. */
const shortened = (text: string): string =>
  Buffer.from(text.slice(0, LONGEST), 'utf16le').toString('utf16le');

const isOf = (told: Told, { id, segment }: CorrelationEntry): boolean =>
  told.id === id && told.segment === segment;

const keyOf = ({ messageId, id, segment }: CorrelationEntry): string => `${id} ${segment} ${messageId}`;
