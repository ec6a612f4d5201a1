import type { Clock, TimerHandle } from '../../clock';
import { LinkedMap } from '../../collections';

/** Of a dialogue that is open. */
export interface Deadline {
  readonly number: string;
  /** Monotonic milliseconds. */
  readonly dueAt: number;
}

/** Beyond that the oldest ends. With addresses and codes as long as they may be, they take 20 MiB of the store. */
const MOST = 20_000;

/** When open dialogues are over, the one that is due first in front: all have the same time. */
export class Deadlines {
  readonly #clock: Clock;
  readonly #over: (id: string, deadline: Deadline, why: 'timeout' | 'room') => void;
  readonly #open = new LinkedMap<string, Deadline>();
  readonly #most: number;
  #isClosed = false;
  #timer: TimerHandle;

  /** `over` is told of each that is due, or must make room for a newer one, and that has left by then. */
  constructor(
    clock: Clock,
    over: (id: string, deadline: Deadline, why: 'timeout' | 'room') => void,
    most = MOST,
  ) {
    this.#clock = clock;
    this.#over = over;
    this.#most = most;
  }

  get size(): number {
    return this.#open.size;
  }

  has(id: string): boolean {
    return this.#open.has(id);
  }

  /** `wait`: milliseconds from now. */
  set(id: string, number: string, wait: number): void {
    this.#open.set(id, { number, dueAt: this.#clock.monotonic() + wait });
    for (let { oldest } = this.#open; oldest && this.#open.size > this.#most; { oldest } = this.#open) {
      this.#open.delete(oldest[0]);
      this.#over(...oldest, 'room');
    }
    this.#arm();
  }

  delete(id: string): boolean {
    const isThere = this.#open.delete(id);
    if (this.#open.size === 0) this.stop();
    return isThere;
  }

  stop(): void {
    this.#clock.clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  /** As {@link stop}, for good. */
  close(): void {
    this.#isClosed = true;
    this.stop();
  }

  #arm(): void {
    const { oldest } = this.#open;
    if (this.#timer !== undefined || !oldest || this.#isClosed) return;
    const wait = Math.max(0, oldest[1].dueAt - this.#clock.monotonic());
    this.#timer = this.#clock.setTimeout(() => this.#look(), wait);
  }

  #look(): void {
    this.#timer = undefined;
    // Timers may fire a fraction of a millisecond early.
    const now = this.#clock.monotonic() + 1;
    for (let { oldest } = this.#open; oldest && oldest[1].dueAt <= now; { oldest } = this.#open) {
      this.#open.delete(oldest[0]);
      this.#over(...oldest, 'timeout');
    }
    this.#arm();
  }
}
