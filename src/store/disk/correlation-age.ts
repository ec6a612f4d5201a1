import { OldestFirst } from './oldest-first';
import type { OnDamage } from './damage';
import type { NumberTable } from './tables';

/** What a drop is after, and what it has so far. */
export interface Dropped {
  /** So many go, expired or not. */
  readonly excess: number;
  /** So many go at most of those that have expired. */
  readonly max: number;
  readonly now: number;
  readonly keys: Buffer[];
}

/** When the entry under a key expires, and the batch that it belongs to; undefined: it is gone. */
export type Look = (key: Buffer) => { readonly expiresAt: number; readonly batch: number } | undefined;

/**
 * Entries in the order in which they were put, which is that of their expiry: dropping the oldest costs the same
 * however many there are. One that was put again belongs to the later batch; its older mention is passed over.
 */
export class CorrelationAge {
  readonly table: NumberTable;
  readonly #oldest: OldestFirst;
  /** Nothing expires before. */
  #quietUntil = -Infinity;

  constructor(table: NumberTable, onDamage: OnDamage) {
    this.table = table;
    this.#oldest = new OldestFirst(table, onDamage);
  }

  /** Adds the keys of those that are to go; returns the batches that are gone whole then. */
  drop(dropped: Dropped, look: Look): readonly number[] {
    const { excess, max, now, keys } = dropped;
    if (keys.length >= excess && now < this.#quietUntil) return [];
    for (let next = this.#oldest.peek(); next; next = this.#oldest.peek()) {
      const entry = look(next.key);
      if (entry?.batch === next.batch) {
        this.#quietUntil = entry.expiresAt;
        if (keys.length >= excess && (keys.length >= max || entry.expiresAt > now)) break;
        keys.push(next.key);
      }
      this.#oldest.pass();
    }
    return this.#oldest.takePassed();
  }

  /** What was to be dropped is still there. */
  startAnew(): void {
    this.#oldest.startAnew();
  }
}
