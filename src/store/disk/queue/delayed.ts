import type { StoreCore } from '../commit/core';
import type { DelayedKey } from '../record/entries';
import { decodeJson, type StoredDelivery } from '../record/records';
import { roomFor } from '../lmdb/space';
import type { Tables } from '../lmdb/tables';

const NOTHING = Buffer.alloc(0);
const RIPEN_AT_ONCE = 1000;

/** The messages that are put off: an index in the order of their times, read from its front. */
export class Delayed {
  readonly #table: Tables['delayed'];
  /** All up to this one have come due. */
  #ripened: DelayedKey | undefined;
  #waiting: number;
  /** Put or taken out, but not told to be synced yet: whatever the table shows of them does not count. */
  readonly #unsynced = new Set<number>();

  constructor({ delayed }: Tables) {
    this.#table = delayed;
    this.#waiting = delayed.count;
  }

  /** How many are not due yet, as far as that was looked at. */
  get waiting(): number {
    return this.#waiting;
  }

  /** Within a transaction; {@link synced} is to follow. */
  put(key: DelayedKey): void {
    this.#unsynced.add(key[2]);
    this.#table.put(key, NOTHING);
  }

  remove(key: DelayedKey): void {
    this.#table.remove(key);
  }

  /** The put succeeded or failed. Says whether the message waits now. */
  synced(key: DelayedKey, success: boolean): boolean {
    this.#unsynced.delete(key[2]);
    if (!success) return false;
    if (this.#ripened && compare(key, this.#ripened) <= 0) return false;
    this.#waiting++;
    return true;
  }

  /** Those that came due, in the order of their times. */
  ripen(now: number): DelayedKey[] {
    if (this.#waiting <= 0) return [];
    const keys = [...this.#keysAfter(RIPEN_AT_ONCE, [now, 255, Infinity])];
    this.#ripened = keys.at(-1) ?? this.#ripened;
    const ripe = keys.filter(([, , seq]) => !this.#unsynced.has(seq));
    this.#waiting -= ripe.length;
    return ripe;
  }

  /** Takes the first ones out before their time; {@link synced} is to follow, with success where they stay. */
  takeOut(count: number): DelayedKey[] {
    if (this.#waiting <= 0) return [];
    const keys = [...this.#keysAfter(count + this.#unsynced.size)];
    const out = keys.filter(([, , seq]) => !this.#unsynced.has(seq)).slice(0, count);
    for (const [, , seq] of out) this.#unsynced.add(seq);
    this.#waiting -= out.length;
    return out;
  }

  /** Takes this one out before its time; {@link synced} is to follow. False: it has come due, or is not there. */
  takeOutOne(key: DelayedKey): boolean {
    const isDue = this.#ripened !== undefined && compare(key, this.#ripened) <= 0;
    if (isDue || this.#waiting <= 0 || this.#unsynced.has(key[2]) || !this.#table.get(key)) return false;
    this.#unsynced.add(key[2]);
    this.#waiting--;
    return true;
  }

  /** Epoch milliseconds of the next one; undefined when there is none. */
  next(): number | undefined {
    if (this.#waiting <= 0) return undefined;
    for (const [notBefore] of this.#keysAfter(1)) return notBefore;
    return undefined;
  }

  #keysAfter(limit?: number, to?: DelayedKey): Iterable<DelayedKey> {
    return this.#table.keys({ after: this.#ripened, limit, to });
  }

  /** Up to `limit` keys of messages for which `keep` says no. */
  keysExcept(keep: (seq: number) => boolean, limit: number): DelayedKey[] {
    const keys: DelayedKey[] = [];
    for (const key of this.#table.keys()) {
      if (!keep(key[2])) keys.push(key);
      if (keys.length === limit) break;
    }
    return keys;
  }

  /** Nothing waits any more; what the table still shows is about to be removed. */
  clear(): void {
    this.#waiting = 0;
  }

  /** Writes the index anew, after damage: what it lacks would never come. */
  async reindex({ tables, committer }: StoreCore): Promise<void> {
    const keys: DelayedKey[] = [];
    for (const [priority, table] of tables.priorities.entries()) {
      for (const { seq, count } of table.keys()) {
        const octets = count === 1 ? tables.delivery.get(seq) : undefined;
        const notBefore = octets && decodeJson<StoredDelivery>(octets).value?.notBefore;
        if (notBefore !== undefined) keys.push([notBefore, priority, seq]);
      }
    }
    const room = roomFor(
      keys.map(() => 0),
      keys.length,
    );
    const apply = (): void => keys.forEach((key) => this.#table.put(key, NOTHING));
    await committer.make([{ room, apply }]);
    this.recount();
  }

  /** Counts anew, after keys were removed behind its back. */
  recount(): void {
    this.#waiting = 0;
    for (const key of this.#keysAfter()) if (!this.#unsynced.has(key[2])) this.#waiting++;
  }
}

function compare(a: DelayedKey, b: DelayedKey): number {
  return a[0] - b[0] || a[1] - b[1] || a[2] - b[2];
}
