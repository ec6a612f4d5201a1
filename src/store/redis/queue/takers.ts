import type { Clock, TimerHandle } from '../../../clock';
import type { BlockingCalls } from '../connection/calls';
import { EVENTS, STREAMS, type Keys } from '../connection/keys';
import { Waiters } from '../../waiters';
import type { RedisLease } from './lease';

/** What one try to lease gave. */
export interface LeaseAttempt {
  readonly leases: RedisLease[];
  /** Where there are none: milliseconds until something may be ready by itself. */
  readonly wait?: number;
  /** The ids behind which something new would stand, of the streams and the events. */
  readonly seen?: readonly string[];
}

export interface TakersOptions {
  readonly clock: Clock;
  readonly keys: Keys;
  readonly blocking: BlockingCalls;
  /** Leases up to `max`; its script is sent before it returns. */
  lease(max: number): Promise<LeaseAttempt>;
  /** Gives back what nobody waits for any more. */
  release(leases: readonly RedisLease[]): void;
}

/** Milliseconds for which the server holds a read. */
const BLOCK = 5000;

/**
 * Callers that wait for messages, served in their order, one try at a time. Between tries a read waits at the server for
 * new entries, which it does not lease, so whoever gives up loses nothing.
 */
export class Takers {
  readonly #options: TakersOptions;
  readonly #waiting = new Waiters<number, RedisLease[]>();
  #isServing = false;
  #isWoken = false;
  #isWatching = false;
  #seen: readonly string[] = [];
  #timer: TimerHandle;
  #closed = false;

  constructor(options: TakersOptions) {
    this.#options = options;
  }

  take(max: number, signal: AbortSignal): Promise<RedisLease[]> {
    signal.throwIfAborted();
    const taken = this.#waiting.wait(max, signal);
    if (!this.#isServing) void this.#serve();
    return taken;
  }

  /** Something may be ready. */
  wake(): void {
    this.#isWoken = true;
    if (!this.#isServing && this.#waiting.first) void this.#serve();
  }

  close(error: unknown): void {
    this.#closed = true;
    this.#options.clock.clearTimeout(this.#timer);
    this.#options.blocking.close();
    this.#waiting.rejectAll(error);
  }

  async #serve(): Promise<void> {
    this.#isServing = true;
    this.#options.clock.clearTimeout(this.#timer);
    for (let head = this.#waiting.first; head && !this.#closed; head = this.#waiting.first) {
      this.#isWoken = false;
      try {
        const offer = await this.#options.lease(head.request);
        if (offer.leases.length > 0) this.#hand(offer.leases);
        else if (!this.#isWoken) {
          this.#rest(offer);
          break;
        }
      } catch (error) {
        this.#waiting.rejectAll(error);
      }
    }
    this.#isServing = false;
  }

  /** To those who wait, in their order; whoever was meant may have given up. */
  #hand(leases: RedisLease[]): void {
    let left = leases;
    for (let head = this.#waiting.first; head && left.length > 0; head = this.#waiting.first) {
      const some = left.slice(0, head.request);
      left = left.slice(some.length);
      head.resolve(some);
    }
    if (left.length > 0) this.#options.release(left);
  }

  #rest({ wait = BLOCK, seen }: LeaseAttempt): void {
    if (seen) this.#seen = seen;
    if (!this.#waiting.first) return;
    this.#timer = this.#options.clock.setTimeout(() => this.wake(), wait);
    if (!this.#isWatching) void this.#watch();
  }

  async #watch(): Promise<void> {
    this.#isWatching = true;
    const { blocking, keys } = this.#options;
    const names = [...STREAMS, EVENTS].map((name) => keys.of(name));
    try {
      while (this.#waiting.first && !this.#closed && this.#seen.length > 0) {
        const seen = this.#seen;
        const found = await blocking.command([
          'XREAD',
          'COUNT',
          1,
          'BLOCK',
          BLOCK,
          'STREAMS',
          ...names,
          ...seen,
        ]);
        if (!found) continue;
        this.wake();
        // The next try tells what is there by then.
        if (this.#seen === seen) this.#seen = [];
      }
    } catch {
      // Whoever takes hears of it, and the timer tries again.
    }
    this.#isWatching = false;
  }
}
