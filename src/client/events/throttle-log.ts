import { inSeconds, type Clock, type TimerHandle } from '../../clock';
import type { ThrottleCounts } from '../../flow-control';
import type { Log } from '../../observability';

/** How sending is held back, asked whenever it is told. */
export interface Throttle {
  /** Seconds. */
  wait(): number;
  /** Segments per second from now on, where that is known. */
  rate(): number | undefined;
  isOver(): boolean;
  counts(): ThrottleCounts;
}

/** Milliseconds after the pause in which no answer may ask for less, for it to be over. */
const QUIET = 10_000;
const TELL_AGAIN = 60_000;

/**
 * Tells of a time in which the SMSC asks for less as one thing, however often it does: when it begins, once a minute
 * while it lasts, and when it is over.
 */
export class ThrottleLog {
  readonly #log: Log;
  readonly #clock: Clock;
  #throttle: Throttle | undefined;
  #before: Pick<ThrottleCounts, 'throttled' | 'notThrottled'> = { throttled: 0, notThrottled: 0 };
  #startedAt = 0;
  #toldAt = 0;
  /** When sending went on last. */
  #allowedAt = 0;
  #denied = false;
  #timer: TimerHandle;

  constructor(log: Log, clock: Clock) {
    this.#log = log;
    this.#clock = clock;
  }

  /** `status`: what the SMSC answered; undefined: it asked another instance that shares the store for less. */
  throttled(status: string | undefined, throttle: Throttle): void {
    this.#denied = true;
    if (this.#throttle) return;
    this.#throttle = throttle;
    this.#startedAt = this.#toldAt = this.#clock.monotonic();
    this.#before = { throttled: 0, notThrottled: 0 };
    const wait = inSeconds(throttle.wait() * 1000);
    const facts = { command_status: status, wait, ...this.#facts(throttle, 'deny_request') };
    const { throttled, notThrottled } = throttle.counts();
    // The answer that was just heard is the first of this time.
    this.#before = { throttled: throttled - (status === undefined ? 0 : 1), notThrottled };
    const line = { event: 'throttle', stage: 'start', ...facts } as const;
    if (status === undefined) this.#log.info(line, 'the SMSC asks another instance for less; sending pauses');
    else this.#log.warn(line, 'the SMSC asks for less; sending pauses');
    this.#lookIn(throttle.wait() * 1000);
  }

  stop(): void {
    this.#clock.clearTimeout(this.#timer);
  }

  #lookIn(ms: number): void {
    this.#timer = this.#clock.setTimeout(() => this.#look(), Math.max(1, ms));
  }

  #look(): void {
    const throttle = this.#throttle as Throttle;
    const now = this.#clock.monotonic();
    const isOver = throttle.isOver();
    if (isOver && !this.#denied) return this.#end(throttle);
    if (now - this.#toldAt >= TELL_AGAIN) this.#tell(throttle, now, isOver);
    if (!isOver) return this.#lookIn(throttle.wait() * 1000);
    this.#denied = false;
    this.#allowedAt = now;
    this.#lookIn(QUIET);
  }

  #tell(throttle: Throttle, now: number, isOver: boolean): void {
    this.#toldAt = now;
    const facts = this.#facts(throttle, isOver ? 'allow_request' : 'deny_request');
    const line = {
      event: 'throttle',
      stage: 'continues',
      duration: inSeconds(now - this.#startedAt),
      ...facts,
    } as const;
    this.#log.warn(line, `the SMSC still asks for less: in ${share(facts)}`);
  }

  #end(throttle: Throttle): void {
    this.#throttle = undefined;
    const facts = this.#facts(throttle, 'allow_request');
    const duration = inSeconds(this.#allowedAt - this.#startedAt);
    const pace = facts.rate === undefined ? '' : ` at ${facts.rate}/s`;
    this.#log.info(
      { event: 'throttle', stage: 'end', duration, ...facts },
      `sending goes on${pace}: the SMSC has not asked for less for ${QUIET / 1000} s (before that, for ${share(facts)})`,
    );
  }

  #facts(throttle: Throttle, state: string) {
    const { throttled, notThrottled, samplingPeriod, sampleSize, denyRequestAt } = throttle.counts();
    // A handler with a period of its own counts anew in each.
    const before = samplingPeriod === undefined ? this.#before : { throttled: 0, notThrottled: 0 };
    const throttle_responses = throttled - before.throttled;
    const non_throttle_responses = notThrottled - before.notThrottled;
    const all = throttle_responses + non_throttle_responses;
    const rate = throttle.rate();
    return {
      throttle_responses,
      non_throttle_responses,
      percent_throttles: all === 0 ? 0 : rounded((100 * throttle_responses) / all),
      sampling_period: samplingPeriod,
      sample_size: sampleSize,
      deny_request_at: denyRequestAt,
      state,
      rate: rate === undefined ? undefined : rounded(rate),
    };
  }
}

function share(facts: { throttle_responses: number; non_throttle_responses: number }): string {
  const { throttle_responses: throttled, non_throttle_responses: others } = facts;
  const [some, all] = [throttled, throttled + others].map((count) => count.toLocaleString('en-US'));
  return `${some} of ${all} answers`;
}

/** As much as people read. */
export const rounded = (rate: number): number => Math.round(rate * 100) / 100;
