import { inSeconds, type Clock, type TimerHandle } from '../../clock';
import type { AdjustableLimiter, CompositeLimiter } from '../../flow-control';
import type { Log, LogLine } from '../../observability';

export interface PaceLogParts {
  readonly log: Log;
  readonly clock: Clock;
  readonly limiter: Pick<CompositeLimiter, 'wish' | 'effectiveRate'>;
  /** The limiter, where its rate is known. */
  readonly bucket: Pick<AdjustableLimiter, 'rate'> | undefined;
}

/** Milliseconds that are looked at together. */
const WINDOW = 10_000;
/** Waiting for longer than this part of them is being held up; less is two messages at once. */
const HELD_UP = 0.5;
const TELL_AGAIN = 60_000;

type Pace = Pick<
  Extract<LogLine, { event: 'rate_limiter'; stage: 'start' }>,
  'send_rate' | 'effective_send_rate' | 'delay' | 'duration'
>;

/** Tells when more waits to be sent than the rate limiter lets go, and when that is over. Costs what it waits, not per message. */
export class PaceLog {
  readonly #parts: PaceLogParts;
  #waiting = 0;
  #waitingSince = 0;
  /** Milliseconds with somebody waiting, in this window; and waits. */
  #waited = 0;
  #waits = 0;
  #windowFrom = 0;
  /** When it began, while sending is held up. */
  #since: number | undefined;
  #toldAt = 0;
  #timer: TimerHandle;

  constructor(parts: PaceLogParts) {
    this.#parts = parts;
  }

  /** The same promise, whose time counts as waited. */
  async during(permits: Promise<number>): Promise<number> {
    this.#begin();
    try {
      return await permits;
    } finally {
      this.#finish();
    }
  }

  stop(): void {
    this.#parts.clock.clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#since = undefined;
  }

  #begin(): void {
    const { clock } = this.#parts;
    const now = clock.monotonic();
    if (this.#waiting++ === 0) this.#waitingSince = now;
    this.#waits++;
    if (this.#timer !== undefined) return;
    this.#windowFrom = now;
    this.#timer = clock.setTimeout(() => this.#look(), WINDOW);
  }

  #finish(): void {
    if (--this.#waiting > 0) return;
    const from = Math.max(this.#waitingSince, this.#windowFrom);
    this.#waited += this.#parts.clock.monotonic() - from;
  }

  #look(): void {
    const { clock } = this.#parts;
    const now = clock.monotonic();
    const isWaiting = this.#waiting > 0;
    if (isWaiting) this.#waited += now - Math.max(this.#waitingSince, this.#windowFrom);
    const isHeldUp = this.#waited >= HELD_UP * (now - this.#windowFrom) && this.#isLimited;
    if (isHeldUp || this.#since !== undefined) this.#tell(isHeldUp, now);
    const goesOn = isWaiting || this.#waits > 0;
    this.#waited = this.#waits = 0;
    this.#windowFrom = now;
    this.#timer = goesOn ? clock.setTimeout(() => this.#look(), WINDOW) : undefined;
  }

  /** Whether it is the limiter that holds up, not what the throttle handler wishes for. */
  get #isLimited(): boolean {
    const { limiter, bucket } = this.#parts;
    return limiter.wish === undefined || limiter.wish >= (bucket?.rate || Infinity);
  }

  #tell(isHeldUp: boolean, now: number): void {
    const { log } = this.#parts;
    const isNews = isHeldUp === (this.#since === undefined);
    const isDue = isNews || now - this.#toldAt >= TELL_AGAIN;
    this.#since ??= this.#windowFrom;
    const pace = this.#pace(now - this.#since);
    if (!isHeldUp) this.#since = undefined;
    if (!isDue) return;
    this.#toldAt = now;
    const at = `${pace.effective_send_rate}/s`;
    if (!isHeldUp)
      log.info(
        { event: 'rate_limiter', stage: 'end', ...pace },
        this.#isLimited
          ? 'the rate limiter holds nothing up any more'
          : 'the throttle handler lets go less than the rate limiter now',
      );
    else if (isNews)
      log.info(
        { event: 'rate_limiter', stage: 'start', ...pace },
        `the rate limiter holds sending to ${at}: more is to go`,
      );
    else
      log.debug(
        { event: 'rate_limiter', stage: 'continues', ...pace },
        `the rate limiter still holds sending to ${at}`,
      );
  }

  #pace(lasted: number): Pace {
    const { limiter, bucket } = this.#parts;
    return {
      send_rate: bucket?.rate,
      effective_send_rate: Math.round(limiter.effectiveRate() * 100) / 100,
      delay: inSeconds(this.#waited / Math.max(1, this.#waits)),
      duration: inSeconds(lasted),
    };
  }
}
