import type { OutboundQueue, Store } from '../../src/store';

/** Numbers from 0 to 1 that are the same for the same seed. */
export function chance(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

/** The store as it would be behind a network: what is asked of it is done after a while, in the order of asking. */
export function laggard(store: Store, random: () => number): Store {
  let line: Promise<unknown> = Promise.resolve();
  const reached = (): Promise<unknown> =>
    (line = line.then(() => new Promise((resolve) => setTimeout(resolve, random() * 3))));
  const later =
    <A extends unknown[], R>(method: (...args: A) => R | Promise<R>) =>
    (...args: A): Promise<R> =>
      reached().then(() => method(...args));
  const { queue, state, correlator } = store;
  const slow: OutboundQueue = {
    enqueue: later((items, options) => queue.enqueue(items, options)),
    take: later((max, options) => queue.take(max, options)),
    settle: later((settlements) => queue.settle(settlements)),
    extend: later((leases) => queue.extend(leases)),
    release: later((leases) => queue.release(leases)),
    stats: later(() => queue.stats()),
    purge: later((options) => queue.purge(options)),
    close: () => queue.close(),
  };
  return {
    queue: slow,
    correlator: {
      put: later((entries) => correlator.put(entries)),
      get: later(async (messageId) => correlator.get(messageId)),
      expire: later(() => correlator.expire()),
    },
    state: {
      get: later((key) => state.get(key)),
      set: later((key, value, ttl) => state.set(key, value, ttl)),
      delete: later((keys) => state.delete(keys)),
      list: later((prefix) => state.list(prefix)),
      increment: later((key, modulo, start) => state.increment(key, modulo, start)),
    },
    capabilities: { ...store.capabilities, atomicSettle: false },
    close: () => store.close(),
  };
}
