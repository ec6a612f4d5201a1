import { SmppError } from '../protocol';
import { nothingToCompact, storeClosed } from './errors';
import type {
  Correlator,
  DeadLetters,
  KeyValueState,
  OutboundQueue,
  Store,
  StoreCapabilities,
} from './types';

/** A store that is opened when it is first needed. */
export interface DeferredStore extends Store {
  readonly deadLetters: DeadLetters;
  /** Opens it now. Rejects as opening does; the next call tries again. */
  open(): Promise<Store>;
}

/**
 * Opens a store at its first use: disks and networks answer later than a constructor. A failure to open is
 * the failure of the call that needed it, and the next call tries again. `assumed` holds until it is open.
 */
export function deferStore(assumed: StoreCapabilities, open: () => Promise<Store>): DeferredStore {
  let opening: Promise<Store> | undefined;
  let opened: Store | undefined;
  let closed = false;
  const store = (): Promise<Store> => {
    if (closed && !opened) return Promise.reject(storeClosed());
    opening ??= open().then(
      (store) => (opened = store),
      (error: unknown) => {
        opening = undefined;
        throw error;
      },
    );
    return opening;
  };
  const queue: OutboundQueue = {
    enqueue: async (items, options) => (await store()).queue.enqueue(items, options),
    take: async (max, options) => (await store()).queue.take(max, options),
    settle: async (settlements) => (await store()).queue.settle(settlements),
    extend: async (leases) => (await store()).queue.extend(leases),
    release: async (leases) => (await store()).queue.release(leases),
    stats: async () => (await store()).queue.stats(),
    purge: async (options) => (await store()).queue.purge(options),
    close: async () => (await store()).queue.close(),
  };
  const correlator: Correlator = {
    put: async (entries) => (await store()).correlator.put(entries),
    get: async (messageId) => (await store()).correlator.get(messageId),
    expire: async () => (await store()).correlator.expire(),
  };
  const state: KeyValueState = {
    get: async (key) => (await store()).state.get(key),
    set: async (key, value, ttl) => (await store()).state.set(key, value, ttl),
    delete: async (keys) => (await store()).state.delete(keys),
    list: async (prefix) => (await store()).state.list(prefix),
    increment: async (key, modulo, start, ttl) => (await store()).state.increment(key, modulo, start, ttl),
    expire: async () => (await (await store()).state.expire?.()) ?? 0,
  };
  const none = {
    list: { total: 0, letters: [] },
    replay: (ids: readonly string[]) => ({ replayed: [], missing: [...ids] }),
  };
  const deadLetters: DeadLetters = {
    list: async (options) => (await (await store()).deadLetters?.list(options)) ?? none.list,
    replay: async (ids, options) =>
      (await (await store()).deadLetters?.replay(ids, options)) ?? none.replay(ids),
    purge: async () => (await (await store()).deadLetters?.purge()) ?? 0,
    add: async (letters) => {
      const { deadLetters: target } = await store();
      if (!target?.add)
        throw new SmppError('NOT_SUPPORTED', 'this queue keeps no dead letters of another one');
      await target.add(letters);
    },
    told: (ids) => opened?.deadLetters?.told?.(ids),
  };
  return {
    queue,
    correlator,
    state,
    deadLetters,
    get capabilities() {
      return opened?.capabilities ?? assumed;
    },
    settle: async (entries, settlements) => {
      const target = await store();
      if (target.settle) return target.settle(entries, settlements);
      if (entries.length > 0) await target.correlator.put(entries);
      await target.queue.settle(settlements);
    },
    compact: async () => {
      const target = await store();
      if (target.compact) return target.compact();
      throw nothingToCompact();
    },
    tellUntold: async (tell) => (await store()).tellUntold?.(tell),
    open: store,
    close: async () => {
      closed = true;
      // What never opened needs no closing.
      const target = await opening?.catch(() => undefined);
      await target?.close();
    },
  };
}
