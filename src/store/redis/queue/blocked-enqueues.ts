import type { Clock, TimerHandle } from '../../../clock';
import type { Batch } from '../../base-queue';
import { Waiters, type Waiting } from '../../waiters';

/** What became of a try to add a batch: the ids, or how many messages there are already. */
export type Added = { readonly ids: string[] } | { readonly used: number };

interface Request {
  readonly batch: Batch;
  readonly signal: AbortSignal | undefined;
}

/** Milliseconds after which it is tried again, as other instances make room without telling. */
const POLL = 250;

/** Batches that wait for room, let in by their order: the first is tried whenever there may be some. */
export class BlockedEnqueues {
  readonly #clock: Clock;
  /** Tries to add the first of those who wait. */
  readonly #add: (batch: Batch) => Promise<Added>;
  /** While one is being tried it may be too late to give up: then what comes of it decides. */
  readonly #waiting: Waiters<Request, string[]> = new Waiters(
    (request) => !this.#isTrying || request !== this.#waiting.first?.request,
  );
  #isTrying = false;
  #isWoken = false;
  #timer: TimerHandle;

  constructor(clock: Clock, add: (batch: Batch) => Promise<Added>) {
    this.#clock = clock;
    this.#add = add;
  }

  /** Whether somebody waits, so that nobody may go in before. */
  get hasWaiting(): boolean {
    return this.#waiting.length > 0;
  }

  wait(batch: Batch, signal: AbortSignal | undefined): Promise<string[]> {
    const added = this.#waiting.wait({ batch, signal }, signal);
    if (!this.#isTrying) this.#arm();
    return added;
  }

  /** There may be room now. */
  admit(): void {
    this.#isWoken = true;
    if (!this.#isTrying && this.#waiting.first) void this.#try();
  }

  close(error: unknown): void {
    this.#clock.clearTimeout(this.#timer);
    this.#waiting.rejectAll(error);
  }

  #arm(): void {
    this.#clock.clearTimeout(this.#timer);
    this.#timer = this.#clock.setTimeout(() => this.admit(), POLL);
  }

  async #try(): Promise<void> {
    this.#isTrying = true;
    this.#clock.clearTimeout(this.#timer);
    for (let head = this.#waiting.first; head; head = this.#waiting.first) {
      this.#isWoken = false;
      const isIn = await this.#tryOne(head);
      if (!isIn && !this.#isWoken) break;
    }
    this.#isTrying = false;
    if (this.#waiting.first) this.#arm();
  }

  /** Whether its turn is over. */
  async #tryOne(head: Waiting<Request, string[]>): Promise<boolean> {
    const { batch, signal } = head.request;
    try {
      const added = await this.#add(batch);
      // A close may have ended it.
      if (this.#waiting.first !== head) return true;
      if ('ids' in added) head.resolve(added.ids);
      else if (signal?.aborted) head.reject(signal.reason);
      else return false;
    } catch (error) {
      if (this.#waiting.first === head) head.reject(error);
    }
    return true;
  }
}
