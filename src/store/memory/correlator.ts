import type { Clock } from '../../clock';
import { isAwaited } from '../account';
import type { CorrelationEntry, Correlator } from '../types';

/**
 * A map whose insertion order is, all lifetimes being alike, its expiry order:
 * what is over stands at the front, so dropping it never looks at the rest.
 */
export class MemoryCorrelator implements Correlator {
  readonly #entries = new Map<string, CorrelationEntry>();
  readonly #capacity: number;
  readonly #clock: Clock;
  readonly #check: () => void;

  constructor(capacity: number, clock: Clock, check: () => void) {
    this.#capacity = capacity;
    this.#clock = clock;
    this.#check = check;
  }

  async put(entries: readonly CorrelationEntry[]): Promise<void> {
    this.#check();
    for (const entry of entries) {
      this.#entries.delete(entry.messageId);
      this.#entries.set(entry.messageId, entry);
    }
    this.#dropExpired(2 * entries.length);
    while (this.#entries.size > this.#capacity) this.#dropFirst();
  }

  async get(messageId: string): Promise<CorrelationEntry | undefined> {
    this.#check();
    const entry = this.#entries.get(messageId);
    return entry && entry.expiresAt > this.#clock.now() ? entry : undefined;
  }

  /** How many a final receipt may still come for. */
  get awaited(): number {
    const now = this.#clock.now();
    return [...this.#entries.values()].filter((entry) => isAwaited(entry, now)).length;
  }

  clear(): void {
    this.#entries.clear();
  }

  async expire(): Promise<number> {
    this.#check();
    return this.#dropExpired(Infinity);
  }

  #dropExpired(max: number): number {
    const now = this.#clock.now();
    let dropped = 0;
    for (const [messageId, entry] of this.#entries) {
      if (dropped >= max || entry.expiresAt > now) break;
      this.#entries.delete(messageId);
      dropped++;
    }
    return dropped;
  }

  #dropFirst(): void {
    for (const messageId of this.#entries.keys()) {
      this.#entries.delete(messageId);
      return;
    }
  }
}
