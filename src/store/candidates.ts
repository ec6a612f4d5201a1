import type { CorrelationEntry } from './types';

/** Entries of one message_id that are looked at; an SMSC that gives the same one to all has no use for more. */
export const MOST_CANDIDATES = 1000;

/** What message_ids have in common that differ in nothing but case: a correlator finds them by it. */
export function foldedId(messageId: string): string {
  // Most are digits alone: no call into the runtime for them.
  for (let at = 0; at < messageId.length; at++)
    if (messageId.charCodeAt(at) > NINE) return messageId.toLowerCase();
  return messageId;
}

const NINE = 0x39;

/** Whether both are about the same segment of the same message, under the same message_id. */
export function isSameEntry(one: CorrelationEntry, other: CorrelationEntry): boolean {
  return one.id === other.id && one.segment === other.segment && one.messageId === other.messageId;
}

/** The oldest first; the segments of one message, which may be accepted at once, in their order. */
export function byAge(one: CorrelationEntry, other: CorrelationEntry): number {
  return one.acceptedAt - other.acceptedAt || one.segment - other.segment;
}

/** The entry with its end so many milliseconds later; where that is none, the very same. */
export function moved(entry: CorrelationEntry, by: number): CorrelationEntry {
  return by === 0 ? entry : { ...entry, expiresAt: entry.expiresAt + by };
}

/** Gathers the entries of some messages, by the messages' own ids. */
export class SegmentSearch {
  readonly found: CorrelationEntry[] = [];
  /** The segments that are still looked for; undefined: none was seen yet. */
  readonly #missing: Map<string, Set<number> | undefined>;
  #left: number;

  constructor(ids: readonly string[]) {
    this.#missing = new Map(ids.map((id) => [id, undefined]));
    this.#left = this.#missing.size;
  }

  /** Whether each segment of each of them was found. */
  get isComplete(): boolean {
    return this.#left === 0;
  }

  look(entry: CorrelationEntry): void {
    if (!this.#missing.has(entry.id)) return;
    this.found.push(entry);
    const missing =
      this.#missing.get(entry.id) ?? new Set(Array.from({ length: entry.segments }, (_, segment) => segment));
    this.#missing.set(entry.id, missing);
    if (missing.delete(entry.segment) && missing.size === 0) this.#left--;
  }
}
