import {
  openMemoryStore,
  type Home,
  type MemoryStore,
  type Notice,
  type Settlement,
  type SharedLimiter,
  type Store,
} from '../../../src/store';
import { TokenBucket } from '../../../src/flow-control';

type Handler = (notices: readonly Notice[]) => unknown;

/** One memory store, and a handle of it for each instance, with a home, leases that run out in name, and one rate. */
export class Hub {
  readonly store: MemoryStore;
  /** How many leases each call renewed. */
  readonly extended: number[] = [];
  /** What every call of the store rejects with. */
  failure: Error | undefined;
  readonly #homes = new Map<string, Handler | undefined>();
  readonly #kept = new Map<string, Notice[]>();
  readonly #calm = new Map<string, (seconds: number) => void>();
  readonly #bucket = new TokenBucket({ rate: 0 });

  constructor() {
    this.store = openMemoryStore({ capacity: 10_000, whenFull: 'reject' });
  }

  handle(instance: string, leaseTime = 10_000): Store {
    this.#homes.set(instance, undefined);
    const { store } = this;
    const check = <T>(work: () => T): T => {
      if (this.failure) throw this.failure;
      return work();
    };
    const settle = (settlements: readonly Settlement[]): readonly Settlement[] => {
      void check(() => store.queue.settle(settlements));
      return settlements.filter((one) => 'notice' in one && one.notice && !this.#deliver(one.notice));
    };
    return {
      queue: {
        enqueue: (items, options) => check(() => store.queue.enqueue(items, options)),
        take: (max, options) => store.queue.take(max, options),
        settle,
        extend: (leases) => {
          this.extended.push(leases.length);
          return check(() => store.queue.extend(leases));
        },
        release: (leases) => check(() => store.queue.release(leases)),
        stats: () => store.queue.stats(),
        purge: (options) => store.queue.purge(options),
        close: () => Promise.resolve(),
      },
      correlator: store.correlator,
      state: store.state,
      deadLetters: store.deadLetters,
      capabilities: { ...store.capabilities, shared: true, extend: true },
      home: this.#home(instance, check),
      limiter: this.#limiter(instance),
      leaseTime,
      settle: (entries, settlements) => {
        void store.correlator.put(entries);
        return settle(settlements);
      },
      close: () => Promise.resolve(this.leave(instance)),
    };
  }

  /** The instance lives no more; what it was told and has not heard is another's. */
  leave(instance: string): void {
    this.#homes.delete(instance);
    const [other] = [...this.#homes].filter(([, handler]) => handler);
    other?.[1]?.(this.#kept.get(instance) ?? []);
    this.#kept.delete(instance);
  }

  /** What it is told from now on it does not hear, and yet it lives. */
  deafen(instance: string): void {
    this.#homes.set(instance, undefined);
  }

  #deliver(notice: Notice): boolean {
    if (!this.#homes.has(notice.instance)) return false;
    const handler = this.#homes.get(notice.instance);
    if (handler) queueMicrotask(() => handler([notice]));
    else this.#kept.set(notice.instance, [...(this.#kept.get(notice.instance) ?? []), notice]);
    return true;
  }

  #home(instance: string, check: <T>(work: () => T) => T): Home {
    return {
      instance,
      tell: async (notices) => check(() => notices.filter((notice) => !this.#deliver(notice))),
      listen: (handler) => void this.#homes.set(instance, handler),
    };
  }

  #limiter(instance: string): SharedLimiter {
    const bucket = this.#bucket;
    return {
      acquire: (max, options) => bucket.acquire(max, options),
      giveBack: (count) => bucket.giveBack(count),
      setRate: (rate) => bucket.setRate(rate),
      get rate() {
        return bucket.rate;
      },
      calm: (seconds) => {
        for (const [other, handler] of this.#calm) if (other !== instance) handler(seconds);
      },
      onCalm: (handler) => void this.#calm.set(instance, handler),
    };
  }
}
