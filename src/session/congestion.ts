/** SMPP 5.0 section 4.8.4.18: 80 to 89 is the optimum, 90 to 100 congestion; above is reserved. */
const OPTIMUM = 80;
const CONGESTED = 90;
const HIGHEST = 100;
const SHRINK_TO = 0.75;

/**
 * How much of its window a session uses, by the congestion_state in the responses of the SMSC.
 *
 * ```
 * below 80, or nothing said   one more, up to the window's size
 * 80 … 89                     stay
 * 90 … 100                    three quarters, at least one
 * ```
 *
 * After each change as many responses as were on their way are let pass, for they tell of the time before it: so it
 * changes at most once per round trip.
 */
export class Congestion {
  #limit: number;
  #size: number;
  #toIgnore = 0;
  #state: number | undefined;

  constructor(limit: number) {
    this.#limit = limit;
    this.#size = limit;
  }

  /** Requests that may be outstanding now. */
  get size(): number {
    return this.#size;
  }

  /** The last congestion_state. */
  get state(): number | undefined {
    return this.#state;
  }

  /** Whether fewer are outstanding than the window would allow. */
  get isReduced(): boolean {
    return this.#size < this.#limit;
  }

  resize(limit: number): void {
    this.#size = this.#size === this.#limit ? limit : Math.min(this.#size, limit);
    this.#limit = limit;
  }

  /** Takes the congestion_state of a response, if it has one. Returns whether the size has changed. */
  heard(state: number | undefined): boolean {
    if (state !== undefined) this.#state = state;
    if (this.#size === this.#limit && (state === undefined || state < CONGESTED)) return false;
    if (this.#toIgnore > 0) {
      this.#toIgnore--;
      return false;
    }
    const before = this.#size;
    if (state === undefined || state < OPTIMUM) this.#size = Math.min(this.#limit, before + 1);
    else if (state >= CONGESTED && state <= HIGHEST)
      this.#size = Math.min(before, Math.max(1, Math.floor(before * SHRINK_TO)));
    if (this.#size === before) return false;
    this.#toIgnore = before;
    return true;
  }
}
