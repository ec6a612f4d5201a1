import type { Clock, TimerHandle } from '../../clock';

/** Milliseconds without a failure. */
const QUIET = 10_000;

/**
 * Whether the store can be written, from how each try went. On a disk that is full some tries succeed, for what is
 * sent makes room for a few: it is back only when nothing has failed for a while, so that it is not told of each.
 */
export class Availability {
  readonly #clock: Clock;
  readonly #tell: (failure: unknown) => void;
  #away = false;
  #stopped = false;
  #failedAt = 0;
  /** While it seems to be back. */
  #timer: TimerHandle;

  /** `tell` hears why it is away, and undefined when it is back. */
  constructor(clock: Clock, tell: (failure: unknown) => void) {
    this.#clock = clock;
    this.#tell = tell;
  }

  /** `failure` is why it failed; undefined: it did not. */
  tried(failure: unknown): void {
    if (this.#stopped) return;
    if (failure === undefined) this.#succeeded();
    else this.#failed(failure);
  }

  #failed(failure: unknown): void {
    this.#failedAt = this.#clock.monotonic();
    this.#clock.clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#away) return;
    this.#away = true;
    this.#tell(failure);
  }

  #succeeded(): void {
    if (!this.#away || this.#timer !== undefined) return;
    const rest = this.#failedAt + QUIET - this.#clock.monotonic();
    if (rest <= 0) return this.#back();
    this.#timer = this.#clock.setTimeout(() => this.#back(), rest);
  }

  #back(): void {
    this.#timer = undefined;
    this.#away = false;
    this.#tell(undefined);
  }

  stop(): void {
    this.#stopped = true;
    this.#clock.clearTimeout(this.#timer);
  }
}
