import { steadyTime, type Clock, type SteadyTime } from '../../clock';
import { isAwaited } from '../account';
import { MOST_CANDIDATES, byAge, foldedId, isSameEntry, moved } from '../candidates';
import type { CorrelationEntry, Correlator } from '../types';

/**
 * Entries by their message_id, case apart, and beside that in the order of putting, which is, all lifetimes being
 * alike, the order of expiry: what is over stands at the front, so dropping it never looks at the rest. Those whose
 * final receipt has come have a shorter life, so an order of their own.
 */
export class MemoryCorrelator implements Correlator {
  /** Nearly every message_id has one entry, which then needs no list. */
  readonly #byId = new Map<string, CorrelationEntry | CorrelationEntry[]>();
  readonly #awaited = new Set<CorrelationEntry>();
  readonly #final = new Set<CorrelationEntry>();
  readonly #capacity: number;
  /** What `expiresAt` is kept by: within this room only. */
  readonly #time: SteadyTime;
  readonly #check: () => void;

  constructor(capacity: number, clock: Clock, check: () => void) {
    this.#capacity = capacity;
    this.#time = steadyTime(clock);
    this.#check = check;
  }

  async put(entries: readonly CorrelationEntry[]): Promise<void> {
    this.#check();
    const { lag } = this.#time;
    for (const entry of entries) this.#add(moved(entry, lag));
    this.#dropExpired(2 * entries.length);
    for (const order of [this.#final, this.#awaited]) {
      for (const oldest of order) {
        if (this.#awaited.size + this.#final.size <= this.#capacity) return;
        this.#remove(oldest);
      }
    }
  }

  async get(messageId: string): Promise<readonly CorrelationEntry[]> {
    this.#check();
    const now = this.#time.now();
    const { lag } = this.#time;
    return this.#candidates(messageId)
      .filter(({ expiresAt }) => expiresAt > now)
      .map((entry) => moved(entry, -lag))
      .sort(byAge);
  }

  /** For how many a final receipt is still waited. */
  get awaited(): number {
    const now = this.#time.now();
    let count = 0;
    for (const entry of this.#awaited) if (isAwaited(entry, now)) count++;
    return count;
  }

  clear(): void {
    this.#byId.clear();
    this.#awaited.clear();
    this.#final.clear();
  }

  async expire(): Promise<number> {
    this.#check();
    return this.#dropExpired(Infinity);
  }

  #candidates(messageId: string): CorrelationEntry[] {
    const found = this.#byId.get(foldedId(messageId));
    if (found === undefined) return [];
    return Array.isArray(found) ? found : [found];
  }

  #add(entry: CorrelationEntry): void {
    const key = foldedId(entry.messageId);
    if (this.#byId.has(key)) this.#makeRoom(entry);
    const others = this.#byId.get(key);
    if (Array.isArray(others)) others.push(entry);
    else this.#byId.set(key, others === undefined ? entry : [others, entry]);
    (entry.finalState === undefined ? this.#awaited : this.#final).add(entry);
  }

  /** Among those with its message_id. */
  #makeRoom(entry: CorrelationEntry): void {
    const candidates = this.#candidates(entry.messageId);
    const same = candidates.find((one) => isSameEntry(one, entry));
    if (same) this.#remove(same);
    else if (candidates.length >= MOST_CANDIDATES)
      this.#remove(
        candidates.find(({ finalState }) => finalState !== undefined) ?? (candidates[0] as CorrelationEntry),
      );
  }

  #remove(entry: CorrelationEntry): void {
    const key = foldedId(entry.messageId);
    const found = this.#byId.get(key);
    if (Array.isArray(found)) {
      found.splice(found.indexOf(entry), 1);
      if (found.length === 1) this.#byId.set(key, found[0] as CorrelationEntry);
    } else this.#byId.delete(key);
    this.#awaited.delete(entry);
    this.#final.delete(entry);
  }

  #dropExpired(max: number): number {
    const now = this.#time.now();
    let dropped = 0;
    for (const order of [this.#final, this.#awaited]) {
      for (const entry of order) {
        if (dropped >= max || entry.expiresAt > now) break;
        this.#remove(entry);
        dropped++;
      }
    }
    return dropped;
  }
}
