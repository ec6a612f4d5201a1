import type { Clock } from '../clock';

/** The silence after a throttled answer: measured from the latest of them. */
export class Pause {
  readonly #clock: Pick<Clock, 'monotonic'>;
  readonly #ms: number;
  #until = -Infinity;

  constructor(seconds: number, clock: Pick<Clock, 'monotonic'>) {
    this.#ms = seconds * 1000;
    this.#clock = clock;
  }

  begin(): void {
    this.#until = this.#clock.monotonic() + this.#ms;
  }

  get active(): boolean {
    return this.#clock.monotonic() < this.#until;
  }

  /** Seconds; 0 when it is over. */
  get remaining(): number {
    return Math.max(0, this.#until - this.#clock.monotonic()) / 1000;
  }
}
