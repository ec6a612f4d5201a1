import type { Clock } from '../../clock';
import { chunksOf } from '../chunks';
import { LinkedMap } from '../../collections';
import { MOST_FACTS, beginsWith, claimsFull, refuseClaimed } from '../claims';
import type { Claim, KeyValueState, StoredFact } from '../key-value';

interface Fact {
  readonly value: Buffer;
  /** Monotonic milliseconds. */
  readonly expiresAt: number;
}

interface Counter {
  readonly value: number;
  readonly expiresAt: number;
}

/** Counters with a lifetime: beyond that those that were not used for longest go before their time. */
const MOST_COUNTERS = 100_000;
/** Octets of facts, keys and overhead included: beyond that nothing is claimed any more. */
const MOST_OCTETS = 128 * 1024 * 1024;
/** Octets that one takes beside its own. */
const OVERHEAD = 250;
/** Looked at by each call that adds something: enough for what is over to go sooner than new comes. */
const LOOK = 4;
/** Looked at by {@link MemoryState.expire}, so that it never takes long. */
const LOOK_AT_ONCE = 10_000;

export class MemoryState implements KeyValueState {
  readonly #facts = new Map<string, Fact>();
  /** Of the facts. */
  #octets = 0;
  /** Goes through the facts, round and round. */
  #hand = this.#facts.entries();
  /** With a lifetime, in the order of their last use: of thousands of numbers one each. */
  readonly #counters = new LinkedMap<string, Counter>();
  readonly #clock: Clock;
  readonly #check: () => void;

  constructor(clock: Clock, check: () => void) {
    this.#clock = clock;
    this.#check = check;
  }

  async get(key: string): Promise<Buffer | undefined> {
    this.#check();
    return this.#read(key);
  }

  #read(key: string): Buffer | undefined {
    const now = this.#clock.monotonic();
    const counter = this.#counters.get(key);
    if (counter) return counter.expiresAt > now ? octetsOf(counter) : undefined;
    const fact = this.#facts.get(key);
    return fact && fact.expiresAt > now ? fact.value : undefined;
  }

  async set(key: string, value: Buffer, ttl?: number): Promise<void> {
    this.#check();
    this.#counters.delete(key);
    this.#put(key, Buffer.from(value), ttl === undefined ? Infinity : this.#clock.monotonic() + ttl);
  }

  #put(key: string, value: Buffer, expiresAt: number): void {
    this.#drop(key);
    this.#facts.set(key, { value, expiresAt });
    this.#octets += sizeOf(key, value);
    this.#sweep(LOOK);
  }

  #drop(key: string): boolean {
    const fact = this.#facts.get(key);
    if (!fact) return false;
    this.#octets -= sizeOf(key, fact.value);
    return this.#facts.delete(key);
  }

  /** Throws {@link ClaimedError} where one of the keys is claimed. */
  refuseClaimed(claims: readonly Claim[]): void {
    refuseClaimed(claims, (key) => this.#read(key));
  }

  /** Claims all, or throws {@link ClaimedError} or `IDEMPOTENCY_FULL` and claims none. */
  claimAll(claims: readonly Claim[]): void {
    this.refuseClaimed(claims);
    if (this.#isFull(claims) && (this.#sweep(LOOK_AT_ONCE), this.#isFull(claims)))
      throw claimsFull(`${this.#facts.size} facts of ${this.#octets} octets`);
    const now = this.#clock.monotonic();
    for (const { key, value, ttl } of claims) this.#put(key, Buffer.from(value), now + ttl);
  }

  #isFull(claims: readonly Claim[]): boolean {
    const octets = claims.reduce((sum, { key, value }) => sum + sizeOf(key, value), this.#octets);
    return this.#facts.size + claims.length > MOST_FACTS || octets > MOST_OCTETS;
  }

  async claim(claim: Claim): Promise<Buffer | undefined> {
    this.#check();
    const value = this.#read(claim.key);
    if (!value) this.claimAll([claim]);
    return value;
  }

  async update(key: string, value: Buffer, expected: Buffer): Promise<void> {
    this.#check();
    const before = this.#read(key);
    const fact = this.#facts.get(key);
    if (before && fact && beginsWith(before, expected)) this.#put(key, Buffer.from(value), fact.expiresAt);
  }

  async delete(keys: readonly string[]): Promise<void> {
    this.#check();
    for (const key of keys) {
      this.#drop(key);
      this.#counters.delete(key);
    }
    // The hand goes over to the table as it is now: where it rests it keeps alive what was deleted.
    this.#sweep(1);
  }

  async list(prefix: string): Promise<[key: string, value: Buffer][]> {
    this.#check();
    const now = this.#clock.monotonic();
    const found: [string, Buffer][] = [];
    for (const [key, { value, expiresAt }] of this.#facts)
      if (key.startsWith(prefix) && expiresAt > now) found.push([key, value]);
    for (const [key, counter] of this.#counters)
      if (key.startsWith(prefix) && counter.expiresAt > now) found.push([key, octetsOf(counter)]);
    return found.sort(([a], [b]) => (a < b ? -1 : 1));
  }

  *entries(): Iterable<readonly StoredFact[]> {
    this.#check();
    const now = this.#clock.monotonic();
    const rest = (expiresAt: number): number | undefined =>
      expiresAt === Infinity ? undefined : expiresAt - now;
    const facts: StoredFact[] = [];
    for (const [key, { value, expiresAt }] of this.#facts)
      if (expiresAt > now) facts.push([key, value, rest(expiresAt)]);
    for (const [key, counter] of this.#counters)
      if (counter.expiresAt > now) facts.push([key, octetsOf(counter), rest(counter.expiresAt)]);
    yield* chunksOf(facts);
  }

  async increment(key: string, modulo: number, start: number, ttl?: number): Promise<number> {
    this.#check();
    const before = this.#read(key);
    const value = before ? (Number(before.toString()) + 1) % modulo : start % modulo;
    if (ttl === undefined) {
      this.#counters.delete(key);
      this.#put(key, Buffer.from(String(value)), Infinity);
    } else {
      this.#drop(key);
      this.#counters.set(key, { value, expiresAt: this.#clock.monotonic() + ttl });
      this.#counters.shrink(MOST_COUNTERS);
      this.#dropCounters(LOOK);
    }
    return value;
  }

  async expire(): Promise<number> {
    this.#check();
    return this.#dropCounters(LOOK_AT_ONCE) + this.#sweep(Math.min(LOOK_AT_ONCE, this.#facts.size));
  }

  #dropCounters(max: number): number {
    const now = this.#clock.monotonic();
    let dropped = 0;
    for (let { oldest } = this.#counters; oldest && dropped < max; { oldest } = this.#counters) {
      const [key, { expiresAt }] = oldest;
      if (expiresAt > now) break;
      this.#counters.delete(key);
      dropped++;
    }
    return dropped;
  }

  #sweep(count: number): number {
    const now = this.#clock.monotonic();
    let dropped = 0;
    for (let left = count; left > 0; left--) {
      const next = this.#hand.next();
      if (next.done) {
        this.#hand = this.#facts.entries();
        continue;
      }
      const [key, { expiresAt }] = next.value;
      if (expiresAt <= now && this.#drop(key)) dropped++;
    }
    return dropped;
  }
}

const sizeOf = (key: string, value: Buffer): number => 2 * key.length + value.length + OVERHEAD;
const octetsOf = ({ value }: Counter): Buffer => Buffer.from(String(value));
