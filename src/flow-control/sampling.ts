import { systemClock, type Clock } from '../clock';
import { Pause } from './pause';
import type { ThrottleCounts, ThrottleHandler } from './types';

/** How {@link SamplingThrottleHandler} behaves. */
export interface SamplingOptions {
  /** Seconds after which counting starts anew; default 180. */
  readonly samplingPeriod?: number;
  /** Answers below which nothing is concluded; default 50. */
  readonly sampleSize?: number;
  /** Percent of throttled answers above which nothing is sent; default 1. */
  readonly denyRequestAt?: number;
  /** Seconds of silence after a throttled answer, and between two askings; default 3. */
  readonly throttleWait?: number;
  /** Default {@link systemClock}. */
  readonly clock?: Pick<Clock, 'monotonic'>;
}

/**
 * naz's way: nothing is sent while more than `denyRequestAt` percent of the
 * answers of this period were throttled. Beyond naz, the first throttled answer
 * already pauses for `throttleWait`, not only the one in a hundred.
 */
export class SamplingThrottleHandler implements ThrottleHandler {
  readonly #clock: Pick<Clock, 'monotonic'>;
  readonly #pause: Pause;
  readonly #period: number;
  readonly #sampleSize: number;
  readonly #denyAt: number;
  readonly #wait: number;
  #startedAt: number;
  #throttled = 0;
  #total = 0;

  constructor(options: SamplingOptions = {}) {
    const {
      samplingPeriod = 180,
      sampleSize = 50,
      denyRequestAt = 1,
      throttleWait = 3,
      clock = systemClock,
    } = options;
    this.#clock = clock;
    this.#pause = new Pause(throttleWait, clock);
    this.#period = samplingPeriod * 1000;
    this.#sampleSize = sampleSize;
    this.#denyAt = denyRequestAt;
    this.#wait = throttleWait;
    this.#startedAt = clock.monotonic();
  }

  throttled(): void {
    this.#startAnewWhenOver();
    this.#throttled++;
    this.#total++;
    this.#pause.begin();
  }

  notThrottled(): void {
    this.#startAnewWhenOver();
    this.#total++;
  }

  /** False while too many of the last responses were refusals. */
  allowRequest(): boolean {
    this.#startAnewWhenOver();
    return !this.#pause.active && this.#percent() <= this.#denyAt;
  }

  throttleDelay(): number {
    return this.#pause.active ? this.#pause.remaining : this.#wait;
  }

  counts(): ThrottleCounts {
    this.#startAnewWhenOver();
    return {
      throttled: this.#throttled,
      notThrottled: this.#total - this.#throttled,
      samplingPeriod: this.#period / 1000,
      sampleSize: this.#sampleSize,
      denyRequestAt: this.#denyAt,
    };
  }

  /** Rounded to two places, as naz does it: 1.004 % is 1 %. */
  #percent(): number {
    if (this.#total < this.#sampleSize) return 0;
    return Math.round((10_000 * this.#throttled) / this.#total) / 100;
  }

  #startAnewWhenOver(): void {
    const now = this.#clock.monotonic();
    if (now - this.#startedAt < this.#period) return;
    this.#startedAt = now;
    this.#throttled = this.#total = 0;
  }
}
