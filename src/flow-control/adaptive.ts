import { systemClock, type Clock } from '../clock';
import { Pause } from './pause';
import { RateMeter } from './rate-meter';
import type { ThrottleCounts, ThrottleHandler } from './types';

/** How {@link AdaptiveThrottleHandler} behaves. */
export interface AdaptiveOptions {
  /** Seconds of silence after a throttled answer; default 3. */
  readonly throttleWait?: number;
  /** Default {@link systemClock}. */
  readonly clock?: Pick<Clock, 'monotonic'>;
}

/** Segments per second; it never goes lower. */
const LOWEST_RATE = 0.5;
/** Where it begins at least: a refusal after a handful of messages says little about the limit. */
const FIRST_RATE = 10;
/** What a rate is cut to, at the most and at the least. */
const DEEPEST_CUT = 0.7;
const SLIGHTEST_CUT = 0.9;
/** Where it settles: this part of the rate that was refused last. */
const PLATEAU = 0.9;
/** Seconds of sending until it is back there, and until it tries for more. */
const RECOVERY = 20;
const CONTENT = 60;
/** Growth per second while no ceiling is known. */
const SEARCH_GROWTH = 0.3;
/** A rate that is good for this many times what was refused last: the SMSC allows another today. */
const OUTGROWN = 1.5;
/** A rate above this many times what is answered is not made use of, and says nothing about the SMSC. */
const UNUSED = 1.5;
/** A longer silence between two answers is no time of sending: in seconds, or in turns of the rate if that is longer. */
const LONGEST_GAP = 1;
const LONGEST_GAP_TURNS = 2;
/** Throttled answers within this time (seconds) are of one round trip, however short the pause is. */
const ROUND_TRIP = 1;

/**
 * Finds the rate that the SMSC allows, by additive increase and
 * multiplicative decrease. It wishes for nothing until the first throttled
 * answer; each of them pauses, and cuts the rate once per pause, unless nothing was taken since the last cut.
 *
 *   rate refused ┈┈╮┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈╭┈   The steps up grow smaller towards the
 *                  │   ╭──────────────╯    plateau below the rate that was refused
 *                  │ ╭─╯                   last, and larger again after a minute
 *                  ╰─╯                     there: the SMSC may allow more today. Far above
 *                                         it, the search begins anew.
 *
 * The numbers were found by simulating SMSCs with limits of 5 to 500/s and
 * buckets from one message to five seconds' worth; see the test.
 */
export class AdaptiveThrottleHandler implements ThrottleHandler {
  readonly #clock: Pick<Clock, 'monotonic'>;
  readonly #pause: Pause;
  readonly #wait: number;
  readonly #answers: RateMeter;
  #rate: number | undefined;
  /** The rate that was refused last; undefined while one is looked for. */
  #ceiling: number | undefined;
  #cut = DEEPEST_CUT;
  /** Seconds of sending since the last cut. */
  #sendingFor = 0;
  #answeredAt: number;
  #cutAt = -Infinity;
  /** Whether the SMSC took anything since. */
  #tried = true;
  #throttled = 0;
  #notThrottled = 0;

  constructor({ throttleWait = 3, clock = systemClock }: AdaptiveOptions = {}) {
    this.#clock = clock;
    this.#wait = throttleWait;
    this.#pause = new Pause(throttleWait, clock);
    this.#answers = new RateMeter(1, clock);
    this.#answeredAt = clock.monotonic();
  }

  throttled(): void {
    this.#throttled++;
    const now = this.#clock.monotonic();
    const sameRoundTrip = this.#pause.active || now - this.#cutAt < ROUND_TRIP * 1000;
    this.#pause.begin();
    if (sameRoundTrip) return;
    this.#cutAt = now;
    if (this.#rate === undefined) this.#rate = Math.max(FIRST_RATE, this.#answers.count());
    // An SMSC that takes nothing at all is closed, and says nothing about the rate.
    else if (this.#tried) this.#cutFrom(this.#rate);
    this.#tried = false;
    this.#sendingFor = 0;
  }

  /**
   * An SMSC that saves up what is not used during the pause has given in this
   * run what it gives in run and pause together: the longer the run was, the
   * closer the rate was to the limit.
   */
  #cutFrom(rate: number): void {
    const share = this.#sendingFor / (this.#sendingFor + this.#wait);
    this.#cut = Math.min(Math.max(share, DEEPEST_CUT), SLIGHTEST_CUT);
    this.#ceiling = rate;
    this.#rate = Math.max(LOWEST_RATE, rate * this.#cut);
  }

  notThrottled(): void {
    this.#notThrottled++;
    this.#answers.add(1);
    const now = this.#clock.monotonic();
    const gap = (now - this.#answeredAt) / 1000;
    this.#answeredAt = now;
    if (this.#rate === undefined || this.#pause.active) return;
    this.#tried = true;
    if (gap > Math.max(LONGEST_GAP, LONGEST_GAP_TURNS / this.#rate)) return;
    this.#sendingFor += gap;
    if (this.#rate <= UNUSED * this.#answers.rate()) this.#rate = this.#grown(this.#rate, gap);
  }

  #grown(rate: number, gap: number): number {
    if (this.#ceiling === undefined) return rate * (1 + SEARCH_GROWTH * gap);
    const missing = Math.max(0, 1 - this.#sendingFor / RECOVERY);
    const curious = Math.max(0, this.#sendingFor / CONTENT - 1);
    const part = PLATEAU - (PLATEAU - this.#cut) * missing ** 3 + 0.1 * curious ** 3;
    if (part > OUTGROWN) this.#ceiling = undefined;
    return Math.max(rate, (this.#ceiling ?? 0) * part);
  }

  /** False while the pause after a refusal lasts. */
  allowRequest(): boolean {
    return !this.#pause.active;
  }

  throttleDelay(): number {
    return this.#pause.active ? this.#pause.remaining : this.#wait;
  }

  rate(): number | undefined {
    return this.#rate;
  }

  counts(): ThrottleCounts {
    return { throttled: this.#throttled, notThrottled: this.#notThrottled };
  }
}
