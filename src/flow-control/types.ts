/** How fast messages may leave. Plugin type `smpp-rate-limiter`. */
export interface RateLimiter {
  /**
   * How many of `max` (≥ 1) permits are granted; a promise where it has to wait for the first of them. One permit is
   * one segment.
   */
  acquire(max: number, options: { signal: AbortSignal }): number | Promise<number>;
  /** Returns permits that were not used. */
  giveBack(count: number): void;
}

/** One whose rate can be changed while it is in use. */
export interface AdjustableLimiter extends RateLimiter {
  /** Segments per second; 0: no limit. */
  setRate(rate: number): void;
  /** What was set last. */
  readonly rate: number;
  /** The SMSC has just asked for less: there is to be no burst after a pause of so many seconds. */
  calm(seconds: number): void;
}

/** Whether messages may leave at all, learned from the SMSC's answers. Plugin type `smpp-throttle-handler`. */
export interface ThrottleHandler {
  /** The SMSC answered ESME_RTHROTTLED or ESME_RMSGQFUL. */
  throttled(): void;
  /** The SMSC sent any other PDU. */
  notThrottled(): void;
  /** Whether anything may go now. */
  allowRequest(): boolean;
  /** Seconds to wait after a denial before asking again. */
  throttleDelay(): number;
  /** A rate in segments per second that the handler wants; undefined: no wish. */
  rate?(): number | undefined;
  /** What it has heard, for the log. */
  counts?(): ThrottleCounts;
}

/** Answers that a throttle handler has heard: in its sampling period, where it has one, else since the start. */
export interface ThrottleCounts {
  /** Responses that asked for less. */
  readonly throttled: number;
  /** All others. */
  readonly notThrottled: number;
  /** Seconds. */
  readonly samplingPeriod?: number;
  /** Responses that there must be before they count; absent: none is needed. */
  readonly sampleSize?: number;
  /** Percent. */
  readonly denyRequestAt?: number;
}

/** What is there at once, or comes later. */
export type Awaitable<T> = T | PromiseLike<T>;

/**
 * A throttle handler of which any method may take its time. The road waits for `allowRequest`; where it cannot wait it
 * goes by what was answered last.
 */
export interface AsyncThrottleHandler {
  /** The SMSC answered ESME_RTHROTTLED or ESME_RMSGQFUL. */
  throttled(): Awaitable<void>;
  /** The SMSC sent any other PDU. */
  notThrottled(): Awaitable<void>;
  /** Whether anything may go now. */
  allowRequest(): Awaitable<boolean>;
  /** Seconds to wait after a denial before asking again. */
  throttleDelay(): Awaitable<number>;
  /** A rate in segments per second that the handler wants; undefined: no wish. */
  rate?(): Awaitable<number | undefined>;
}
