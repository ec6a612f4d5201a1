import { nextTurn, steadyTime, type Clock, type SteadyTime } from '../../clock';
import { MOST_COUNTED } from '../account';
import { MOST_CANDIDATES, byAge, foldedId, moved } from '../candidates';
import { MOVED_AT_ONCE } from '../chunks';
import type { CorrelationEntry, Correlator } from '../types';
import { CorrelationAge, Kept, tagOf } from './correlation-age';

/** Of a message: what user data headers and sar_total_segments can count. */
const MOST_SEGMENTS = 255;
/** Message_ids that are looked at before others get their turn. */
const LOOKED_AT_ONCE = 10_000;

/**
 * Entries by their message_id, case apart, and beside that in the order of putting, which is, all lifetimes being
 * alike, the order of expiry: what is over stands at the front, so dropping it never looks at the rest. Those whose
 * final receipt has come have a shorter life, so an order of their own.
 */
export class MemoryCorrelator implements Correlator {
  /** Nearly every message_id has one entry, which then needs no list. */
  readonly #byId = new Map<string, Kept | Kept[]>();
  readonly #awaited = new CorrelationAge();
  readonly #final = new CorrelationAge();
  readonly #capacity: number;
  /** What `expiresAt` is kept by: within this room only. */
  readonly #time: SteadyTime;
  readonly #clock: Clock;
  readonly #check: () => void;

  constructor(capacity: number, clock: Clock, check: () => void) {
    this.#capacity = capacity;
    this.#clock = clock;
    this.#time = steadyTime(clock);
    this.#check = check;
  }

  put(entries: readonly CorrelationEntry[]): void {
    this.#check();
    const { lag } = this.#time;
    for (const entry of entries) this.#add(moved(entry, lag));
    this.#dropExpired(2 * entries.length);
    for (let excess = this.#awaited.length + this.#final.length - this.#capacity; excess > 0; excess--)
      this.#remove((this.#final.oldest ?? this.#awaited.oldest) as Kept);
  }

  get(messageId: string): readonly CorrelationEntry[] {
    this.#check();
    // Most look-ups are for ways in which the id might have been written, and find nothing.
    const found = this.#byId.get(foldedId(messageId));
    if (found === undefined) return [];
    const now = this.#time.now();
    const { lag } = this.#time;
    if (!Array.isArray(found)) return found.expiresAt > now ? [moved(found.entry, -lag)] : [];
    return found
      .filter(({ expiresAt }) => expiresAt > now)
      .map(({ entry }) => moved(entry, -lag))
      .sort(byAge);
  }

  /** Looks through all, a part at a time: an index would cost each message, and this is seldom asked. */
  async find(given: readonly string[]): Promise<readonly CorrelationEntry[]> {
    this.#check();
    const ids = new Set(given);
    const tags = new Set<number>();
    for (const id of ids)
      for (let segment = 0; segment < MOST_SEGMENTS; segment++) tags.add(tagOf({ id, segment }));
    const found: CorrelationEntry[] = [];
    const look = (kept: Kept): void => {
      if (kept.isOf(ids, tags) && kept.expiresAt > this.#time.now())
        found.push(moved(kept.entry, -this.#time.lag));
    };
    let seen = 0;
    for (const kept of this.#byId.values()) {
      if (Array.isArray(kept)) kept.forEach(look);
      else look(kept);
      if (++seen % LOOKED_AT_ONCE !== 0) continue;
      await nextTurn(this.#clock);
      this.#check();
    }
    return found;
  }

  /** For how many a final receipt is still waited, as far as that is counted. */
  get awaited(): number {
    const now = this.#time.now();
    let count = 0;
    for (const { isAsked, expiresAt } of this.#awaited)
      if (isAsked && expiresAt > now && ++count >= MOST_COUNTED) break;
    return count;
  }

  clear(): void {
    this.#byId.clear();
    this.#awaited.clear();
    this.#final.clear();
  }

  /** Nothing may be put meanwhile. */
  *entries(): Iterable<readonly CorrelationEntry[]> {
    this.#check();
    const { lag } = this.#time;
    let chunk: CorrelationEntry[] = [];
    for (const age of [this.#final, this.#awaited]) {
      for (const { entry } of age) {
        if (chunk.push(moved(entry, -lag)) < MOVED_AT_ONCE) continue;
        yield chunk;
        chunk = [];
      }
    }
    if (chunk.length > 0) yield chunk;
  }

  async expire(): Promise<number> {
    this.#check();
    return this.#dropExpired(Infinity);
  }

  #add(entry: CorrelationEntry): void {
    const key = foldedId(entry.messageId);
    const age = entry.finalState === undefined ? this.#awaited : this.#final;
    const others = this.#byId.get(key);
    if (others === undefined) return void this.#byId.set(key, age.add(new Kept(age, key, entry)));
    const candidates = Array.isArray(others) ? others : [others];
    const tag = tagOf(entry);
    const same = candidates.find((one) => one.isSame(entry, tag));
    // In its place, for nearly all are put twice: when accepted, and with their final receipt.
    if (same) return same.replace(age, entry);
    if (candidates.length >= MOST_CANDIDATES)
      this.#remove(candidates.find((one) => one.age === this.#final) ?? (candidates[0] as Kept));
    candidates.push(age.add(new Kept(age, key, entry)));
    this.#byId.set(key, candidates);
  }

  #remove(kept: Kept): void {
    const { key } = kept;
    const found = this.#byId.get(key);
    if (Array.isArray(found)) {
      found.splice(found.indexOf(kept), 1);
      if (found.length === 1) this.#byId.set(key, found[0] as Kept);
    } else this.#byId.delete(key);
    kept.age.remove(kept);
  }

  #dropExpired(max: number): number {
    const now = this.#time.now();
    let dropped = 0;
    for (const order of [this.#final, this.#awaited]) {
      for (let { oldest } = order; oldest && dropped < max; { oldest } = order) {
        if (oldest.expiresAt > now) break;
        this.#remove(oldest);
        dropped++;
      }
    }
    return dropped;
  }
}
