import { LONGEST_TIMER, nextTick, nextTurn, systemClock, type Clock } from '../../clock';
import type { PartError } from '../config/errors';
import { partFailed, wrongResult, type PartFaults } from './part-faults';

/** Milliseconds of the latest Date. */
const LATEST = 8.64e15;
const WANTED = {
  now: 'milliseconds since the epoch',
  monotonic: 'milliseconds, and never fewer than before',
};

/** The last reading that was a time, and the system's monotonic time then. */
interface Reading {
  given: number | undefined;
  system: number;
}

/**
 * A clock of the user's. Where it gives no time, or `monotonic` less than before, the system's clock goes on from the
 * last reading: else nothing would become due any more, or all at once.
 */
class GuardedClock implements Clock {
  /** Of the client that was made last with this clock. */
  faults: PartFaults | undefined;
  readonly #clock: Clock;
  readonly #last: Readonly<Record<keyof typeof WANTED, Reading>> = {
    now: { given: undefined, system: 0 },
    monotonic: { given: undefined, system: 0 },
  };
  #telling = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  now(): number {
    return this.#read('now', -LATEST);
  }

  monotonic(): number {
    return this.#read('monotonic', this.#last.monotonic.given ?? -LATEST);
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

  #read(name: keyof typeof WANTED, earliest: number): number {
    const last = this.#last[name];
    try {
      const given: unknown = this.#clock[name]();
      if (typeof given === 'number' && given >= earliest && given <= LATEST) {
        last.system = systemClock.monotonic();
        return (last.given = given);
      }
      this.#tell(name, wrongResult('clock', name, given, WANTED[name]));
    } catch (error) {
      this.#tell(name, partFailed('clock', name, error));
    }
    if (last.given === undefined) return systemClock[name]();
    return last.given + systemClock.monotonic() - last.system;
  }

  /** Logging reads the clock, too. */
  #tell(name: string, error: PartError): void {
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

/** The same one for all that are given the same clock, so that they share what is kept by clock, as steady time is. */
export function guardClock(clock: Clock): Clock & { faults: PartFaults | undefined } {
  let known = guarded.get(clock);
  if (!known) guarded.set(clock, (known = new GuardedClock(clock)));
  return known;
}
