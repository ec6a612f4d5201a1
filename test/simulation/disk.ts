import { SmppError } from '../../src/protocol';
import {
  newDeliveryState,
  openMemoryStore,
  type CorrelationEntry,
  type DeliveryState,
  type QueueItem,
  type Settlement,
  type Store,
} from '../../src/store';
import type { FakeClock } from '../support/clock';

interface Kept {
  readonly item: QueueItem;
  readonly state: DeliveryState;
}

/** Milliseconds that a commit takes, at most. */
const LONGEST_COMMIT = 40;

/**
 * What a store on a disk is to a client, without a disk: it commits late and in order, it fails, and a crash forgets
 * what was not committed.
 */
export class FakeDisk {
  readonly #clock: FakeClock;
  readonly #random: () => number;
  readonly #messages = new Map<string, Kept>();
  #correlations: CorrelationEntry[] = [];
  #life = 0;
  #commitsAt = 0;
  /** The share of commits that fail. */
  failing = 0;

  constructor(clock: FakeClock, random: () => number) {
    this.#clock = clock;
    this.#random = random;
  }

  get size(): number {
    return this.#messages.size;
  }

  /** The process is gone: of what is under way nothing is written, and nobody is answered. */
  crash(): void {
    this.#life++;
  }

  async open(): Promise<Store> {
    const life = this.#life;
    const store = openMemoryStore({ capacity: 0, whenFull: 'reject', clock: this.#clock });
    const kept = [...this.#messages.values()];
    const states = kept.map(({ state }) => structuredClone(state));
    await store.queue.enqueue(
      kept.map(({ item }) => item),
      { states },
    );
    await store.correlator.put(this.#correlations);
    // Of one that settles in one go each part would have to be written again.
    const { queue, correlator, settle: _atomic, ...others } = store;
    const commit = (apply: () => void): Promise<void> => this.#commit(life, apply);
    return {
      ...others,
      capabilities: { ...store.capabilities, durable: true, atomicSettle: false },
      queue: {
        take: (max, options) => queue.take(max, options),
        extend: (leases) => queue.extend(leases),
        release: (leases) => queue.release(leases),
        stats: () => queue.stats(),
        purge: (options) => queue.purge(options),
        close: () => queue.close(),
        enqueue: async (items, options) => {
          await commit(() => this.#keep(items, options?.states));
          return queue.enqueue(items, options);
        },
        settle: async (settlements) => {
          await commit(() => settlements.forEach((one) => this.#settle(one)));
          return queue.settle(settlements);
        },
      },
      correlator: {
        get: (messageId) => correlator.get(messageId),
        expire: () => correlator.expire(),
        put: async (entries) => {
          await commit(() => void this.#correlations.push(...entries));
          return correlator.put(entries);
        },
      },
    };
  }

  #commit(life: number, apply: () => void): Promise<void> {
    const fails = this.#random() < this.failing;
    const now = this.#clock.monotonic();
    this.#commitsAt = Math.max(this.#commitsAt, now + this.#random() * LONGEST_COMMIT);
    return new Promise((resolve, reject) => {
      this.#clock.setTimeout(() => {
        if (life !== this.#life) return;
        if (fails)
          return reject(new SmppError('QUEUE_UNAVAILABLE', 'input/output error', { retriable: true }));
        apply();
        resolve();
      }, this.#commitsAt - now);
    });
  }

  #keep(items: readonly QueueItem[], states: readonly DeliveryState[] = []): void {
    for (const [at, item] of items.entries())
      this.#messages.set(item.id, { item, state: states[at] ?? newDeliveryState(item) });
  }

  #settle({ outcome, lease: { item, state } }: Settlement): void {
    if (outcome === 'retry') this.#messages.set(item.id, { item, state: structuredClone(state) });
    else this.#messages.delete(item.id);
  }
}
