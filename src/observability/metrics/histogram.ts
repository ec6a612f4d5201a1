/** How often a duration lay within which bounds, and the sum of all. Plain numbers: observing allocates nothing. */
export class Histogram {
  /** Seconds, in ascending order; what is above the last one is counted behind it. */
  readonly bounds: readonly number[];
  /** By bound, not added up. */
  readonly counts: Float64Array;
  readonly #sum = new Float64Array(1);

  constructor(bounds: readonly number[]) {
    this.bounds = bounds;
    this.counts = new Float64Array(bounds.length + 1);
  }

  /** Seconds; below zero counts as nothing. */
  get sum(): number {
    return this.#sum[0] ?? 0;
  }

  /** Counts one value, in seconds. */
  observe(seconds: number): void {
    const { bounds, counts } = this;
    let at = 0;
    while (at < bounds.length && seconds > (bounds[at] as number)) at++;
    counts[at] = (counts[at] as number) + 1;
    if (seconds > 0) this.#sum[0] = (this.#sum[0] as number) + seconds;
  }

  /** Adds what another one of the same bounds has counted. */
  add(other: Histogram): void {
    other.counts.forEach((count, at) => (this.counts[at] = (this.counts[at] ?? 0) + count));
    this.#sum[0] = this.sum + other.sum;
  }
}
