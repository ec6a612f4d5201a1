import type { Clock } from '../clock';

const SLOTS = 10;

/** How many there were per second over the last while; in constant memory. */
export class RateMeter {
  readonly #clock: Pick<Clock, 'monotonic'>;
  readonly #counts = new Array<number>(SLOTS).fill(0);
  readonly #width: number;
  readonly #startedAt: number;
  #slot: number;

  /** `seconds`: how far back it looks. */
  constructor(seconds: number, clock: Pick<Clock, 'monotonic'>) {
    this.#clock = clock;
    this.#width = (seconds * 1000) / SLOTS;
    this.#startedAt = clock.monotonic();
    this.#slot = Math.floor(this.#startedAt / this.#width);
  }

  add(count: number): void {
    this.#forget();
    const at = this.#slot % SLOTS;
    this.#counts[at] = (this.#counts[at] ?? 0) + count;
  }

  /** Per second; of a while that is shorter yet, as far as it goes. */
  rate(): number {
    this.#forget();
    const now = this.#clock.monotonic();
    const from = Math.max(this.#startedAt, (this.#slot - SLOTS + 1) * this.#width);
    return this.count() / (Math.max(now - from, this.#width) / 1000);
  }

  /** How many there were in that while. */
  count(): number {
    this.#forget();
    return Math.max(
      0,
      this.#counts.reduce((total, count) => total + count, 0),
    );
  }

  /** Empties the slots that have come round. */
  #forget(): void {
    const slot = Math.floor(this.#clock.monotonic() / this.#width);
    const first = Math.max(this.#slot + 1, slot - SLOTS + 1);
    for (let at = first; at <= slot; at++) this.#counts[at % SLOTS] = 0;
    this.#slot = slot;
  }
}
