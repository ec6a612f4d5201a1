import type { Clock, TimerHandle } from '../clock';
import { RateMeter } from './rate-meter';
import { TokenBucket } from './token-bucket';
import type { RateLimiter, ThrottleHandler } from './types';

/** What {@link CompositeLimiter} goes by. */
export interface CompositeLimiterParts {
  /** How fast the user wants it, at most. */
  readonly limiter: RateLimiter;
  /** How fast the SMSC can take it, as far as that is known. */
  readonly handler: Pick<ThrottleHandler, 'rate'>;
  /** Time and timers. */
  readonly clock: Clock;
}

/** A wish is looked at again after so many milliseconds, for it may change with time alone. */
const LOOK_AGAIN = 1000;
/** A wish for nothing at all, or less, is no pause: a throttle handler pauses by `allowRequest`. */
const LOWEST_WISH = 0.01;

/**
 * Two messages closer together than the rate says are one too many for an SMSC that polices without any burst, and
 * then it seems to take less than it does. Up to 100/s what is late stays late, but for a tenth of a turn; above
 * that timers are too coarse, and SMSCs not so strict.
 */
function catchUp(rate: number): number {
  return Math.max(0.1, (rate - 100) * 0.03);
}

/**
 * The slower of two: the user's limiter, whatever it is, and the rate that the throttle handler wishes for.
 * While there is a wish, no more than one segment goes at once after a pause, however large the user's `burst`
 * is: an SMSC that has just asked for less would answer a burst with the same again.
 */
export class CompositeLimiter implements RateLimiter {
  readonly #parts: CompositeLimiterParts;
  readonly #wished: TokenBucket;
  readonly #meter: RateMeter;
  #waiting = 0;
  #timer: TimerHandle;

  constructor(parts: CompositeLimiterParts) {
    this.#parts = parts;
    this.#wished = new TokenBucket({ rate: 0, catchUp, clock: parts.clock });
    this.#meter = new RateMeter(5, parts.clock);
  }

  /** Segments per second that the throttle handler allows; undefined: it has no wish. */
  get wish(): number | undefined {
    const wish = this.#parts.handler.rate?.();
    if (wish === undefined || !(wish < Infinity)) return undefined;
    return Math.max(LOWEST_WISH, wish);
  }

  acquire(max: number, options: { signal: AbortSignal }): number | Promise<number> {
    options.signal.throwIfAborted();
    this.#follow();
    const wished = this.#wished.rate === 0 ? max : this.#wished.acquire(max, options);
    if (typeof wished !== 'number') return this.#later(wished, options);
    const granted = this.#parts.limiter.acquire(wished, options);
    return typeof granted === 'number' ? this.#granted(granted, wished) : this.#grantedLater(granted, wished);
  }

  async #later(wish: Promise<number>, options: { signal: AbortSignal }): Promise<number> {
    this.#waiting++;
    this.#arm();
    let wished: number;
    try {
      wished = await wish;
    } finally {
      this.#waiting--;
      this.#arm();
    }
    return this.#grantedLater(this.#parts.limiter.acquire(wished, options), wished);
  }

  async #grantedLater(limiter: number | Promise<number>, wished: number): Promise<number> {
    try {
      return this.#granted(await limiter, wished);
    } catch (error) {
      this.#wished.giveBack(wished);
      throw error;
    }
  }

  #granted(permits: number, wished: number): number {
    if (permits < wished) this.#wished.giveBack(wished - permits);
    this.#meter.add(permits);
    return permits;
  }

  giveBack(count: number): void {
    this.#meter.add(-count);
    this.#wished.giveBack(count);
    this.#parts.limiter.giveBack(count);
  }

  /** The throttle handler has heard something: its wish may be another, also for those who wait. */
  heard(): void {
    if (this.#waiting > 0) this.#follow();
  }

  /** Segments per second that were granted and not given back, over the last five seconds. */
  effectiveRate(): number {
    return this.#meter.rate();
  }

  #follow(): void {
    const wish = this.wish ?? 0;
    if (wish !== this.#wished.rate) this.#wished.setRate(wish);
  }

  #arm(): void {
    const { clock } = this.#parts;
    if (this.#waiting === 0) {
      clock.clearTimeout(this.#timer);
      this.#timer = undefined;
    } else
      this.#timer ??= clock.setTimeout(() => {
        this.#timer = undefined;
        this.#follow();
        this.#arm();
      }, LOOK_AGAIN);
  }
}
