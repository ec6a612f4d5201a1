/** Parts that the window is cut into: what is older than the window goes by as much at a time. */
const SLOTS = 12;

/** Counts in columns, of the last `window` milliseconds; times are monotonic milliseconds that never go back. */
export class SlidingCounts {
  readonly #width: number;
  readonly #slotLength: number;
  readonly #counts: Uint32Array;
  #slot = -Infinity;

  constructor(width: number, window: number) {
    this.#width = width;
    this.#slotLength = window / SLOTS;
    this.#counts = new Uint32Array(width * SLOTS);
  }

  add(column: number, now: number): void {
    this.#advance(now);
    const at = (this.#slot % SLOTS) * this.#width + column;
    this.#counts[at] = (this.#counts[at] as number) + 1;
  }

  /** By column. */
  sums(now: number): number[] {
    this.#advance(now);
    const sums = new Array<number>(this.#width).fill(0);
    for (let at = 0; at < this.#counts.length; at++)
      sums[at % this.#width] = (sums[at % this.#width] as number) + (this.#counts[at] as number);
    return sums;
  }

  /** Clears the slots that have begun since. */
  #advance(now: number): void {
    const slot = Math.floor(now / this.#slotLength);
    for (let next = Math.max(this.#slot + 1, slot - SLOTS + 1); next <= slot; next++) {
      const start = (next % SLOTS) * this.#width;
      this.#counts.fill(0, start, start + this.#width);
    }
    this.#slot = Math.max(this.#slot, slot);
  }
}
