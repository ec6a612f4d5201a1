import type { KeyValueState } from '../types';
import type { Committer } from './committer';
import { damagedRecord, type OnDamage } from './damage';
import { roomFor } from './space';
import type { BinaryTable, Tables } from './tables';
import { FactNames, type Fact } from './fact-names';
import { decodeFact, type Records } from './records';
import type { StoreTime } from './time';

export class DiskState implements KeyValueState {
  readonly #table: BinaryTable;
  readonly #names: FactNames;
  readonly #committer: Committer;
  readonly #records: Records;
  readonly #time: StoreTime;
  readonly #onDamage: OnDamage;
  readonly #check: () => void;
  /** Written but not synced yet; null: removed. */
  readonly #unsynced = new Map<string, Fact | null>();
  #setsSinceSweep = Infinity;

  constructor(parts: {
    tables: Tables;
    committer: Committer;
    records: Records;
    time: StoreTime;
    onDamage: OnDamage;
    check: () => void;
  }) {
    this.#table = parts.tables.state;
    this.#names = new FactNames(parts.tables.sealing);
    this.#committer = parts.committer;
    this.#records = parts.records;
    this.#time = parts.time;
    this.#onDamage = parts.onDamage;
    this.#check = parts.check;
  }

  async get(key: string): Promise<Buffer | undefined> {
    this.#check();
    return this.#read(key);
  }

  #read(key: string): Buffer | undefined {
    const fact = this.#unsynced.has(key)
      ? this.#unsynced.get(key)
      : this.#decode(key, this.#table.get(this.#names.keyOf(key)));
    return fact && fact.expiresAt > this.#time.now() ? fact.value : undefined;
  }

  #decode(key: string, octets: Buffer | undefined): Fact | undefined {
    if (!octets) return undefined;
    const decoded = decodeFact(octets);
    if ('value' in decoded) return this.#names.withoutName(decoded.value);
    this.#onDamage(damagedRecord(`The stored fact ${JSON.stringify(key)}`, decoded.unreadable));
    return undefined;
  }

  async set(key: string, value: Buffer, ttl?: number): Promise<void> {
    this.#check();
    const expiresAt = ttl === undefined ? Infinity : this.#time.now() + ttl;
    const over = this.#sweep();
    await this.#write([
      [key, { value: Buffer.from(value), expiresAt }],
      ...over.map((old) => [old, null] as const),
    ]);
  }

  async delete(keys: readonly string[]): Promise<void> {
    this.#check();
    if (keys.length > 0) await this.#write(keys.map((key) => [key, null] as const));
  }

  async #write(facts: readonly (readonly [key: string, fact: Fact | null])[]): Promise<void> {
    const puts = facts.map(([key, fact]) => ({
      key: this.#names.keyOf(key),
      octets: fact && this.#records.fact(this.#names.withName(key, fact.value), fact.expiresAt),
    }));
    for (const [key, fact] of facts) this.#unsynced.set(key, fact);
    const settled = (): void => {
      for (const [key, fact] of facts) if (this.#unsynced.get(key) === fact) this.#unsynced.delete(key);
    };
    const apply = (): void => {
      for (const { key, octets } of puts)
        if (octets) this.#table.put(key, octets);
        else this.#table.remove(key);
    };
    const grows = facts.some(([, fact]) => fact !== null);
    const room = roomFor(
      puts.map(({ octets }) => octets?.length ?? 0),
      puts.length,
    );
    await this.#committer.make([{ room, apply, done: settled, failed: settled }], grows);
  }

  /** What is over, looked for once per as many sets as there are facts: a constant share for each. */
  #sweep(): string[] {
    if (++this.#setsSinceSweep <= this.#table.count) return [];
    this.#setsSinceSweep = 0;
    const now = this.#time.now();
    return this.#stored('').flatMap(([key, { expiresAt }]) => (expiresAt <= now ? key : []));
  }

  async list(prefix: string): Promise<[key: string, value: Buffer][]> {
    this.#check();
    const now = this.#time.now();
    const found = new Map(this.#stored(prefix));
    for (const [key, fact] of this.#unsynced) {
      if (!key.startsWith(prefix)) continue;
      if (fact) found.set(key, fact);
      else found.delete(key);
    }
    return [...found]
      .flatMap(([key, { value, expiresAt }]) => (expiresAt > now ? [[key, value] as [string, Buffer]] : []))
      .sort(([a], [b]) => (a < b ? -1 : 1));
  }

  #stored(prefix: string): [string, Fact][] {
    const found: [string, Fact][] = [];
    for (const [octets, value] of this.#table.entries({ from: this.#names.startOf(prefix) })) {
      const key = this.#names.nameOf(octets, value);
      if (!key?.startsWith(prefix)) {
        if (this.#names.areHidden) continue;
        break;
      }
      const fact = this.#decode(key, value);
      if (fact) found.push([key, fact]);
    }
    return found;
  }

  /**
   * Resolves before it is synced: whatever is stored later with the number is
   * synced no earlier, so no number is ever stored twice.
   */
  async increment(key: string, modulo: number, start: number): Promise<number> {
    this.#check();
    const before = this.#read(key);
    const value = before ? (Number(before.toString()) + 1) % modulo : start % modulo;
    this.#write([[key, { value: Buffer.from(String(value)), expiresAt: Infinity }]]).catch(() => undefined);
    return value;
  }
}
