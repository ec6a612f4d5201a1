import type { Clock, TimerHandle } from '../../../clock';
import { onAbort } from '../../../waiting';
import { Fifo } from '../../../collections';
import type { Batch } from '../../base-queue';

/** What became of a try to add a batch: the ids, or how many messages there are already. */
export type Added = { readonly ids: string[] } | { readonly used: number };

interface Waiter {
  readonly batch: Batch;
  readonly signal: AbortSignal | undefined;
  readonly resolve: (ids: string[]) => void;
  readonly reject: (error: unknown) => void;
  isOver: boolean;
}

/** Milliseconds after which it is tried again, as other instances make room without telling. */
const POLL = 250;

/** Batches that wait for room, let in by their order: the first is tried whenever there may be some. */
export class BlockedEnqueues {
  readonly #clock: Clock;
  /** Tries to add the first of those who wait. */
  readonly #add: (batch: Batch) => Promise<Added>;
  readonly #waiting = new Fifo<Waiter>();
  #isTrying = false;
  #isWoken = false;
  #timer: TimerHandle;

  constructor(clock: Clock, add: (batch: Batch) => Promise<Added>) {
    this.#clock = clock;
    this.#add = add;
  }

  /** Whether somebody waits, so that nobody may go in before. */
  get hasWaiting(): boolean {
    return this.#head !== undefined;
  }

  wait(batch: Batch, signal: AbortSignal | undefined): Promise<string[]> {
    return new Promise((resolve, reject) => {
      const waiter: Waiter = {
        batch,
        signal,
        isOver: false,
        resolve: (ids) => (off?.(), resolve(ids)),
        // As it is.
        // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- whoever calls gets what was given
        reject: (error) => (off?.(), reject(error)),
      };
      const off = signal && onAbort(signal, () => this.#giveUp(waiter, signal));
      this.#waiting.push(waiter);
      if (!this.#isTrying) this.#arm();
    });
  }

  /** There may be room now. */
  admit(): void {
    this.#isWoken = true;
    if (!this.#isTrying && this.#head) void this.#try();
  }

  close(error: unknown): void {
    this.#clock.clearTimeout(this.#timer);
    for (let head = this.#head; head; head = this.#head) {
      head.isOver = true;
      head.reject(error);
    }
  }

  get #head(): Waiter | undefined {
    for (let head = this.#waiting.peek(); head; head = this.#waiting.peek()) {
      if (!head.isOver) return head;
      this.#waiting.shift();
    }
    return undefined;
  }

  /** While it is being tried it may be too late: then what comes of it decides. */
  #giveUp(waiter: Waiter, signal: AbortSignal): void {
    if (waiter.isOver || (this.#isTrying && waiter === this.#head)) return;
    waiter.isOver = true;
    waiter.reject(signal.reason);
  }

  #arm(): void {
    this.#clock.clearTimeout(this.#timer);
    this.#timer = this.#clock.setTimeout(() => this.admit(), POLL);
  }

  async #try(): Promise<void> {
    this.#isTrying = true;
    this.#clock.clearTimeout(this.#timer);
    for (let head = this.#head; head; head = this.#head) {
      this.#isWoken = false;
      const isIn = await this.#tryOne(head);
      if (!isIn && !this.#isWoken) break;
    }
    this.#isTrying = false;
    if (this.#head) this.#arm();
  }

  async #tryOne(head: Waiter): Promise<boolean> {
    try {
      const added = await this.#add(head.batch);
      if (head.isOver) return true;
      if ('ids' in added) {
        head.isOver = true;
        head.resolve(added.ids);
        return true;
      }
      if (!head.signal?.aborted) return false;
      head.isOver = true;
      head.reject(head.signal.reason);
      return true;
    } catch (error) {
      if (!head.isOver) head.reject(error);
      head.isOver = true;
      return true;
    }
  }
}
