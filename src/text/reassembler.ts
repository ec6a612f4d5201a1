import { joinedMessage, partKey, type IncompleteReason, type JoinedMessage } from './joining';
import { JoinedSigns, type JoinedEntry } from './joined-signs';
import type { MessagePart } from './user-data';
import { factsOf, isSamePart, numberOf, octetsOf, packPart, unpackPart } from './packed-part';
import type { MessageFacts, PackedPart } from './packed-part';
import { exportParts, importParts, type PlainPart } from './reassembly-entry';

export type { IncompleteReason, JoinedEntry, JoinedMessage };

/** What became of a part. */
export interface AddResult {
  /** Where the message is kept, until it is joined or given up. */
  readonly key: string;
  /** `joined`: it was the last; `duplicate`: it had come before. */
  readonly status: 'joined' | 'waiting' | 'duplicate';
  /** With `joined`. */
  readonly message?: JoinedMessage;
  /** Others that were given up for this part: the bounds were reached, or a new message has their reference. */
  readonly incomplete: readonly JoinedMessage[];
}

/** The bounds of a {@link Reassembler}. */
export interface ReassemblerOptions {
  /** Milliseconds after the last part until a message is given up; default 300,000. */
  readonly timeout?: number;
  /** Milliseconds in which a part of a joined message is known for a duplicate; default 60,000. */
  readonly duplicateWindow?: number;
  /** Messages that may wait, and as many joined ones that are known for duplicates; default 10,000. */
  readonly maxMessages?: number;
  /**
   * Octets of memory for all that is kept: parts with their headers and contexts, keys, tables, and the fingerprints of
   * joined messages (of these at least 64 KiB); default 16 MiB.
   */
  readonly maxOctets?: number;
}

/** What a durable store keeps of one waiting message: plain data, JSON as it is. */
export interface ReassemblyEntry {
  /** Where the message is kept. */
  readonly key: string;
  /** Parts of the message. */
  readonly total: number;
  /** When its first part came, in milliseconds of the caller's time. */
  readonly firstAt: number;
  /** When its latest part came. */
  readonly lastAt: number;
  /** Those that came. */
  readonly parts: readonly PlainPart[];
}

interface Waiting extends MessageFacts {
  readonly key: string;
  readonly parts: PackedPart[];
  /** Of the parts that have one, by their number. */
  contexts: Map<number, unknown> | undefined;
  readonly firstAt: number;
  lastAt: number;
  octets: number;
}

/** Beside the octets of a part, what keeping it costs; and of a context. Measured. */
const PART_OVERHEAD = 40;
const CONTEXT_OVERHEAD = 50;
/** Beside its parts and its key, what keeping a message costs; the rest is in {@link shares}. */
const MESSAGE_OVERHEAD = 44;
const LEAST_FOR_JOINED = 64 * 1024;
const MANY_OCTETS = 1024 * 1024;

/** What of the octets is for parts, and what for signs of duplicates. A quarter is left to what tables of V8 take at their worst. */
function shares(maxOctets: number): { waiting: number; joined: number } {
  const joined = Math.max(LEAST_FOR_JOINED, maxOctets / 8);
  return maxOctets < MANY_OCTETS
    ? { waiting: maxOctets, joined }
    : { waiting: maxOctets - joined - maxOctets / 4, joined };
}

/**
 * Joins long messages, whatever way they are marked and in whatever order they come.
 *
 * A message is known by its addresses, the way it is marked, its reference and its number of parts (TS 23.040
 * section 9.2.3.24.1). A part that differs from the one that is there belongs to a new message
 * with the same reference: the old one is given up. Time is passed in, as epoch milliseconds.
 */
export class Reassembler {
  readonly #timeout: number;
  readonly #duplicateWindow: number;
  readonly #maxMessages: number;
  readonly #maxOctets: number;
  /** The one that waits longest for its next part comes first. */
  readonly #waiting = new Map<string, Waiting>();
  /** One for many: a new one walks over all that was deleted in front. None while nothing is to go: it keeps that alive. */
  #oldest: Iterator<Waiting> | undefined;
  readonly #joined: JoinedSigns;
  #octets = 0;

  constructor(options: ReassemblerOptions = {}) {
    this.#timeout = options.timeout ?? 300_000;
    this.#duplicateWindow = options.duplicateWindow ?? 60_000;
    this.#maxMessages = options.maxMessages ?? 10_000;
    const { waiting, joined } = shares(options.maxOctets ?? 16 * 1024 * 1024);
    this.#maxOctets = waiting;
    this.#joined = new JoinedSigns(this.#duplicateWindow, this.#maxMessages, joined);
  }

  /** Messages that wait for parts. */
  get size(): number {
    return this.#waiting.size;
  }

  /** Whether a message waits for parts. */
  has(key: string): boolean {
    return this.#waiting.has(key);
  }

  /** Those that wait for parts, the one that waits longest first. */
  keys(): string[] {
    return [...this.#waiting.keys()];
  }

  /** Octets that the waiting messages take in memory, roughly. */
  get octets(): number {
    return this.#octets;
  }

  /** Takes a part. `now`: milliseconds of the caller’s time, which never goes back. */
  add(part: MessagePart, now: number): AddResult {
    const key = partKey(part);
    const incomplete: JoinedMessage[] = [];
    let entry = this.#waiting.get(key);
    const packed = packPart(part);
    const known = entry && partOf(entry, part.part);
    if (known && isSamePart(known, packed)) return { key, status: 'duplicate', incomplete };
    if (known && entry) {
      incomplete.push(this.#giveUp(entry, 'superseded'));
      entry = undefined;
    }
    if (!entry && this.#joined.has(key, packed, now)) return { key, status: 'duplicate', incomplete };
    entry = this.#place(entry, key, part, packed, now);
    if (entry.parts.length === part.total) {
      this.#forget(entry);
      this.#joined.learn(key, now, inOrder(entry));
      this.#shrink(incomplete);
      return { key, status: 'joined', message: toMessage(entry), incomplete };
    }
    this.#shrink(incomplete);
    return { key, status: 'waiting', incomplete };
  }

  /** Takes a message apart again: all but one of its parts, or all, wait, as if that one had never come. */
  reopen({ key, parts, firstAt }: JoinedMessage, but: number | undefined, now: number): void {
    this.#joined.forget(key);
    for (const part of parts) {
      if (part.part !== but) this.#place(this.#waiting.get(key), key, part, packPart(part), now, firstAt);
    }
  }

  /** Gives up what has waited too long, the oldest first. */
  expire(now: number): JoinedMessage[] {
    const expired: JoinedMessage[] = [];
    for (const entry of this.#waiting.values()) {
      if (entry.lastAt + this.#timeout > now) break;
      expired.push(this.#giveUp(entry, 'timeout'));
    }
    this.#joined.expire(now);
    return expired;
  }

  /** Epoch milliseconds at which {@link expire} next has something to give up; undefined: nothing waits. */
  nextExpiry(): number | undefined {
    for (const entry of this.#waiting.values()) return entry.lastAt + this.#timeout;
    return undefined;
  }

  /** What must be stored to find the message again after a restart; undefined if it does not wait. */
  exportEntry(key: string): ReassemblyEntry | undefined {
    const entry = this.#waiting.get(key);
    if (!entry) return undefined;
    const { total, firstAt, lastAt } = entry;
    return { key, total, firstAt, lastAt, parts: exportParts(partsOf(entry)) };
  }

  /**
   * Takes a stored message back; parts that are there already stay. To be called in the order of `lastAt`.
   * Returns what the bounds made it give up.
   * @throws TextError `MALFORMED_ENTRY`
   */
  importEntry(stored: ReassemblyEntry): JoinedMessage[] {
    const parts = importParts(stored.parts);
    for (const part of parts) {
      const key = partKey(part);
      const entry = this.#waiting.get(key);
      if (entry && partOf(entry, part.part)) continue;
      const now = Math.max(entry?.lastAt ?? 0, stored.lastAt);
      this.#place(entry, key, part, packPart(part), now, stored.firstAt);
    }
    const incomplete: JoinedMessage[] = [];
    this.#shrink(incomplete);
    return incomplete;
  }

  /** What must be stored to know a part of a joined message for a duplicate after a restart. */
  exportJoined(key: string): JoinedEntry | undefined {
    return this.#joined.export(key);
  }

  /** Takes back what {@link exportJoined} gave, the oldest first. */
  importJoined(stored: JoinedEntry): void {
    this.#joined.import(stored);
  }

  /** Milliseconds for which joined messages are known. */
  get duplicateWindow(): number {
    return this.#duplicateWindow;
  }

  #place(
    existing: Waiting | undefined,
    key: string,
    part: MessagePart,
    packed: PackedPart,
    now: number,
    firstAt = now,
  ): Waiting {
    const entry = existing ?? waitingFor(part, key, firstAt);
    let size = packed.length + PART_OVERHEAD;
    if (!existing) size += MESSAGE_OVERHEAD + key.length;
    entry.parts.push(packed);
    if (part.context !== undefined) {
      (entry.contexts ??= new Map()).set(part.part, part.context);
      size += CONTEXT_OVERHEAD + octetsOf(part.context);
    }
    entry.octets += size;
    entry.lastAt = now;
    this.#octets += size;
    this.#waiting.delete(key);
    this.#waiting.set(key, entry);
    return entry;
  }

  #shrink(incomplete: JoinedMessage[]): void {
    if (!this.#isOver) this.#oldest = undefined;
    while (this.#isOver) {
      const next = (this.#oldest ??= this.#waiting.values()).next();
      if (next.done) this.#oldest = undefined;
      else incomplete.push(this.#giveUp(next.value, 'capacity'));
    }
  }

  get #isOver(): boolean {
    return this.#waiting.size > this.#maxMessages || this.#octets > this.#maxOctets;
  }

  #giveUp(entry: Waiting, reason: IncompleteReason): JoinedMessage {
    this.#forget(entry);
    return toMessage(entry, reason);
  }

  #forget(entry: Waiting): void {
    this.#waiting.delete(entry.key);
    this.#octets -= entry.octets;
  }
}

function waitingFor(part: MessagePart, key: string, firstAt: number): Waiting {
  return { key, ...factsOf(part), parts: [], contexts: undefined, firstAt, lastAt: firstAt, octets: 0 };
}

function partOf({ parts }: Waiting, part: number): PackedPart | undefined {
  return parts.find((packed) => numberOf(packed) === part);
}

function inOrder({ parts }: Waiting): PackedPart[] {
  return parts.toSorted((one, other) => numberOf(one) - numberOf(other));
}

function partsOf(entry: Waiting): MessagePart[] {
  return inOrder(entry).map((packed) => unpackPart(packed, entry, entry.contexts?.get(numberOf(packed))));
}

function toMessage(entry: Waiting, reason?: IncompleteReason): JoinedMessage {
  return joinedMessage(entry, partsOf(entry), reason);
}
