import { damagedRecord, type OnDamage } from '../record/damage';
import { decodeBatch } from '../record/records';
import type { NumberTable } from '../lmdb/tables';

/** What a drop is after, and what it has so far. */
export interface Dropped {
  /** So many go, expired or not. */
  readonly excess: number;
  /** So many go at most of those that have expired. */
  readonly max: number;
  readonly now: number;
  readonly keys: Buffer[];
}

/** What is left of a batch. */
export interface Shrunk {
  readonly batch: number;
  readonly keys: readonly Buffer[];
  readonly expiresAt: number;
}

/** When the entry under a key expires, and the batch that it belongs to; undefined: it is gone. */
export type Look = (key: Buffer) => { readonly expiresAt: number; readonly batch: number } | undefined;

/**
 * Entries in the order in which they were put, which is that of their expiry: dropping the oldest costs the same
 * however many there are. One that was put again belongs to the later batch; its older mention is passed over.
 */
export class CorrelationAge {
  readonly table: NumberTable;
  readonly #onDamage: OnDamage;
  /** The expiry cursor: the oldest batch not passed yet (0: none), its keys, and how many of them were passed. */
  #batch = 0;
  #keys: readonly Buffer[] = [];
  #at = 0;
  /** Nothing expires before. */
  #quietUntil = -Infinity;
  /** The last batch that {@link compact} has seen. */
  #hand = 0;

  constructor(table: NumberTable, onDamage: OnDamage) {
    this.table = table;
    this.#onDamage = onDamage;
  }

  /** Adds the keys of those that are to go; returns the batches that are gone whole then. */
  drop({ excess, max, now, keys }: Dropped, look: Look): readonly number[] {
    const passed: number[] = [];
    if (keys.length >= excess && now < this.#quietUntil) return passed;
    while (this.#at < this.#keys.length || this.#nextBatch()) {
      const key = this.#keys[this.#at] as Buffer;
      const entry = look(key);
      if (entry?.batch === this.#batch) {
        this.#quietUntil = entry.expiresAt;
        if (keys.length >= excess && (keys.length >= max || entry.expiresAt > now)) break;
        keys.push(key);
      }
      if (++this.#at === this.#keys.length) passed.push(this.#batch);
    }
    return passed;
  }

  /** Goes on to the next batch that can be read. */
  #nextBatch(): boolean {
    for (const [batch, octets] of this.table.entries({ after: this.#batch })) {
      const { value, unreadable } = decodeBatch(octets);
      this.#batch = batch;
      this.#at = 0;
      this.#keys = value?.keys ?? [];
      if (unreadable) this.#onDamage(damagedRecord(`The list ${batch} of correlations`, unreadable));
      if (this.#keys.length > 0) return true;
    }
    return false;
  }

  /**
   * Goes on through the batches, some `most` keys far, and returns those of which half is gone, with what is left of
   * each; at the end it begins anew. An entry that waits for its receipt to the last would else keep all behind it.
   */
  compact(most: number, batchOf: (key: Buffer) => number | undefined): Shrunk[] {
    const shrunk: Shrunk[] = [];
    let seen = 0;
    for (const [batch, octets] of this.table.entries({ after: this.#hand })) {
      this.#hand = batch;
      const { value } = decodeBatch(octets);
      if (!value) continue;
      const { keys, expiresAt } = value;
      const left = keys.filter((key) => batchOf(key) === batch);
      if (2 * left.length <= keys.length) shrunk.push({ batch, keys: left, expiresAt });
      seen += keys.length;
      if (seen >= most) return shrunk;
    }
    this.#hand = 0;
    return shrunk;
  }

  /** What was to be dropped is still there: begins with what the table has. */
  startAnew(): void {
    this.#batch = this.#at = 0;
    this.#keys = [];
  }
}
