import { nextTurn } from '../../../clock';
import { chunksOf } from '../../chunks';
import { MOST_CANDIDATES, SegmentSearch, byAge, foldedId, moved } from '../../candidates';
import type { CorrelationEntry, Correlator } from '../../types';
import type { StoreCore } from '../commit/core';
import { CorrelationAge } from './correlation-age';
import { entryKey, keysOf } from '../record/correlation-keys';
import type { StoreChange } from '../commit/requests';
import { damagedRecord } from '../record/damage';
import { roomFor } from '../lmdb/space';
import { lastNumber, type BinaryTable } from '../lmdb/tables';
import { writeAll } from '../commit/steps';
import { decodeBatch, decodeCorrelation, type StoredCorrelation } from '../record/records';
import { NOTED } from '../commit/time';

const EXPIRED_AT_ONCE = 5000;
const BATCHES_AT_ONCE = 100;
/** The same of those that are looked through for a message, while others wait. */
const FOUND_AT_ONCE = 10;

/**
 * Entries by message_id, message and segment, and beside them the keys of each batch put, in the order of putting; those
 * whose final receipt has come in an order of their own, for their life is shorter and they make room first.
 */
export class DiskCorrelator implements Correlator {
  readonly #core: StoreCore;
  readonly #table: BinaryTable;
  readonly #capacity: number;
  readonly #final: CorrelationAge;
  readonly #awaited: CorrelationAge;
  #batch: number;
  /** Put but not synced yet, and the batch: the table does not show them. */
  readonly #unsynced = new Map<string, number>();
  /** Puts less removals that are not synced yet. */
  #coming = 0;
  /** Not fewer than there are. */
  #estimate: number;
  /** Entries that have left their batches since {@link expire}. */
  #moved = 0;

  constructor(core: StoreCore, capacity: number) {
    const { tables, onDamage } = core;
    this.#core = core;
    this.#table = tables.correlation;
    this.#capacity = capacity;
    this.#final = new CorrelationAge(tables.correlationFinal, onDamage);
    this.#awaited = new CorrelationAge(tables.correlationAge, onDamage);
    this.#estimate = tables.correlation.count;
    this.#batch = Math.max(lastNumber(tables.correlationAge), lastNumber(tables.correlationFinal));
  }

  async put(entries: readonly CorrelationEntry[]): Promise<void> {
    this.#core.check();
    if (entries.length === 0) return;
    // Where room is scarce, that a receipt was final is worth none: its list takes what new messages need.
    const wanted = this.#core.committer.isScarce
      ? entries.filter((entry) => entry.finalState === undefined && entry.finals === undefined)
      : entries;
    if (wanted.length === 0) return;
    await writeAll(wanted, [], (step) => this.#core.committer.make([this.putting(step.entries)]));
  }

  /** The change that puts them, for a transaction with others. */
  putting(given: readonly CorrelationEntry[]): StoreChange {
    const { lag } = this.#core.time;
    const entries = lag === 0 ? given : given.map((entry) => moved(entry, lag));
    const puts: Put[] = [];
    const isAwaited = (entry: CorrelationEntry): boolean => entry.finalState === undefined;
    const awaited = entries.filter(isAwaited);
    const isMixed = awaited.length > 0 && awaited.length < entries.length;
    const last = isMixed ? this.#lastOfEach(entries) : entries;
    const batches = [
      this.#batchOf(this.#awaited, isMixed ? last.filter(isAwaited) : awaited, puts),
      this.#batchOf(
        this.#final,
        last.filter((entry) => !isAwaited(entry)),
        puts,
      ),
    ].filter((batch) => batch !== undefined);
    // A final receipt is told of an entry that is there; all others are taken to be new.
    const added = puts.filter(({ hasReceipt, key }) => !hasReceipt || !this.#look(key)).length;
    this.#moved += puts.length - added;
    const drop = this.#dropping(this.#atMost(added) - this.#capacity, 2 * puts.length);
    this.#coming += added;
    for (const { name, batch } of puts) this.#unsynced.set(name, batch);
    const settled = (): void => {
      this.#coming -= added;
      for (const { name, batch } of puts) if (this.#unsynced.get(name) === batch) this.#unsynced.delete(name);
    };
    const sizes = [...puts, ...batches].map(({ octets }) => octets.length);
    return {
      room: roomFor(
        [...sizes, NOTED.octets],
        puts.length + batches.length + drop.room.touches + NOTED.touches,
      ),
      apply: () => {
        if (lag !== 0) this.#core.time.note();
        drop.apply();
        for (const { key, octets } of puts) this.#table.put(key, octets);
        for (const { age, number, octets } of batches) age.table.put(number, octets);
      },
      done: () => (settled(), drop.done()),
      failed: (refusal) => (settled(), drop.failed(refusal)),
    };
  }

  /** Of entries that are put with one key the last, for which of two lists it stands in must be clear. */
  #lastOfEach(entries: readonly CorrelationEntry[]): CorrelationEntry[] {
    const { sealing } = this.#core.tables;
    return [...new Map(entries.map((entry) => [nameOf(entryKey(entry, sealing)), entry])).values()];
  }

  #batchOf(age: CorrelationAge, entries: readonly CorrelationEntry[], puts: Put[]): Batch | undefined {
    if (entries.length === 0) return undefined;
    const batch = ++this.#batch;
    const keys = entries.map((entry) => entryKey(entry, this.#core.tables.sealing));
    entries.forEach((entry, at) => {
      const key = keys[at] as Buffer;
      puts.push({
        key,
        name: nameOf(key),
        batch,
        hasReceipt: entry.finalState !== undefined || entry.finals !== undefined,
        octets: this.#core.records.correlation(entry, batch),
      });
    });
    const latest = entries.reduce((expiresAt, entry) => Math.max(expiresAt, entry.expiresAt), 0);
    return { age, number: batch, octets: this.#core.records.batch(keys, latest) };
  }

  /** How many entries there will be; only where that may be too many it is exact. */
  #atMost(added: number): number {
    this.#estimate += added;
    if (this.#estimate > this.#capacity) this.#estimate = this.#table.count + this.#coming + added;
    return this.#estimate;
  }

  async get(messageId: string): Promise<readonly CorrelationEntry[]> {
    this.#core.check();
    const now = this.#core.time.now();
    const { lag } = this.#core.time;
    const found: CorrelationEntry[] = [];
    for (const { entry } of this.#candidates(messageId))
      if (entry.expiresAt > now) found.push(moved(entry, -lag));
    return found.sort(byAge);
  }

  *#candidates(messageId: string): Iterable<StoredCorrelation> {
    const folded = foldedId(messageId);
    const { sealing } = this.#core.tables;
    const range = { ...keysOf(messageId, sealing), limit: MOST_CANDIDATES };
    for (const [, octets] of this.#table.entries(range)) {
      const { value, unreadable } = decodeCorrelation(octets);
      if (unreadable)
        this.#core.onDamage(damagedRecord(`A correlation of message_id ${messageId}`, unreadable));
      else if (foldedId(value.entry.messageId) === folded) yield value;
    }
  }

  /** From the newest back, a part at a time, until all segments are found. */
  async find(ids: readonly string[]): Promise<readonly CorrelationEntry[]> {
    const search = new SegmentSearch(ids);
    for (const { table } of [this.#awaited, this.#final]) {
      let before: number | undefined;
      for (let more = true; more && !search.isComplete; await nextTurn(this.#core.clock)) {
        this.#core.check();
        more = false;
        const now = this.#core.time.now();
        const range = {
          reverse: true,
          limit: FOUND_AT_ONCE,
          ...(before === undefined ? {} : { after: before }),
        };
        for (const [batch, octets] of table.entries(range)) {
          more = true;
          before = batch;
          for (const entry of this.#ofBatch(batch, decodeBatch(octets).value?.keys ?? []))
            if (entry.expiresAt + this.#core.time.lag > now) search.look(entry);
        }
      }
    }
    return search.found;
  }

  *entries(): Iterable<readonly CorrelationEntry[]> {
    for (const { table } of [this.#final, this.#awaited]) {
      let after = 0;
      for (let more = true; more;) {
        this.#core.check();
        more = false;
        const found: CorrelationEntry[] = [];
        for (const [batch, octets] of table.entries({ after, limit: BATCHES_AT_ONCE })) {
          more = true;
          after = batch;
          found.push(...this.#ofBatch(batch, decodeBatch(octets).value?.keys ?? []));
        }
        yield* chunksOf(found);
      }
    }
  }

  /** Without those that belong to a later one by now. */
  *#ofBatch(batch: number, keys: readonly Buffer[]): Iterable<CorrelationEntry> {
    for (const key of keys) {
      const stored = this.#stored(key);
      if (stored?.batch === batch) yield moved(stored.entry, -this.#core.time.lag);
    }
  }

  async expire(): Promise<number> {
    this.#core.check();
    let expired = 0;
    for (;;) {
      const drop = this.#dropping(0, EXPIRED_AT_ONCE);
      await this.#core.committer.make([drop]);
      expired += drop.count;
      if (drop.count < EXPIRED_AT_ONCE) break;
    }
    await this.#compact();
    return expired;
  }

  /** As far as entries have left the batches that they were put with. */
  async #compact(): Promise<void> {
    for (let left = 2 * this.#moved; left > 0; left -= EXPIRED_AT_ONCE) {
      const shrunk = this.#awaited.compact(EXPIRED_AT_ONCE, (key) => this.#stored(key)?.batch);
      const rows = shrunk.map(({ batch, keys, expiresAt }) => ({
        batch,
        octets: keys.length === 0 ? undefined : this.#core.records.batch(keys, expiresAt),
      }));
      const sizes = rows.map(({ octets }) => octets?.length ?? 0);
      const apply = (): void => {
        for (const { batch, octets } of rows)
          if (octets) this.#awaited.table.put(batch, octets);
          else this.#awaited.table.remove(batch);
      };
      if (rows.length > 0) await this.#core.committer.make([{ room: roomFor(sizes, rows.length), apply }]);
    }
    this.#moved = 0;
  }

  /** Drops the `excess` oldest, those with a final receipt first, and up to `max` that have expired. */
  #dropping(excess: number, max: number): Drop {
    const dropped = { excess, max, now: this.#core.time.now(), keys: [] as Buffer[] };
    const passed = [this.#final, this.#awaited].map((age) => ({
      age,
      batches: age.drop(dropped, (key) => this.#look(key)),
    }));
    const { keys } = dropped;
    const touches = passed.reduce((sum, { batches }) => sum + batches.length, keys.length);
    this.#coming -= keys.length;
    return {
      count: keys.length,
      room: roomFor([], touches),
      apply: () => {
        for (const key of keys) this.#table.remove(key);
        for (const { age, batches } of passed) for (const batch of batches) age.table.remove(batch);
      },
      done: () => void (this.#coming += keys.length),
      failed: () => {
        this.#coming += keys.length;
        for (const { age } of passed) age.startAnew();
      },
    };
  }

  #look(key: Buffer): { expiresAt: number; batch: number } | undefined {
    const stored = this.#stored(key);
    if (!stored) return undefined;
    const { entry, batch } = stored;
    return { expiresAt: entry.expiresAt, batch: this.#unsynced.get(nameOf(key)) ?? batch };
  }

  #stored(key: Buffer): StoredCorrelation | undefined {
    const octets = this.#table.get(key);
    return octets && decodeCorrelation(octets).value;
  }
}

interface Put {
  readonly key: Buffer;
  readonly name: string;
  readonly batch: number;
  readonly hasReceipt: boolean;
  readonly octets: Buffer;
}

interface Batch {
  readonly age: CorrelationAge;
  readonly number: number;
  readonly octets: Buffer;
}

/** A key as a map can have it. */
const nameOf = (key: Buffer): string => key.toString('latin1');

interface Drop extends Required<StoreChange> {
  readonly count: number;
}
