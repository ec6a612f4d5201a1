import type { Clock, TimerHandle } from '../../../clock';
import { LinkedMap } from '../../../collections';
import { nameOf, type Place } from './shared-parts';

/** A message that this instance has heard of, and that it or another one will tell. */
export interface Watched {
  readonly place: Place;
  /** Claims of it that were others'. */
  readonly round: number;
  /** What its parts that were heard here take in the store. */
  readonly octets: number;
  /** What it looked like before, see {@link SharedReassembly}. */
  readonly seen?: string;
}

interface Due extends Watched {
  /** Monotonic milliseconds. */
  readonly dueAt: number;
}

export interface OverdueWatchParts {
  readonly clock: Clock;
  /** Milliseconds, see `ReassemblyParts`. */
  readonly timeout: number;
  readonly claimTime: number;
  /** Messages that may wait. */
  readonly maxMessages?: number | undefined;
  /** Called when it is time to see what became of it; it is watched no more. Never rejects. */
  readonly look: (watched: Watched) => Promise<void>;
}

/** As many are looked at together. */
const AT_ONCE = 16;
/** Messages that are asked for together, whether they were told. */
const CHECKED_AT_ONCE = 500;
const MOST_MESSAGES = 10_000;
const MOST_OCTETS = 16 * 1024 * 1024;

/** Messages that may be left by whoever was to tell them, by when they are to be looked at. Holds no parts. */
export class OverdueWatch {
  readonly #parts: OverdueWatchParts;
  /** In the order in which they become due, each. */
  readonly #waiting = new LinkedMap<string, Due>();
  readonly #claimed = new LinkedMap<string, Due>();
  readonly #most: number;
  #octets = 0;
  /** Times that it is not worth to ask what others have told. */
  #passes = 0;
  #timer: TimerHandle | undefined;
  #looking = false;
  #stopped = false;

  constructor(parts: OverdueWatchParts) {
    this.#parts = parts;
    this.#most = parts.maxMessages ?? MOST_MESSAGES;
  }

  /** Messages of which parts are missing. */
  get waiting(): number {
    return this.#waiting.size;
  }

  has(place: Place): boolean {
    const name = nameOf(place);
    return this.#waiting.has(name) || this.#claimed.has(name);
  }

  /** A part came here, or parts are still missing. */
  waits(place: Place, octets: number, seen?: string): void {
    const before = this.#remove(place);
    const all = octets + (before?.octets ?? 0);
    this.#octets += all;
    const dueAt = this.#parts.clock.monotonic() + this.#parts.timeout;
    this.#waiting.set(nameOf(place), {
      place,
      round: before?.round ?? 0,
      octets: all,
      dueAt,
      ...(seen === undefined ? {} : { seen }),
    });
    this.#arm();
  }

  /** Another tells it; `round` is the next. */
  claimed(place: Place, round: number): void {
    this.#remove(place);
    const dueAt = this.#parts.clock.monotonic() + this.#parts.claimTime;
    this.#claimed.set(nameOf(place), { place, round, octets: 0, dueAt });
    // What is not watched is found by who looks around.
    this.#claimed.shrink(this.#most);
    this.#arm();
  }

  forget(place: Place): void {
    this.#remove(place);
    this.#arm();
  }

  /** The one that waits longest, where there are more than there should be. */
  excess(): Watched | undefined {
    const isOver = this.#waiting.size > this.#most || this.#octets > MOST_OCTETS;
    return isOver ? this.#waiting.oldest?.[1] : undefined;
  }

  /** What others have told is not in the way of what waits. Not each time where that is little. */
  async forgetTold(isWaiting: (place: Place) => Promise<boolean>): Promise<void> {
    if (this.#passes-- > 0) return;
    const places = [...this.#waiting].map(([, { place }]) => place);
    for (let at = 0; at < places.length; at += CHECKED_AT_ONCE) {
      const some = places.slice(at, at + CHECKED_AT_ONCE);
      const waits = await Promise.all(some.map(isWaiting));
      some.filter((_, index) => !waits[index]).forEach((place) => this.#remove(place));
    }
    if (this.#waiting.size > places.length / 2) this.#passes = places.length / 4;
    this.#arm();
  }

  stop(): void {
    this.#stopped = true;
    this.#parts.clock.clearTimeout(this.#timer);
  }

  #remove(place: Place): Due | undefined {
    const name = nameOf(place);
    const before = this.#waiting.get(name) ?? this.#claimed.get(name);
    this.#octets -= before?.octets ?? 0;
    this.#waiting.delete(name);
    this.#claimed.delete(name);
    return before;
  }

  get #next(): Due | undefined {
    const [waiting, claimed] = [this.#waiting.oldest?.[1], this.#claimed.oldest?.[1]];
    return waiting && claimed ? (waiting.dueAt < claimed.dueAt ? waiting : claimed) : (waiting ?? claimed);
  }

  #arm(): void {
    const { clock } = this.#parts;
    clock.clearTimeout(this.#timer);
    const next = this.#next;
    if (!next || this.#stopped || this.#looking) return;
    this.#timer = clock.setTimeout(() => void this.#look(), Math.max(1, next.dueAt - clock.monotonic()));
  }

  async #look(): Promise<void> {
    this.#looking = true;
    for (let due = this.#due(); due.length > 0 && !this.#stopped; due = this.#due())
      await Promise.all(due.map((one) => this.#parts.look(one)));
    this.#looking = false;
    this.#arm();
  }

  #due(): Watched[] {
    // Timers may fire a fraction of a millisecond early.
    const now = this.#parts.clock.monotonic() + 1;
    const due: Watched[] = [];
    for (let next = this.#next; next && next.dueAt <= now && due.length < AT_ONCE; next = this.#next) {
      this.#remove(next.place);
      due.push(next);
    }
    return due;
  }
}
