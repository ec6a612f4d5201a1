import type { Clock, TimerHandle } from '../clock';

/** Something that becomes due: asked for its time, not told. */
export interface Watch {
  /** Monotonic milliseconds at which {@link onDue} wants to run; undefined: not now. */
  dueAt(): number | undefined;
  /** Where it takes longer, all are asked again at its end. It must not reject. */
  onDue(now: number): void | Promise<void>;
}

/**
 * All timers of a session behind one timer of the platform.
 *
 * A deadline that only ever moves back (every PDU received moves enquire_link
 * back) costs nothing: the timer fires at the old time, asks again, and sleeps on.
 */
export class Deadlines {
  readonly #clock: Clock;
  readonly #watches: readonly Watch[];
  #timer: TimerHandle | undefined;
  #armedFor = Infinity;
  #stopped = false;

  constructor(clock: Clock, watches: readonly Watch[]) {
    this.#clock = clock;
    this.#watches = watches;
  }

  /** To be called when a deadline may have come nearer; `dueAt` in monotonic milliseconds. */
  nearer(dueAt: number): void {
    if (this.#stopped || dueAt >= this.#armedFor) return;
    this.#clock.clearTimeout(this.#timer);
    this.#armedFor = dueAt;
    this.#timer = this.#clock.setTimeout(() => this.#fire(), Math.max(0, dueAt - this.#clock.monotonic()));
  }

  /** Arms for the earliest of all. */
  start(): void {
    for (const watch of this.#watches) {
      const due = watch.dueAt();
      if (due !== undefined) this.nearer(due);
    }
  }

  stop(): void {
    this.#stopped = true;
    this.#clock.clearTimeout(this.#timer);
  }

  #fire(): void {
    this.#armedFor = Infinity;
    // Timers may fire a fraction of a millisecond early.
    const now = this.#clock.monotonic() + 1;
    for (const watch of this.#watches) {
      const due = watch.dueAt();
      if (due === undefined || due > now || this.#stopped) continue;
      const ended = watch.onDue(now);
      if (ended) void ended.then(() => this.start());
    }
    if (!this.#stopped) this.start();
  }
}
