import type { SmppError } from '../../protocol';
import { ClaimedError, type Claim, type Eventually, type QueueItem, type Store } from '../../store';
import { untilEither } from '../../waiting';
import { isUnavailable } from '../config/errors';
import type { EventReporter } from '../events/reporter';

export interface EnqueuerParts {
  readonly reporter: EventReporter;
  readonly store: Pick<Store, 'queue'>;
  readonly capacity: number;
  /** Told of what is in the queue now. */
  readonly queued: (items: readonly QueueItem[]) => void;
  /** Told of what the queue did not take. */
  readonly notQueued: (items: readonly QueueItem[]) => void;
}

/** Gives messages to the queue, and tells how that went. */
export class Enqueuer {
  readonly #parts: EnqueuerParts;
  readonly #stopping: AbortSignal;
  /** For every call of the queue that needs no more. */
  readonly #options: { readonly signal: AbortSignal };
  /** Batches that the queue does not have yet. */
  readonly #queueing = new Set<readonly QueueItem[]>();

  /** `stopping`: from then on nothing comes into the queue. */
  constructor(parts: EnqueuerParts, stopping: AbortSignal) {
    this.#parts = parts;
    this.#stopping = stopping;
    this.#options = { signal: stopping };
  }

  /** `claims`: keys that are claimed with them; rejects with {@link ClaimedError} where some are claimed already. */
  queue(items: readonly QueueItem[], signal?: AbortSignal, claims?: readonly Claim[]): Eventually<void> {
    const { queue } = this.#parts.store;
    let queued: Eventually<string[]>;
    try {
      queued = signal
        ? untilEither(this.#stopping, signal, (either) => queue.enqueue(items, { signal: either, claims }))
        : queue.enqueue(items, claims ? { ...this.#options, claims } : this.#options);
    } catch (error) {
      return this.refused(error, items);
    }
    return Array.isArray(queued) ? this.#queued(items) : this.#queueLater(items, queued);
  }

  async #queueLater(items: readonly QueueItem[], queued: Promise<string[]>): Promise<void> {
    this.#queueing.add(items);
    try {
      await queued;
    } catch (error) {
      this.refused(error, items);
    } finally {
      this.#queueing.delete(items);
    }
    this.#queued(items);
  }

  #queued(items: readonly QueueItem[]): void {
    const { reporter, queued } = this.#parts;
    reporter.queueFull(false, 0);
    reporter.queueTried();
    queued(items);
  }

  /** Tells of the error, and throws it. */
  refused(error: unknown, items: readonly QueueItem[] = []): never {
    const { reporter, capacity, notQueued } = this.#parts;
    notQueued(items);
    if (error instanceof ClaimedError) throw error;
    const { code } = error as Partial<SmppError>;
    if (code === 'QUEUE_FULL') reporter.queueFull(true, capacity);
    if (isUnavailable(error)) reporter.queueTried(error);
    throw error;
  }

  /** What the queue does not have yet. */
  get coming(): ReadonlySet<QueueItem> {
    return new Set([...this.#queueing].flat());
  }
}
