import type { MessagePart } from './message-part';
import { exportParts, importParts, type PlainPart } from './reassembly-entry';

export type IncompleteReason = 'timeout' | 'capacity' | 'superseded';

/** A long message, or what came of it. */
export interface JoinedMessage {
  /** What {@link AddResult} called it while it waited. */
  readonly key: string;
  readonly complete: boolean;
  /** Why it is given up, where it is not complete. */
  readonly reason?: IncompleteReason;
  /** By their number; {@link decodeParts} makes a text of them. */
  readonly parts: readonly MessagePart[];
  readonly total: number;
  /** Numbers of the parts that did not come. */
  readonly missing: readonly number[];
  /** Epoch milliseconds of the first and the last part. */
  readonly firstAt: number;
  readonly lastAt: number;
}

export interface AddResult {
  /** Where the message is kept, until it is joined or given up. */
  readonly key: string;
  readonly status: 'joined' | 'waiting' | 'duplicate';
  /** With `joined`. */
  readonly message?: JoinedMessage;
  /** Others that were given up for this part: the bounds were reached, or a new message has their reference. */
  readonly incomplete: readonly JoinedMessage[];
}

export interface ReassemblerOptions {
  /** Milliseconds after the last part until a message is given up; default 300,000. */
  readonly timeout?: number;
  /** Milliseconds in which a part of a joined message is known for a duplicate; default 60,000. */
  readonly duplicateWindow?: number;
  /** Messages that may wait; default 10,000. */
  readonly maxMessages?: number;
  /** Octets that may wait; default 16 MiB. */
  readonly maxOctets?: number;
}

/** What a durable store keeps of one waiting message: plain data, JSON as it is. */
export interface ReassemblyEntry {
  readonly key: string;
  readonly total: number;
  readonly firstAt: number;
  readonly lastAt: number;
  readonly parts: readonly PlainPart[];
}

/** What a durable store keeps of a joined message, to know its parts when they come again. Plain data. */
export interface JoinedEntry {
  readonly key: string;
  /** Epoch milliseconds. */
  readonly at: number;
  readonly fingerprints: readonly (readonly [part: number, fingerprint: number])[];
}

interface Waiting {
  readonly key: string;
  readonly total: number;
  readonly parts: Map<number, MessagePart>;
  readonly firstAt: number;
  lastAt: number;
  octets: number;
}

/** A message that was joined: the octets of its parts by fingerprint. */
interface Done {
  readonly at: number;
  readonly fingerprints: ReadonlyMap<number, number>;
}

/** Beside the octets of a part, what keeping it costs. */
const PART_OVERHEAD = 100;

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
  readonly #done = new Map<string, Done>();
  #octets = 0;

  constructor(options: ReassemblerOptions = {}) {
    this.#timeout = options.timeout ?? 300_000;
    this.#duplicateWindow = options.duplicateWindow ?? 60_000;
    this.#maxMessages = options.maxMessages ?? 10_000;
    this.#maxOctets = options.maxOctets ?? 16 * 1024 * 1024;
  }

  /** Messages that wait for parts. */
  get size(): number {
    return this.#waiting.size;
  }

  /** Octets that they take, roughly. */
  get octets(): number {
    return this.#octets;
  }

  add(part: MessagePart, now: number): AddResult {
    const key = keyOf(part);
    const incomplete: JoinedMessage[] = [];
    let entry = this.#waiting.get(key);
    const known = entry?.parts.get(part.part);
    if (known && isSame(known, part)) return { key, status: 'duplicate', incomplete };
    if (known && entry) {
      incomplete.push(this.#giveUp(entry, 'superseded'));
      entry = undefined;
    }
    if (!entry && this.#isDone(key, part, now)) return { key, status: 'duplicate', incomplete };
    entry = this.#place(entry, key, part, now);
    if (entry.parts.size === part.total) {
      this.#forget(entry);
      this.#remember(entry, now);
      return { key, status: 'joined', message: toMessage(entry), incomplete };
    }
    this.#shrink(incomplete);
    return { key, status: 'waiting', incomplete };
  }

  /** Takes a message apart again: all but one of its parts, or all, wait, as if that one had never come. */
  reopen({ key, parts, firstAt }: JoinedMessage, but: number | undefined, now: number): void {
    this.#done.delete(key);
    for (const part of parts) {
      if (part.part !== but) this.#place(this.#waiting.get(key), key, part, now, firstAt);
    }
  }

  /** Gives up what has waited too long, the oldest first. */
  expire(now: number): JoinedMessage[] {
    const expired: JoinedMessage[] = [];
    for (const entry of this.#waiting.values()) {
      if (entry.lastAt + this.#timeout > now) break;
      expired.push(this.#giveUp(entry, 'timeout'));
    }
    for (const [key, done] of this.#done) {
      if (done.at + this.#duplicateWindow > now) break;
      this.#done.delete(key);
    }
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
    return { key, total, firstAt, lastAt, parts: exportParts(sorted(entry)) };
  }

  /**
   * Takes a stored message back; parts that are there already stay. To be called in the order of `lastAt`.
   * Returns what the bounds made it give up.
   * @throws TextError `MALFORMED_ENTRY`
   */
  importEntry(stored: ReassemblyEntry): JoinedMessage[] {
    const parts = importParts(stored.parts);
    for (const part of parts) {
      const key = keyOf(part);
      const entry = this.#waiting.get(key);
      if (entry?.parts.has(part.part)) continue;
      this.#place(
        entry,
        key,
        part,
        entry ? Math.max(entry.lastAt, stored.lastAt) : stored.lastAt,
        stored.firstAt,
      );
    }
    const incomplete: JoinedMessage[] = [];
    this.#shrink(incomplete);
    return incomplete;
  }

  /** What must be stored to know a part of a joined message for a duplicate after a restart. */
  exportJoined(key: string): JoinedEntry | undefined {
    const done = this.#done.get(key);
    return done && { key, at: done.at, fingerprints: [...done.fingerprints] };
  }

  /** Takes back what {@link exportJoined} gave, the oldest first. */
  importJoined({ key, at, fingerprints }: JoinedEntry): void {
    if (!this.#done.has(key)) this.#done.set(key, { at, fingerprints: new Map(fingerprints) });
  }

  /** Milliseconds for which joined messages are known. */
  get duplicateWindow(): number {
    return this.#duplicateWindow;
  }

  #place(existing: Waiting | undefined, key: string, part: MessagePart, now: number, firstAt = now): Waiting {
    const entry = existing ?? { key, total: part.total, parts: new Map(), firstAt, lastAt: now, octets: 0 };
    const size = part.octets.length + PART_OVERHEAD;
    entry.parts.set(part.part, part);
    entry.octets += size;
    entry.lastAt = now;
    this.#octets += size;
    this.#waiting.delete(key);
    this.#waiting.set(key, entry);
    return entry;
  }

  #shrink(incomplete: JoinedMessage[]): void {
    for (const entry of this.#waiting.values()) {
      if (this.#waiting.size <= this.#maxMessages && this.#octets <= this.#maxOctets) return;
      incomplete.push(this.#giveUp(entry, 'capacity'));
    }
  }

  #giveUp(entry: Waiting, reason: IncompleteReason): JoinedMessage {
    this.#forget(entry);
    return toMessage(entry, reason);
  }

  #forget(entry: Waiting): void {
    this.#waiting.delete(entry.key);
    this.#octets -= entry.octets;
  }

  #remember(entry: Waiting, now: number): void {
    const fingerprints = new Map<number, number>();
    for (const part of entry.parts.values()) fingerprints.set(part.part, fingerprint(part));
    this.#done.delete(entry.key);
    this.#done.set(entry.key, { at: now, fingerprints });
    for (const key of this.#done.keys()) {
      if (this.#done.size <= this.#maxMessages) break;
      this.#done.delete(key);
    }
  }

  #isDone(key: string, part: MessagePart, now: number): boolean {
    const done = this.#done.get(key);
    if (!done || done.at + this.#duplicateWindow <= now) return false;
    return done.fingerprints.get(part.part) === fingerprint(part);
  }
}

function keyOf(part: MessagePart): string {
  const { source, destination, method, reference, total } = part;
  return [escaped(source), escaped(destination), method, reference, total].join('/');
}

function escaped(address: string): string {
  return address.replace(/[%/]/g, (character) => `%${character.charCodeAt(0).toString(16)}`);
}

function isSame(one: MessagePart, other: MessagePart): boolean {
  return one.data_coding === other.data_coding && one.octets.equals(other.octets);
}

/** FNV-1a, 32 bit: tells a repeated part from a new one, guards against nothing. */
function fingerprint(part: MessagePart): number {
  let hash = 0x811c9dc5 ^ part.data_coding;
  for (const octet of part.octets) hash = Math.imul(hash ^ octet, 0x01000193);
  return hash >>> 0;
}

function sorted(entry: Waiting): MessagePart[] {
  return [...entry.parts.values()].sort((one, other) => one.part - other.part);
}

function toMessage(entry: Waiting, reason?: IncompleteReason): JoinedMessage {
  const { key, total, firstAt, lastAt } = entry;
  const missing: number[] = [];
  for (let part = 1; part <= total; part++) if (!entry.parts.has(part)) missing.push(part);
  const complete = missing.length === 0;
  return {
    key,
    complete,
    ...(reason && !complete && { reason }),
    parts: sorted(entry),
    total,
    missing,
    firstAt,
    lastAt,
  };
}
