import { createHash } from 'node:crypto';
import type { Clock } from '../../clock';
import type { CorrelationEntry, Correlator } from '../types';
import type { Committer } from './committer';
import type { StoreChange } from './requests';
import { damagedRecord, type OnDamage } from './damage';
import { roomFor } from './space';
import { lastNumber, type Tables } from './tables';
import { writeAll } from './steps';
import { OldestFirst } from './oldest-first';
import { decodeCorrelation, type Records, type StoredCorrelation } from './records';

/** LMDB's keys are short; message_ids should be, too (65 octets), but are not ours. */
const LONGEST_KEY = 500;
const EXPIRED_AT_ONCE = 5000;

/**
 * Entries by message_id, and beside them the message_ids of each batch put, in
 * the order of putting. That is the order of expiry, so dropping the oldest
 * costs the same however many there are. An entry that was put again belongs
 * to the later batch, and its older mention is passed over.
 */
export class DiskCorrelator implements Correlator {
  readonly #tables: Tables;
  readonly #committer: Committer;
  readonly #records: Records;
  readonly #clock: Clock;
  readonly #onDamage: OnDamage;
  readonly #capacity: number;
  readonly #check: () => void;
  readonly #oldest: OldestFirst;
  #batch: number;
  /** Put but not synced yet, and the batch: the table does not show them. */
  readonly #unsynced = new Map<string, number>();
  /** Puts less removals that are not synced yet. */
  #coming = 0;
  /** Not fewer than there are. */
  #estimate: number;
  /** Nothing expires before. */
  #quietUntil = -Infinity;

  constructor(parts: {
    tables: Tables;
    committer: Committer;
    records: Records;
    clock: Clock;
    onDamage: OnDamage;
    capacity: number;
    check: () => void;
  }) {
    this.#tables = parts.tables;
    this.#committer = parts.committer;
    this.#records = parts.records;
    this.#clock = parts.clock;
    this.#onDamage = parts.onDamage;
    this.#capacity = parts.capacity;
    this.#check = parts.check;
    this.#oldest = new OldestFirst(parts.tables, parts.onDamage);
    this.#estimate = parts.tables.correlation.count;
    this.#batch = lastNumber(parts.tables.correlationAge);
  }

  async put(entries: readonly CorrelationEntry[]): Promise<void> {
    this.#check();
    if (entries.length === 0) return;
    await writeAll(entries, [], (step) => this.#committer.make([this.putting(step.entries)], false));
  }

  /** The change that puts them, for a transaction with others. */
  putting(entries: readonly CorrelationEntry[]): StoreChange {
    const batch = ++this.#batch;
    const puts = entries.map((entry) => ({
      key: keyOf(entry.messageId),
      octets: this.#records.correlation(entry, batch),
    }));
    const latest = entries.reduce((expiresAt, entry) => Math.max(expiresAt, entry.expiresAt), 0);
    const messageIds = this.#records.batch(
      entries.map(({ messageId }) => messageId),
      latest,
    );
    const excess = this.#atMost(puts.length) - this.#capacity;
    const drop = this.#dropping(excess, 2 * puts.length);
    this.#coming += puts.length;
    for (const { messageId } of entries) this.#unsynced.set(messageId, batch);
    const settled = (): void => {
      this.#coming -= puts.length;
      for (const { messageId } of entries) {
        if (this.#unsynced.get(messageId) === batch) this.#unsynced.delete(messageId);
      }
    };
    const sizes = [...puts.map(({ octets }) => octets.length), messageIds.length];
    return {
      room: roomFor(sizes, puts.length + 1 + drop.room.touches),
      apply: () => {
        drop.apply();
        for (const { key, octets } of puts) this.#tables.correlation.put(key, octets);
        this.#tables.correlationAge.put(batch, messageIds);
      },
      done: () => (settled(), drop.done()),
      failed: (refusal) => (settled(), drop.failed(refusal)),
    };
  }

  /** How many entries there will be; only where that may be too many it is exact. */
  #atMost(added: number): number {
    this.#estimate += added;
    if (this.#estimate > this.#capacity)
      this.#estimate = this.#tables.correlation.count + this.#coming + added;
    return this.#estimate;
  }

  async get(messageId: string): Promise<CorrelationEntry | undefined> {
    this.#check();
    const stored = this.#read(messageId);
    return stored && stored.entry.expiresAt > this.#clock.now() ? stored.entry : undefined;
  }

  #read(messageId: string): StoredCorrelation | undefined {
    const octets = this.#tables.correlation.get(keyOf(messageId));
    if (!octets) return undefined;
    const decoded = decodeCorrelation(octets);
    if ('value' in decoded) return decoded.value.entry.messageId === messageId ? decoded.value : undefined;
    this.#onDamage(damagedRecord(`The correlation of message_id ${messageId}`, decoded.unreadable));
    return undefined;
  }

  async expire(): Promise<number> {
    this.#check();
    let expired = 0;
    for (;;) {
      const drop = this.#dropping(0, EXPIRED_AT_ONCE);
      await this.#committer.make([drop], false);
      expired += drop.count;
      if (drop.count < EXPIRED_AT_ONCE) return expired;
    }
  }

  /** Drops the `excess` oldest, and up to `max` that have expired. */
  #dropping(excess: number, max: number): Drop {
    const now = this.#clock.now();
    if (excess <= 0 && now < this.#quietUntil) return NOTHING;
    const keys: Buffer[] = [];
    for (let next = this.#oldest.peek(); next; next = this.#oldest.peek()) {
      const stored = this.#read(next.messageId);
      const owner = this.#unsynced.get(next.messageId) ?? stored?.batch;
      if (stored && owner === next.batch) {
        this.#quietUntil = stored.entry.expiresAt;
        if (keys.length >= excess && (keys.length >= max || stored.entry.expiresAt > now)) break;
        keys.push(keyOf(next.messageId));
      }
      this.#oldest.pass();
    }
    const batches = this.#oldest.takePassed();
    this.#coming -= keys.length;
    return {
      count: keys.length,
      room: roomFor([], keys.length + batches.length),
      apply: () => {
        for (const key of keys) this.#tables.correlation.remove(key);
        for (const batch of batches) this.#tables.correlationAge.remove(batch);
      },
      done: () => void (this.#coming += keys.length),
      failed: () => {
        this.#coming += keys.length;
        this.#oldest.startAnew();
      },
    };
  }
}

interface Drop extends Required<StoreChange> {
  readonly count: number;
}

const nothing = (): void => undefined;
const NOTHING: Drop = {
  count: 0,
  room: roomFor([], 0),
  apply: nothing,
  done: nothing,
  failed: nothing,
};

function keyOf(messageId: string): Buffer {
  // LMDB has no empty key, hence the octet before.
  const key = Buffer.from(`=${messageId}`);
  return key.length <= LONGEST_KEY ? key : createHash('sha256').update(key).digest();
}
