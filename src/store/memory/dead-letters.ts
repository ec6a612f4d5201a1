import type { Clock } from '../../clock';
import { LinkedMap } from '../../collections';
import { revive } from '../delivery-state';
import type { DeadLetter, DeadLetters } from '../types';
import type { MemoryQueue } from './queue';

const LIST_LIMIT = 1000;

/** The latest failures, in the order of failing. */
export class MemoryDeadLetters implements DeadLetters {
  readonly #letters = new LinkedMap<string, DeadLetter>();
  readonly #capacity: number;
  readonly #clock: Clock;
  readonly #check: () => void;
  readonly #queue: () => MemoryQueue;

  constructor(capacity: number, clock: Clock, queue: () => MemoryQueue, check: () => void) {
    this.#capacity = capacity;
    this.#clock = clock;
    this.#queue = queue;
    this.#check = check;
  }

  get size(): number {
    return this.#letters.size;
  }

  async add(letters: readonly DeadLetter[]): Promise<void> {
    this.#check();
    for (const letter of letters) this.bury(letter);
  }

  bury(letter: DeadLetter): void {
    this.#letters.delete(letter.item.id);
    this.#letters.set(letter.item.id, letter);
    this.#letters.shrink(this.#capacity);
  }

  async list(
    options: { limit?: number; after?: string } = {},
  ): Promise<{ total: number; letters: DeadLetter[] }> {
    this.#check();
    const { limit = LIST_LIMIT, after } = options;
    const letters: DeadLetter[] = [];
    let skipping = after !== undefined && this.#letters.has(after);
    for (const [id, letter] of this.#letters) {
      if (letters.length >= limit) break;
      if (!skipping) letters.push(letter);
      else if (id === after) skipping = false;
    }
    return { total: this.#letters.size, letters };
  }

  async count(): Promise<number> {
    this.#check();
    return this.#letters.size;
  }

  async replay(
    ids: readonly string[],
    options: { expiresAt?: number } = {},
  ): Promise<{ replayed: string[]; missing: string[] }> {
    this.#check();
    const wanted = [...new Set(ids)];
    // One without segments was another program's, in another store: here nothing could be sent of it.
    const letters = wanted
      .flatMap((id) => this.#letters.get(id) ?? [])
      .filter(({ item }) => item.segments.length > 0);
    const found = new Set(letters.map(({ item }) => item.id));
    const missing = wanted.filter((id) => !found.has(id));
    const now = this.#clock.now();
    this.#queue().revive(letters.map(({ item, state }) => revive(item, state, now, options.expiresAt)));
    const replayed = letters.map(({ item }) => item.id);
    for (const id of replayed) this.#letters.delete(id);
    return { replayed, missing };
  }

  async purge(): Promise<number> {
    this.#check();
    const removed = this.#letters.size;
    this.#letters.clear();
    return removed;
  }
}
