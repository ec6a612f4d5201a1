import type { Clock, TimerHandle } from '../../src/clock';

interface Pending {
  at: number;
  order: number;
  callback: () => void;
}

/** A clock that stands still until it is told to move. */
export class FakeClock implements Clock {
  #now: number;
  #elapsed = 0;
  #order = 0;
  readonly #timers = new Set<Pending>();

  constructor(now = Date.UTC(2026, 0, 1)) {
    this.#now = now;
  }

  now = (): number => this.#now + this.#elapsed;
  monotonic = (): number => this.#elapsed;

  setTimeout = (callback: () => void, ms: number): TimerHandle => {
    const timer: Pending = { at: this.#elapsed + Math.max(0, ms), order: this.#order++, callback };
    this.#timers.add(timer);
    return timer;
  };

  clearTimeout = (timer: TimerHandle | undefined): void => {
    this.#timers.delete(timer as Pending);
  };

  get pendingTimers(): number {
    return this.#timers.size;
  }

  /** Somebody sets the wall clock by `ms`, ahead or, below zero, back: time itself goes on as before. */
  step(ms: number): void {
    this.#now += ms;
  }

  /** Moves on by `ms`, running each timer when its time comes and letting promises settle after each. */
  async advance(ms: number): Promise<void> {
    const end = this.#elapsed + ms;
    await settle();
    for (let next = this.#next(end); next; next = this.#next(end)) {
      this.#timers.delete(next);
      this.#elapsed = Math.max(this.#elapsed, next.at);
      next.callback();
      await settle();
    }
    // Another advance may have come further meanwhile.
    this.#elapsed = Math.max(this.#elapsed, end);
    await settle();
  }

  #next(until: number): Pending | undefined {
    return [...this.#timers]
      .filter((timer) => timer.at <= until)
      .sort((a, b) => a.at - b.at || a.order - b.order)[0];
  }
}

/** Lets everything that is already settled run its course. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve));
}
