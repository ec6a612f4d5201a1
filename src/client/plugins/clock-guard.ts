import { LONGEST_TIMER, nextTick, nextTurn, systemClock, type Clock } from '../../clock';
import { partFailed, wrongResult, type PartFaults } from './part-faults';

type Reading = 'now' | 'monotonic';

/** What a Date can be. */
const LATEST = 8.64e15;
const WANTED = {
  now: 'milliseconds since the epoch',
  monotonic: 'milliseconds, and never fewer than before',
};

/**
 * A clock that was brought along. What it gives is compared and added up everywhere: where it is no number, nothing
 * would ever be due, or all at once, so that then the system's own clock goes on from there.
 */
class GuardedClock implements Clock {
  /** Of the client that was made last with this clock. */
  faults: PartFaults | undefined;
  readonly #clock: Clock;
  /** The last reading of each that was one, and the system's then. */
  readonly #last = new Map<Reading, { given: number; system: number }>();
  #telling = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  now(): number {
    return this.#read('now');
  }

  monotonic(): number {
    return this.#read('monotonic');
  }

  setTimeout(callback: () => void, ms: number): unknown {
    return this.#clock.setTimeout(callback, ms >= 0 ? Math.min(ms, LONGEST_TIMER) : 0);
  }

  nextTick(callback: () => void): void {
    nextTick(this.#clock, callback);
  }

  clearTimeout(timer: unknown): void {
    this.#clock.clearTimeout(timer);
  }

  setImmediate(callback: () => void): void {
    void nextTurn(this.#clock).then(callback);
  }

  #read(name: Reading): number {
    let given: unknown;
    try {
      given = this.#clock[name]();
    } catch (error) {
      this.#tell(name, partFailed('clock', name, error));
      return this.#instead(name);
    }
    if (this.#fits(name, given)) return this.#good(name, given);
    this.#tell(name, wrongResult('clock', name, given, WANTED[name]));
    return this.#instead(name);
  }

  #fits(name: Reading, given: unknown): given is number {
    if (typeof given !== 'number' || !(Math.abs(given) <= LATEST)) return false;
    return name === 'now' || given >= (this.#last.get(name)?.given ?? -LATEST);
  }

  #good(name: Reading, given: number): number {
    const last = this.#last.get(name);
    if (last) {
      last.given = given;
      last.system = systemClock.monotonic();
    } else this.#last.set(name, { given, system: systemClock.monotonic() });
    return given;
  }

  #instead(name: Reading): number {
    const last = this.#last.get(name);
    return last ? last.given + systemClock.monotonic() - last.system : systemClock[name]();
  }

  /** Whoever tells looks at the clock. */
  #tell(name: Reading, error: ReturnType<typeof partFailed>): void {
    if (this.#telling) return;
    this.#telling = true;
    try {
      this.faults?.failed('clock', name, error);
    } finally {
      this.#telling = false;
    }
  }
}

const guarded = new WeakMap<Clock, GuardedClock>();

/** The same one for all that are given the same clock: what they keep by it they may leave to each other. */
export function guardClock(clock: Clock): Clock & { faults: PartFaults | undefined } {
  let known = guarded.get(clock);
  if (!known) guarded.set(clock, (known = new GuardedClock(clock)));
  return known;
}
