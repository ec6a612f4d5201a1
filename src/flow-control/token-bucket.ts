import { systemClock, type Clock, type TimerHandle } from '../clock';
import { waitForPermits, type PermitWaiter } from './permit-waiters';
import { SmppError } from '../protocol';
import { RateMeter } from './rate-meter';
import type { AdjustableLimiter } from './types';

/** How fast a {@link TokenBucket} is. */
export interface TokenBucketOptions {
  /** Segments per second; 0: no limit. */
  readonly rate: number;
  /** Segments that may leave at once after a pause; at least 1, which is the default. */
  readonly burst?: number;
  /** Permits that a busy bucket may be late with and still grant, at a rate; by default what comes in 30 ms. */
  readonly catchUp?: (rate: number) => number;
  /** Default {@link systemClock}. */
  readonly clock?: Clock;
}

/**
 * A busy bucket may be late by this many milliseconds and still catch up. Node's
 * timers are no finer than 1 ms and late under load; without it 5,000/s
 * would come to 1,000/s, and 40/s would lose a little at each wake-up.
 */
const LATENESS = 30;
/** What rounding takes from a permit must not cost another wake-up. */
const ROUNDING = 1e-6;

const inLateness = (rate: number): number => (LATENESS / 1000) * rate;

/**
 * The rate limiter. Permits are computed from monotonic time, however seldom the timer fires:
 *
 * - Counted from its start, grants never exceed rate × time + burst.
 * - In any stretch of time they never exceed rate × (time + 30 ms) + burst.
 * - After more than 30 ms without anybody asking, at most `burst` leave at once.
 *
 * Those who wait are served in the order in which they came.
 */
export class TokenBucket implements AdjustableLimiter {
  readonly #clock: Clock;
  readonly #burst: number;
  readonly #catchUp: (rate: number) => number;
  readonly #waiting = new Set<PermitWaiter>();
  readonly #meter: RateMeter;
  #rate: number;
  #tokens: number;
  #updatedAt: number;
  /** What has come in by then makes no burst; monotonic milliseconds. */
  #calmUntil = -Infinity;
  /** When somebody last asked or was served. */
  #busyAt: number;
  #timer: TimerHandle;

  constructor({ rate, burst = 1, catchUp = inLateness, clock = systemClock }: TokenBucketOptions) {
    if (!(burst >= 1 && burst < Infinity)) {
      throw new SmppError('INVALID_OPTION', `burst must be 1 or more, not ${burst}.`);
    }
    this.#rate = checkedRate(rate);
    this.#burst = burst;
    this.#catchUp = catchUp;
    this.#clock = clock;
    this.#tokens = burst;
    this.#updatedAt = this.#busyAt = clock.monotonic();
    this.#meter = new RateMeter(5, clock);
  }

  acquire(max: number, { signal }: { signal: AbortSignal }): number | Promise<number> {
    signal.throwIfAborted();
    this.#refill();
    const permits = this.#waiting.size === 0 ? this.#take(Math.max(1, max)) : 0;
    return permits > 0 ? permits : this.#wait(Math.max(1, max), signal);
  }

  giveBack(count: number): void {
    this.#refill();
    this.#meter.add(-count);
    this.#tokens += count;
    this.#serve();
  }

  /** A new rate, at once also for those who wait. */
  setRate(rate: number): void {
    this.#refill();
    this.#rate = checkedRate(rate);
    this.#serve();
  }

  /** The SMSC has just asked for less: after this pause at most one leaves at once, however large the burst is. */
  calm(seconds: number): void {
    this.#calmUntil = this.#clock.monotonic() + seconds * 1000;
  }

  get rate(): number {
    return this.#rate;
  }

  /** Segments per second that were granted and not given back, over the last five seconds. */
  effectiveRate(): number {
    return this.#meter.rate();
  }

  #wait(max: number, signal: AbortSignal): Promise<number> {
    const granted = waitForPermits(this.#waiting, max, signal, () => this.#arm());
    this.#arm();
    return granted;
  }

  #refill(): void {
    const now = this.#clock.monotonic();
    const earned = ((now - this.#updatedAt) / 1000) * this.#rate;
    const idle = this.#waiting.size === 0 && now - this.#busyAt > LATENESS;
    const burst = this.#updatedAt < this.#calmUntil ? 1 : this.#burst;
    const most = idle ? burst : burst + this.#catchUp(this.#rate);
    this.#tokens = Math.min(this.#tokens + earned, most);
    this.#updatedAt = this.#busyAt = now;
  }

  /** Whole permits, at most `max`; 0 when there is none. */
  #take(max: number): number {
    const permits = this.#rate === 0 ? max : Math.min(max, Math.floor(this.#tokens + ROUNDING));
    if (permits <= 0) return 0;
    if (this.#rate > 0) this.#tokens -= permits;
    this.#meter.add(permits);
    return permits;
  }

  #serve(): void {
    for (const waiter of this.#waiting) {
      const permits = this.#take(waiter.max);
      if (permits === 0) break;
      waiter.grant(permits);
    }
    this.#arm();
  }

  /** One timer, for the first in line. */
  #arm(): void {
    this.#clock.clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#waiting.size === 0) return;
    const missing = ((1 - this.#tokens) / this.#rate) * 1000;
    const wait = Math.min(Math.max(1, Math.ceil(missing - ROUNDING)), LONGEST_TIMER);
    this.#timer = this.#clock.setTimeout(() => {
      this.#refill();
      this.#serve();
    }, wait);
  }
}

/** Node's timers hold no more than 31 bits. */
const LONGEST_TIMER = 2 ** 31 - 1;

/** The rate, or `INVALID_OPTION`. */
export function checkedRate(rate: number): number {
  if (rate >= 0 && rate < Infinity) return rate;
  throw new SmppError(
    'INVALID_OPTION',
    `The rate must be 0 (no limit) or more segments per second, not ${rate}.`,
  );
}
