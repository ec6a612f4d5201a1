import type { Clock } from '../../clock';
import type { KeyValueState } from '../types';

interface Fact {
  readonly value: Buffer;
  /** Monotonic milliseconds. */
  readonly expiresAt: number;
}

export class MemoryState implements KeyValueState {
  readonly #facts = new Map<string, Fact>();
  readonly #clock: Clock;
  readonly #check: () => void;
  #setsSinceSweep = 0;

  constructor(clock: Clock, check: () => void) {
    this.#clock = clock;
    this.#check = check;
  }

  async get(key: string): Promise<Buffer | undefined> {
    this.#check();
    return this.#read(key);
  }

  #read(key: string): Buffer | undefined {
    const fact = this.#facts.get(key);
    if (!fact) return undefined;
    if (fact.expiresAt > this.#clock.monotonic()) return fact.value;
    this.#facts.delete(key);
    return undefined;
  }

  async set(key: string, value: Buffer, ttl?: number): Promise<void> {
    this.#check();
    const expiresAt = ttl === undefined ? Infinity : this.#clock.monotonic() + ttl;
    this.#facts.set(key, { value: Buffer.from(value), expiresAt });
    this.#sweep();
  }

  /** Looks at all once per as many sets as there are: a constant share for each. */
  #sweep(): void {
    if (++this.#setsSinceSweep <= this.#facts.size) return;
    this.#setsSinceSweep = 0;
    const now = this.#clock.monotonic();
    for (const [key, { expiresAt }] of this.#facts) if (expiresAt <= now) this.#facts.delete(key);
  }

  async delete(keys: readonly string[]): Promise<void> {
    this.#check();
    for (const key of keys) this.#facts.delete(key);
  }

  async list(prefix: string): Promise<[key: string, value: Buffer][]> {
    this.#check();
    const now = this.#clock.monotonic();
    const found: [string, Buffer][] = [];
    for (const [key, { value, expiresAt }] of this.#facts) {
      if (key.startsWith(prefix) && expiresAt > now) found.push([key, value]);
    }
    return found.sort(([a], [b]) => (a < b ? -1 : 1));
  }

  async increment(key: string, modulo: number, start: number): Promise<number> {
    this.#check();
    const before = this.#read(key);
    const value = before ? (Number(before.toString()) + 1) % modulo : start % modulo;
    this.#facts.set(key, { value: Buffer.from(String(value)), expiresAt: Infinity });
    return value;
  }
}
