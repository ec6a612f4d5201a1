import type { Clock } from '../clock';

const WITHIN = 60_000;

/** Lets so many a minute be logged as warnings, of what may happen a thousand times a second. */
export class LogRateLimiter {
  readonly #clock: Pick<Clock, 'monotonic'>;
  readonly #most: number;
  #since = -Infinity;
  #count = 0;

  constructor(clock: Pick<Clock, 'monotonic'>, most: number) {
    this.#clock = clock;
    this.#most = most;
  }

  /** Where this one is to be a warning: how many were passed over in the minute before. Else undefined. */
  next(): number | undefined {
    const now = this.#clock.monotonic();
    let passedOver = 0;
    if (now - this.#since >= WITHIN) {
      passedOver = Math.max(0, this.#count - this.#most);
      this.#since = now;
      this.#count = 0;
    }
    return ++this.#count <= this.#most ? passedOver : undefined;
  }
}
