import { nextTurn } from '../../../clock';
import { MOVED_AT_ONCE } from '../../chunks';
import { MOST_FACTS, beginsWith, claimsFull, refuseClaimed } from '../../claims';
import type { Claim, KeyValueState, StoredFact } from '../../key-value';
import type { StoreCore } from '../commit/core';
import { damagedRecord } from '../record/damage';
import type { StoreChange } from '../commit/requests';
import { roomFor } from '../lmdb/space';
import type { BinaryTable } from '../lmdb/tables';
import { FactNames, type Fact } from '../record/fact-names';
import { decodeFact } from '../record/records';

/** Facts that are looked at in one go, for what is over. */
const LOOK = 256;
const WRITES_PER_LOOK = 64;
/** Of these, that {@link DiskState.expire} makes. */
const MOST_ROUNDS = 400;

export class DiskState implements KeyValueState {
  readonly #core: StoreCore;
  readonly #table: BinaryTable;
  readonly #names: FactNames;
  /** Written but not synced yet; null: removed. */
  readonly #unsynced = new Map<string, Fact | null>();
  #writesSinceLook = WRITES_PER_LOOK;
  /** The last key that was looked at; undefined: none since the beginning. */
  #hand: Buffer | undefined;

  constructor(core: StoreCore) {
    this.#core = core;
    this.#table = core.tables.state;
    this.#names = new FactNames(core.tables.sealing);
  }

  async get(key: string): Promise<Buffer | undefined> {
    this.#core.check();
    return this.#read(key);
  }

  #read(key: string): Buffer | undefined {
    return this.#find(key)?.value;
  }

  #find(key: string): Fact | undefined {
    const fact = this.#unsynced.has(key)
      ? this.#unsynced.get(key)
      : this.#decode(key, this.#table.get(this.#names.keyOf(key)));
    return fact && fact.expiresAt > this.#core.time.now() ? fact : undefined;
  }

  #decode(key: string, octets: Buffer | undefined): Fact | undefined {
    if (!octets) return undefined;
    const { value, unreadable } = decodeFact(octets);
    if (value) return this.#names.withoutName(value);
    this.#core.onDamage(damagedRecord(`The stored fact ${JSON.stringify(key)}`, unreadable));
    return undefined;
  }

  async set(key: string, value: Buffer, ttl?: number): Promise<void> {
    this.#core.check();
    await this.#put(key, Buffer.from(value), ttl);
  }

  #put(key: string, value: Buffer, ttl: number | undefined): Promise<void> {
    const expiresAt = ttl === undefined ? Infinity : this.#core.time.now() + ttl;
    const over = this.#over(key);
    return this.#write([...over.map((old) => [old, null] as const), [key, { value, expiresAt }]]);
  }

  async delete(keys: readonly string[]): Promise<void> {
    this.#core.check();
    if (keys.length > 0) await this.#write(keys.map((key) => [key, null] as const));
  }

  async #write(facts: readonly (readonly [key: string, fact: Fact | null])[]): Promise<void> {
    const grows = facts.some(([, fact]) => fact !== null);
    await this.#core.committer.make([this.#change(facts)], grows);
  }

  /** The change that sets it, for a transaction with others. */
  setting(key: string, value: Buffer): StoreChange {
    return this.#change([[key, { value: Buffer.from(value), expiresAt: Infinity }]]);
  }

  /** Throws {@link ClaimedError} where one of the keys is claimed. */
  refuseClaimed(claims: readonly Claim[]): void {
    refuseClaimed(claims, (key) => this.#read(key));
  }

  /** The change that claims all. Throws {@link ClaimedError} or `IDEMPOTENCY_FULL`. */
  claiming(claims: readonly Claim[]): StoreChange {
    this.refuseClaimed(claims);
    const over = this.#over('');
    if (this.#table.count + claims.length - over.length > MOST_FACTS)
      throw claimsFull(`${this.#table.count} facts`);
    const now = this.#core.time.now();
    const facts = claims.map(
      ({ key, value, ttl }) => [key, { value: Buffer.from(value), expiresAt: now + ttl }] as const,
    );
    return this.#change([...over.map((key) => [key, null] as const), ...facts]);
  }

  async claim(claim: Claim): Promise<Buffer | undefined> {
    this.#core.check();
    const value = this.#read(claim.key);
    if (!value) await this.#core.committer.make([this.claiming([claim])], true);
    return value;
  }

  async update(key: string, value: Buffer, expected: Buffer): Promise<void> {
    this.#core.check();
    const before = this.#find(key);
    if (!before || !beginsWith(before.value, expected)) return;
    await this.#write([[key, { value: Buffer.from(value), expiresAt: before.expiresAt }]]);
  }

  #change(facts: readonly (readonly [key: string, fact: Fact | null])[]): StoreChange {
    const puts = facts.map(([key, fact]) => ({
      key: this.#names.keyOf(key),
      octets: fact && this.#core.records.fact(this.#names.withName(key, fact.value), fact.expiresAt),
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
    const room = roomFor(
      puts.map(({ octets }) => octets?.length ?? 0),
      puts.length,
    );
    return { room, apply, done: settled, failed: settled };
  }

  async expire(): Promise<number> {
    this.#core.check();
    let expired = 0;
    for (let rounds = Math.min(MOST_ROUNDS, Math.ceil(this.#table.count / LOOK)); rounds > 0; rounds--) {
      const over = this.#lookOn();
      expired += over.length;
      if (over.length > 0) await this.#write(over.map((key) => [key, null] as const));
      else await nextTurn(this.#core.clock);
      this.#core.check();
    }
    return expired;
  }

  /** What is over, looked for now and then where facts are written: a constant share for each, and never all at once. */
  #over(written: string): string[] {
    if (++this.#writesSinceLook < WRITES_PER_LOOK) return [];
    this.#writesSinceLook = 0;
    return this.#lookOn().filter((key) => key !== written);
  }

  /** Looks on from where it looked last, and at the end begins anew. */
  #lookOn(): string[] {
    const now = this.#core.time.now();
    const over: string[] = [];
    const seen = [...this.#table.entries({ after: this.#hand, limit: LOOK })];
    for (const [octets, value] of seen) {
      const key = this.#names.nameOf(octets, value);
      if (key === undefined || this.#unsynced.has(key)) continue;
      const fact = decodeFact(value).value;
      if (fact && fact.expiresAt <= now) over.push(key);
    }
    const last = seen.length < LOOK ? undefined : seen.at(-1);
    this.#hand = last && Buffer.from(last[0]);
    return over;
  }

  async list(prefix: string): Promise<[key: string, value: Buffer][]> {
    this.#core.check();
    const now = this.#core.time.now();
    const found = new Map<string, Fact>();
    for (const [octets, value] of this.#table.entries({ from: this.#names.startOf(prefix) })) {
      const key = this.#names.nameOf(octets, value);
      const fits = key?.startsWith(prefix) === true;
      if (!fits && !this.#names.areHidden) break;
      const fact = fits ? this.#decode(key, value) : undefined;
      if (fits && fact) found.set(key, fact);
    }
    for (const [key, fact] of this.#unsynced) {
      if (!key.startsWith(prefix)) continue;
      if (fact) found.set(key, fact);
      else found.delete(key);
    }
    return [...found]
      .flatMap(([key, { value, expiresAt }]) => (expiresAt > now ? [[key, value] as [string, Buffer]] : []))
      .sort(([a], [b]) => (a < b ? -1 : 1));
  }

  *entries(): Iterable<readonly StoredFact[]> {
    let after: Buffer | undefined;
    for (let more = true; more;) {
      this.#core.check();
      const now = this.#core.time.now();
      const facts: StoredFact[] = [];
      more = false;
      for (const [octets, value] of this.#table.entries({ after, limit: MOVED_AT_ONCE })) {
        more = true;
        after = Buffer.from(octets);
        const key = this.#names.nameOf(octets, value);
        const fact = key === undefined ? undefined : this.#decode(key, value);
        if (key === undefined || !fact || fact.expiresAt <= now) continue;
        const ttl = fact.expiresAt === Infinity ? undefined : fact.expiresAt - now;
        facts.push([key, Buffer.from(fact.value), ttl]);
      }
      if (facts.length > 0) yield facts;
    }
  }

  /**
   * Resolves before it is synced: whatever is stored later with the number is
   * synced no earlier, so no number is ever stored twice.
   */
  async increment(key: string, modulo: number, start: number, ttl?: number): Promise<number> {
    this.#core.check();
    const before = this.#read(key);
    const value = before ? (Number(before.toString()) + 1) % modulo : start % modulo;
    this.#put(key, Buffer.from(String(value)), ttl).catch(() => undefined);
    return value;
  }
}
