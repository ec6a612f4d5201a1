import { LONGEST_TIMER, type Clock, type TimerHandle } from '../clock';
import { waitForPermits, type PermitWaiter } from './permit-waiters';
import { RateMeter } from './rate-meter';
import { checkedRate } from './token-bucket';
import type { RateLimiter } from './types';

/** What a common bucket gives. */
export interface Draw {
  /** Permits that are this process's, to be used when `waitMs` are over; 0: none, ask again then. */
  readonly granted: number;
  readonly waitMs: number;
  /** Segments per second that the bucket has by now; 0: no limit. Absent: as it was. */
  readonly rate?: number;
}

/** A bucket that several processes draw from. Every call may reject while it cannot be reached. */
export interface SharedPermits {
  /** At most `max` permits; `rate` is for a bucket that knows none yet. */
  draw(max: number, rate: number): Promise<Draw>;
  giveBack(count: number): Promise<unknown>;
  setRate(rate: number): Promise<unknown>;
  /** Nobody draws anything for so many seconds. */
  calm(seconds: number): Promise<unknown>;
}

export interface SharedBucketOptions {
  readonly permits: SharedPermits;
  /** Segments per second; 0: no limit. Becomes that of all. Absent: nothing is granted before {@link SharedBucket.setRate}. */
  readonly rate?: number | undefined;
  readonly clock: Clock;
  /** The common bucket cannot be reached, or refuses: told once until it answers again. */
  readonly onFailure?: ((error: unknown) => void) | undefined;
}

/** Permits asked for at once, however many wait. */
const MOST_AT_ONCE = 10_000;
/** Milliseconds between attempts while the common bucket cannot be reached. */
const FIRST_RETRY = 100;
const LAST_RETRY = 2000;

/**
 * A rate that several processes keep together: permits come from a bucket that all draw from, one draw at a time and
 * no more than is asked for here. While that bucket cannot be reached everybody waits: nothing is granted unpoliced.
 * Those who wait are served in the order in which they came. Without a limit no draw is made.
 */
export class SharedBucket implements RateLimiter {
  readonly #permits: SharedPermits;
  readonly #clock: Clock;
  readonly #meter: RateMeter;
  readonly #waiting = new Set<PermitWaiter>();
  readonly #calmHandlers: ((seconds: number) => void)[] = [];
  #rate = 0;
  #hasRate = false;
  /** Counts the changes of the rate: a draw that was made before one says nothing about it. */
  #changes = 0;
  /** The rate is not known to the common bucket yet. */
  #isUntold = false;
  #isTelling = false;
  #retelling: TimerHandle;
  #isDrawing = false;
  #isClosed = false;
  /** Drawn, and not to be used before the timer fires. */
  #held = 0;
  #timer: TimerHandle;
  /** Monotonic milliseconds. */
  #pausedUntil = -Infinity;
  #retry = FIRST_RETRY;
  readonly #onFailure: ((error: unknown) => void) | undefined;

  constructor({ permits, rate, clock, onFailure }: SharedBucketOptions) {
    this.#onFailure = onFailure;
    this.#permits = permits;
    this.#clock = clock;
    this.#meter = new RateMeter(5, clock);
    if (rate !== undefined) this.setRate(rate);
  }

  acquire(max: number, { signal }: { signal: AbortSignal }): number | Promise<number> {
    signal.throwIfAborted();
    const wanted = Math.max(1, max);
    const isFree = this.#hasRate && this.#rate === 0 && this.#pause <= 0 && this.#waiting.size === 0;
    if (!isFree) return this.#wait(wanted, signal);
    this.#meter.add(wanted);
    return wanted;
  }

  giveBack(count: number): void {
    if (count <= 0) return;
    this.#meter.add(-count);
    this.#return(count);
  }

  /** A new rate for all, here at once also for those who wait. Told again until the common bucket has it. */
  setRate(rate: number): void {
    const checked = checkedRate(rate);
    this.#hasRate = true;
    this.#change(checked);
    this.#tellRate();
  }

  get rate(): number {
    return this.#rate;
  }

  /** The SMSC has just asked for less: nobody, in any process, gets a permit for so long, and then at most one at once. */
  calm(seconds: number): void {
    this.#stop(seconds);
    void this.#permits.calm(seconds).catch(() => undefined);
  }

  /** From now on told of every {@link heardCalm}. */
  onCalm(handler: (seconds: number) => void): void {
    this.#calmHandlers.push(handler);
  }

  /** Another process called {@link calm}. */
  heardCalm(seconds: number): void {
    this.#stop(seconds);
    for (const handler of this.#calmHandlers) handler(seconds);
  }

  /** Another process called {@link setRate}; not told to anybody. Passed over while a rate set here is not told yet. */
  heardRate(rate: number): void {
    if (!this.#hasRate || this.#isUntold || rate === this.#rate || !(rate >= 0 && rate < Infinity)) return;
    this.#change(rate);
  }

  /** Segments per second that were granted here and not given back, over the last five seconds. */
  effectiveRate(): number {
    return this.#meter.rate();
  }

  /** No more draws; what was drawn and not used goes back. Whoever waits, waits for its signal. */
  close(): void {
    this.#isClosed = true;
    this.#clock.clearTimeout(this.#retelling);
    this.#drop();
  }

  /** Milliseconds. */
  get #pause(): number {
    return this.#pausedUntil - this.#clock.monotonic();
  }

  #stop(seconds: number): void {
    this.#pausedUntil = Math.max(this.#pausedUntil, this.#clock.monotonic() + seconds * 1000);
    this.#drop();
    this.#run();
  }

  #change(rate: number): void {
    this.#rate = rate;
    this.#changes++;
    this.#drop();
    this.#run();
  }

  #wait(max: number, signal: AbortSignal): Promise<number> {
    const granted = waitForPermits(this.#waiting, max, signal, () => {
      if (this.#waiting.size === 0) this.#drop();
    });
    this.#run();
    return granted;
  }

  /** Does what is next for those who wait, unless something is under way. */
  #run(): void {
    if (this.#isClosed || this.#isDrawing || this.#timer !== undefined || this.#waiting.size === 0) return;
    if (!this.#hasRate) return;
    const pause = this.#pause;
    if (pause > 0) this.#after(pause, () => this.#run());
    else if (this.#rate === 0) this.#serve(Infinity);
    // The common bucket may have another's rate, or none at all.
    else if (!this.#isUntold) void this.#draw();
  }

  async #draw(): Promise<void> {
    let wanted = 0;
    for (const { max } of this.#waiting) if ((wanted += max) >= MOST_AT_ONCE) break;
    const changes = this.#changes;
    this.#isDrawing = true;
    let draw: Draw | undefined;
    try {
      draw = await this.#permits.draw(Math.min(wanted, MOST_AT_ONCE), this.#rate);
    } catch (error) {
      this.#failed(error);
    }
    this.#isDrawing = false;
    if (!draw) {
      if (!this.#isClosed && this.#waiting.size > 0) this.#after(this.#nextRetry(), () => this.#run());
    } else this.#drawn(draw, changes === this.#changes);
  }

  #drawn({ granted, waitMs, rate = this.#rate }: Draw, isLatest: boolean): void {
    this.#retry = FIRST_RETRY;
    if (isLatest && rate !== this.#rate) this.#rate = rate;
    if (this.#isClosed || !isLatest || this.#pause > 0 || this.#waiting.size === 0) {
      this.#return(granted);
      return this.#run();
    }
    if (granted > 0 && waitMs <= 0) return this.#serve(granted);
    this.#held = granted;
    this.#after(waitMs, () => this.#serve(this.#held));
  }

  #serve(permits: number): void {
    this.#held = 0;
    let left = permits;
    for (const waiter of this.#waiting) {
      if (left <= 0) break;
      const granted = Math.min(waiter.max, left);
      left -= granted;
      this.#meter.add(granted);
      waiter.grant(granted);
    }
    if (left > 0 && left < Infinity) this.#return(left);
    this.#run();
  }

  /** Nobody is to have what was drawn for later. */
  #drop(): void {
    this.#clock.clearTimeout(this.#timer);
    this.#timer = undefined;
    const held = this.#held;
    this.#held = 0;
    this.#return(held);
  }

  #return(count: number): void {
    // Lost where the bucket is away: then a little less is sent than could be.
    if (count > 0 && this.#rate > 0) void this.#permits.giveBack(count).catch(() => undefined);
  }

  #tellRate(): void {
    this.#isUntold = true;
    if (!this.#isTelling) void this.#tell();
  }

  async #tell(): Promise<void> {
    this.#isTelling = true;
    const changes = this.#changes;
    try {
      await this.#permits.setRate(this.#rate);
      this.#retry = FIRST_RETRY;
      this.#isTelling = false;
      this.#isUntold = changes !== this.#changes;
      if (this.#isUntold) return this.#tellRate();
      this.#run();
    } catch (error) {
      if (this.#isClosed) return;
      this.#failed(error);
      this.#retelling = this.#clock.setTimeout(() => void this.#tell(), this.#nextRetry());
    }
  }

  #failed(error: unknown): void {
    if (this.#retry === FIRST_RETRY && !this.#isClosed) this.#onFailure?.(error);
  }

  #nextRetry(): number {
    const retry = this.#retry;
    this.#retry = Math.min(2 * retry, LAST_RETRY);
    return retry;
  }

  #after(ms: number, callback: () => void): void {
    this.#timer = this.#clock.setTimeout(
      () => {
        this.#timer = undefined;
        callback();
      },
      Math.min(Math.max(1, Math.ceil(ms)), LONGEST_TIMER),
    );
  }
}
