import type { Clock } from '../clock';

/** Times of what a late response took that the next ones get. */
const HEADROOM = 1.5;
/** Longest time-out, in multiples of what was set. */
const MOST = 10;
/** The same, without a late response that shows the need. */
const MOST_GUESSED = 4;
/** Milliseconds without a slow response after which it is as it was set. */
const FORGET_AFTER = 600_000;

/** The peer was found to be slow, or is no more. */
export interface ResponseTimeChange {
  /** How long responses are waited for from now on; milliseconds. */
  readonly timeout: number;
  /** What the late response took; milliseconds. Absent: the peer is slow no more. */
  readonly took?: number;
}

export interface ResponseTimeOptions {
  /** Told when the peer proves slow, and when it is so no more; not of each step. */
  readonly told?: (change: ResponseTimeChange) => void;
  /** Whether it grows while the session lasts, when two responses in a row do not come. */
  readonly guesses?: boolean;
  /** Milliseconds without a slow response until it is as it was set; 0: the first that comes in time is enough. */
  readonly forgetAfter?: number;
}

/**
 * How long a response is waited for: as long as was set, or longer where the peer was found to be slower.
 *
 * ```
 * a response came late           half as long again as it took, up to ten times what was set
 * none came, the session ended   twice as long, up to four times: what is late cannot come over the next connection
 * one came in time               as it was set, ten minutes after the last slow one; a guess is given up at once
 * ```
 *
 * Shared by the sessions of a connection, so that the next one need not learn it again.
 */
export class ResponseTime {
  /** What was set; milliseconds. */
  readonly base: number;
  readonly #clock: Pick<Clock, 'monotonic'>;
  readonly #told: (change: ResponseTimeChange) => void;
  readonly #forgetAfter: number;
  readonly #guesses: boolean;
  #timeout: number;
  /** When the last slow response came; undefined: there was none, or none for long. */
  #slowAt: number | undefined;
  #isTold = false;

  constructor(base: number, clock: Pick<Clock, 'monotonic'>, options: ResponseTimeOptions = {}) {
    this.base = base;
    this.#timeout = base;
    this.#clock = clock;
    this.#told = options.told ?? (() => undefined);
    this.#guesses = options.guesses ?? false;
    this.#forgetAfter = options.forgetAfter ?? FORGET_AFTER;
  }

  /** Milliseconds. */
  get timeout(): number {
    return this.#timeout;
  }

  /** How long a response may take until nobody reckons with it any more. */
  get longest(): number {
    return this.base * MOST;
  }

  /** Whether it is longer than was set. */
  get isLonger(): boolean {
    return this.#timeout > this.base;
  }

  /** A response came to what was sent at `sentAt`; to be told of the late ones, and of all while it {@link isLonger}. */
  came(sentAt: number): void {
    const now = this.#clock.monotonic();
    const took = now - sentAt;
    if (took > this.base) this.#slow(took, now);
    else if (this.isLonger && now - (this.#slowAt ?? -Infinity) >= this.#forgetAfter) this.#forget();
  }

  /** No response came for as long as the session was kept. */
  silent(): void {
    this.#timeout = Math.max(this.#timeout, Math.min(this.#timeout * 2, this.base * MOST_GUESSED));
  }

  /** So many responses in a row did not come, and another request is to go out. */
  missing(inARow: number): void {
    if (this.#guesses && inARow === 2) this.silent();
  }

  #slow(took: number, now: number): void {
    this.#slowAt = now;
    this.#timeout = Math.max(this.#timeout, Math.min(took * HEADROOM, this.longest));
    if (this.#isTold) return;
    this.#isTold = true;
    this.#told({ timeout: this.#timeout, took });
  }

  #forget(): void {
    this.#timeout = this.base;
    this.#slowAt = undefined;
    if (!this.#isTold) return;
    this.#isTold = false;
    this.#told({ timeout: this.base });
  }
}

/** What a session waits for, each kind by its own measure. */
export interface ResponseTimes {
  readonly requests: ResponseTime;
  readonly enquiries: ResponseTime;
}

/** `told` hears of requests alone. An enquire_link that is answered in time proves at once that the peer is well. */
export function responseTimes(
  base: number,
  clock: Pick<Clock, 'monotonic'>,
  told?: ResponseTimeOptions['told'],
): ResponseTimes {
  return {
    requests: new ResponseTime(base, clock, told ? { told, guesses: true } : {}),
    enquiries: new ResponseTime(base, clock, { forgetAfter: 0 }),
  };
}
