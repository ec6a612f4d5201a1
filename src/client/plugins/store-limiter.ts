import type { Clock } from '../../clock';
import type { AdjustableLimiter } from '../../flow-control';
import type { SharedLimiter } from '../../store';

/** Milliseconds: a pause that ends no more than this later than the last one is not told to the others. */
const SAME_PAUSE = 100;

/**
 * The rate of all that share a store, where the store keeps one; that is known when it is open. Until then, and where it
 * keeps none, that of this process alone.
 */
export class StoreLimiter implements AdjustableLimiter {
  readonly #clock: Pick<Clock, 'monotonic'>;
  #limiter: AdjustableLimiter;
  #shared: SharedLimiter | undefined;
  /** What {@link setRate} said before the store was open. */
  #wanted: number | undefined;
  /** Monotonic milliseconds: the end of the pause that was told last. */
  #calmUntil = -Infinity;

  constructor(local: AdjustableLimiter, clock: Pick<Clock, 'monotonic'>) {
    this.#limiter = local;
    this.#clock = clock;
  }

  /** The store is open. */
  use(shared: SharedLimiter): void {
    this.#limiter = this.#shared = shared;
    if (this.#wanted !== undefined) shared.setRate(this.#wanted);
  }

  acquire(max: number, options: { signal: AbortSignal }): number | Promise<number> {
    return this.#limiter.acquire(max, options);
  }

  giveBack(count: number): void {
    this.#limiter.giveBack(count);
  }

  setRate(rate: number): void {
    this.#limiter.setRate(rate);
    if (!this.#shared) this.#wanted = rate;
  }

  get rate(): number {
    return this.#limiter.rate;
  }

  /** A whole window may be throttled at once: the others hear of it once. */
  calm(seconds: number): void {
    const until = this.#clock.monotonic() + seconds * 1000;
    if (this.#shared && until <= this.#calmUntil + SAME_PAUSE) return;
    this.#calmUntil = until;
    this.#limiter.calm(seconds);
  }
}
