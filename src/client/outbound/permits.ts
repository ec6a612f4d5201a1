import type { RateLimiter } from '../../flow-control';
import type { Delivery } from './delivery';
import type { PaceLog } from './pace-log';

/** What messages that wait need of the rate. */
type Waiting = Pick<Delivery, 'remaining' | 'cost'>;

/**
 * Permits of the rate that a session's sender has and has not used. A message to many destinations may take more than
 * the limiter has at a time: they are kept until there are enough for it.
 */
export class Permits {
  readonly #limiter: RateLimiter;
  readonly #pace: Pick<PaceLog, 'during'>;
  readonly #closing = new AbortController();
  /** Those that are left. */
  count = 0;

  constructor(limiter: RateLimiter, pace: Pick<PaceLog, 'during'>) {
    this.#limiter = limiter;
    this.#pace = pace;
  }

  /**
   * Asks for what may go next, at most `free` segments; a promise where the limiter makes it wait: then it is to be asked
   * again, for what it has granted may not be enough for the first.
   */
  acquire(ready: readonly Waiting[], free: number): Promise<void> | undefined {
    const needed = ready[0]?.cost ?? 1;
    let slots = free;
    let wanted = -this.count;
    for (const { remaining, cost } of ready) {
      wanted += Math.min(remaining, slots) * cost;
      if ((slots -= remaining) <= 0) break;
    }
    while (this.count < needed) {
      const granted = this.#limiter.acquire(Math.max(1, wanted), { signal: this.#closing.signal });
      if (typeof granted !== 'number')
        return this.#pace.during(granted).then((late) => void (this.count += late));
      this.count += granted;
      wanted -= granted;
    }
    return undefined;
  }

  giveBack(): void {
    if (this.count === 0) return;
    const unused = this.count;
    this.count = 0;
    this.#limiter.giveBack(unused);
  }

  /** Ends the wait for them. */
  close(): void {
    this.#closing.abort(new Error('the sender is closed'));
  }
}
