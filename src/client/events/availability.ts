import type { Clock, TimerHandle } from '../../clock';

/** Milliseconds without a failure. */
const QUIET = 10_000;

/**
 * Whether the store can be written, from how each try went. On a disk that is full some tries succeed, for what is
 * sent makes room for a few: it is back only when nothing has failed for a while, so that it is not told of each.
 */
export class Availability {
  readonly #clock: Clock;
  readonly #tell: (failure: unknown, isEngine: boolean) => void;
  #away = false;
  /** As its engine says, which alone knows when that is over. */
  #engineAway = false;
  #stopped = false;
  #failedAt = 0;
  /** While it seems to be back. */
  #timer: TimerHandle;

  /** `tell` hears why it is away, and undefined when it is back; `isEngine`: as its server said. */
  constructor(clock: Clock, tell: (failure: unknown, isEngine: boolean) => void) {
    this.#clock = clock;
    this.#tell = tell;
  }

  /** `failure` is why it failed; undefined: it did not. */
  tried(failure: unknown): void {
    if (this.#stopped || this.#engineAway) return;
    if (failure === undefined) this.#succeeded();
    else this.#failed(failure);
  }

  /** The server behind it does not answer, and why; undefined: it answers again, and there is nothing to wait for. */
  engine(failure: unknown): void {
    if (this.#stopped || (failure !== undefined) === this.#engineAway) return;
    this.#engineAway = failure !== undefined;
    this.#clock.clearTimeout(this.#timer);
    this.#timer = undefined;
    const wasAway = this.#away;
    this.#away = failure !== undefined;
    if (wasAway !== this.#away) this.#tell(failure, true);
  }

  get isAway(): boolean {
    return this.#away;
  }

  #failed(failure: unknown): void {
    this.#failedAt = this.#clock.monotonic();
    this.#clock.clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#away) return;
    this.#away = true;
    this.#tell(failure, false);
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
    this.#tell(undefined, false);
  }

  stop(): void {
    this.#stopped = true;
    this.#clock.clearTimeout(this.#timer);
  }
}
