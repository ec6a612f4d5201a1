import { LONGEST_TIMER, type Clock, type TimerHandle } from '../clock';
import { fits, neverFits, queueFull, storeClosed } from './errors';
import type { EnqueueOptions, Eventually, Lease, QueueItem, QueueLimits, StoreCapabilities } from './types';
import { Waiters } from './waiters';

export type Batch = { readonly items: readonly QueueItem[] } & Pick<
  EnqueueOptions,
  'states' | 'fact' | 'claims'
>;

/** What the stores of both queues can do. */
export const BUILT_IN: Omit<StoreCapabilities, 'durable'> = {
  shared: false,
  extend: false,
  delay: true,
  atomicSettle: true,
  segmentState: true,
  claims: true,
};

/**
 * What the queues in memory and on disk have in common: capacity, callers that wait for messages or for room, and
 * one timer for what is put off.
 */
export abstract class BaseQueue {
  protected readonly clock: Clock;
  protected limits: QueueLimits;
  readonly #takers = new Waiters<number, Lease[]>();
  readonly #enqueuers = new Waiters<Batch, string[]>();
  #timer: TimerHandle;
  #closed = false;

  constructor(limits: QueueLimits, clock: Clock) {
    this.limits = limits;
    this.clock = clock;
  }

  /** Messages, those leased and those that are being written included. */
  protected abstract get used(): number;
  /** Leases up to `max` messages; undefined: none is ready. */
  protected abstract leaseReady(max: number): Lease[] | undefined;
  /** Appends what fits. */
  protected abstract append(batch: Batch): Eventually<string[]>;
  /** Milliseconds until the first of those put off is due; undefined: there is none. */
  protected abstract untilDue(): number | undefined;

  protected get isClosed(): boolean {
    return this.#closed;
  }

  /** Whether somebody waits for room. */
  protected get isRoomAwaited(): boolean {
    return this.#enqueuers.length > 0;
  }

  protected check(): void {
    if (this.#closed) throw storeClosed();
  }

  /** The wait of a batch for which there is no room; undefined: it is to go on at once. */
  protected waitForRoom(
    items: readonly QueueItem[],
    { signal, states, fact, claims }: EnqueueOptions,
  ): Promise<string[]> | undefined {
    const { capacity, whenFull } = this.limits;
    if (capacity > 0 && items.length > capacity) throw neverFits(this.limits, items.length);
    // Who waits already goes first, even where this batch would fit.
    const isBlocked = this.#enqueuers.length > 0 || !fits(this.limits, this.used, items.length);
    return isBlocked && whenFull === 'wait'
      ? this.#enqueuers.wait({ items, states, fact, claims }, signal)
      : undefined;
  }

  /** How many have to be dropped for `count` more; 0 where not even that would do, for `fixed` cannot be dropped. */
  protected excess(count: number, fixed: number): number {
    const { capacity, whenFull } = this.limits;
    if (whenFull !== 'drop-oldest' || capacity === 0 || fixed + count > capacity) return 0;
    return Math.max(0, this.used + count - capacity);
  }

  protected refuseWhenFull(count: number): void {
    const full = queueFull(this.limits, this.used, count);
    if (full) throw full;
  }

  /** Lets batches in that wait for room, in their order. */
  protected admit(): void {
    if (this.#enqueuers.length === 0) return;
    this.#enqueuers.serve((batch) =>
      fits(this.limits, this.used, batch.items.length) ? this.append(batch) : undefined,
    );
  }

  protected leaseOrWait(max: number, signal: AbortSignal): Eventually<Lease[]> {
    signal.throwIfAborted();
    // Who waits already has had all there is: nothing is taken from before them.
    const leases = this.#takers.length === 0 ? this.leaseReady(max) : undefined;
    if (leases) return leases;
    const taken = this.#takers.wait(max, signal);
    this.#arm();
    return taken;
  }

  /** Serves callers that wait for messages. */
  protected serveTakers(): void {
    if (this.#takers.length === 0) return;
    this.#takers.serve((max) => this.leaseReady(max));
    this.#arm();
  }

  protected rejectTakers(error: unknown): void {
    this.#takers.rejectAll(error);
  }

  /** One timer for the earliest delayed message, and only while somebody waits for it. */
  #arm(): void {
    this.clock.clearTimeout(this.#timer);
    this.#timer = undefined;
    const pause = this.#takers.length === 0 ? undefined : this.untilDue();
    if (pause === undefined) return;
    const sleep = Math.ceil(Math.max(0, Math.min(pause, LONGEST_TIMER)));
    this.#timer = this.clock.setTimeout(() => this.serveTakers(), sleep);
  }

  /** From now on all is refused, also to those who wait. */
  protected end(): void {
    this.#closed = true;
    this.clock.clearTimeout(this.#timer);
    this.#takers.rejectAll(storeClosed());
    this.#enqueuers.rejectAll(storeClosed());
  }
}
