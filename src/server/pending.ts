import type { Clock, TimerHandle } from '../clock';
import { SmppError } from '../protocol';
import type { Later } from '../session';

interface Entry {
  readonly dueAt: number;
  readonly expire: () => void;
}

interface Told<T> {
  done(value: T): void;
  failed(error: unknown): void;
  late(value: T): void;
}

/** Answers that handlers have promised. All have the same time, so the oldest is due first: one timer serves all. */
export class PendingAnswers {
  readonly #clock: Clock;
  readonly #timeout: number;
  readonly #entries = new Set<Entry>();
  #timer: TimerHandle;
  #idle: (() => void)[] = [];

  /** `timeout`: milliseconds; 0: for ever. */
  constructor(clock: Clock, timeout: number) {
    this.#clock = clock;
    this.#timeout = timeout;
  }

  get size(): number {
    return this.#entries.size;
  }

  /**
   * As the work, or fails with `ANSWER_TIMEOUT`; what comes of it then goes to `late`. Whoever waits for it is told in
   * the microtask in which the work is: what is written behind its end must not overtake it.
   */
  add<T>(work: PromiseLike<T>, late: (value: T) => void): Later<T> {
    return { then: (done, failed) => this.#follow(work, { done, failed, late }) };
  }

  #follow<T>(work: PromiseLike<T>, told: Told<T>): void {
    const seconds = this.#timeout / 1000;
    const over = (): void =>
      told.failed(new SmppError('ANSWER_TIMEOUT', `no answer within ${seconds} s; see answerTimeout`));
    const entry = { dueAt: this.#clock.monotonic() + this.#timeout, expire: over };
    this.#entries.add(entry);
    if (this.#entries.size === 1) this.#arm();
    const failed = (error: unknown): void => {
      if (this.#remove(entry)) told.failed(error);
    };
    try {
      work.then((value) => (this.#remove(entry) ? told.done(value) : told.late(value)), failed);
    } catch (error) {
      // A thenable of the caller's own: no promise throws here.
      failed(error);
    }
  }

  /** Resolves when no answer is awaited. */
  idle(): Promise<void> {
    if (this.#entries.size === 0) return Promise.resolve();
    return new Promise((resolve) => this.#idle.push(resolve));
  }

  /** Sets no timer any more: nobody waits for these answers. */
  close(): void {
    this.#clock.clearTimeout(this.#timer);
    this.#entries.clear();
    this.#tellIdle();
  }

  #remove(entry: Entry): boolean {
    const there = this.#entries.delete(entry);
    if (there && this.#entries.size === 0) {
      this.#clock.clearTimeout(this.#timer);
      this.#tellIdle();
    }
    return there;
  }

  #tellIdle(): void {
    for (const resolve of this.#idle.splice(0)) resolve();
  }

  #arm(): void {
    if (this.#timeout === 0) return;
    for (const { dueAt } of this.#entries) {
      this.#timer = this.#clock.setTimeout(
        () => this.#expire(),
        Math.max(1, dueAt - this.#clock.monotonic()),
      );
      return;
    }
  }

  #expire(): void {
    const now = this.#clock.monotonic();
    for (const entry of this.#entries) {
      if (entry.dueAt > now) break;
      this.#remove(entry);
      entry.expire();
    }
    this.#arm();
  }
}
