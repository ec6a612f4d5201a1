import { SmppError } from '../protocol';
import type { KeyValueState } from './key-value';
import { noClaims } from './claims';
import { nothingToCompact, storeClosed } from './errors';
import type { Correlator, DeadLetters, OutboundQueue, Store, StoreCapabilities } from './types';

/** A store that is opened when it is first needed. */
export interface DeferredStore extends Store {
  readonly deadLetters: DeadLetters;
  /** Whether it was opened. */
  readonly isOpen: boolean;
  /** Calls the handler when it is open, at once where it is. */
  whenOpen(handler: () => void): void;
  /** Opens it now. Rejects as opening does; the next call tries again. */
  open(): Promise<Store>;
}

/** Calls of these names, each made of `part` when there is one. */
function later<T, Name extends keyof T>(part: () => Promise<T>, names: readonly Name[]): Pick<T, Name> {
  const call =
    (name: Name) =>
    async (...given: unknown[]): Promise<unknown> => {
      const target = await part();
      return (target[name] as (...given: unknown[]) => unknown).apply(target, given);
    };
  return Object.fromEntries(names.map((name) => [name, call(name)])) as Pick<T, Name>;
}

/**
 * Opens a store at its first use: disks and networks answer later than a constructor. A failure to open is
 * the failure of the call that needed it, and the next call tries again. `assumed` holds until it is open.
 */
export function deferStore(assumed: StoreCapabilities, open: () => Promise<Store>): DeferredStore {
  let opening: Promise<Store> | undefined;
  let opened: Store | undefined;
  let closed = false;
  const waiting: (() => void)[] = [];
  const store = (): Promise<Store> => {
    if (closed && !opened) return Promise.reject(storeClosed());
    opening ??= open().then(
      (store) => {
        opened = store;
        for (const handler of waiting.splice(0)) handler();
        return store;
      },
      (error: unknown) => {
        opening = undefined;
        throw error;
      },
    );
    return opening;
  };
  const queueOf = async (): Promise<OutboundQueue> => (await store()).queue;
  // Whether it can is known when it is open; until then there is nothing that it could find.
  const can = (part: 'queue' | 'correlator', name: string): boolean => !opened || name in opened[part];
  const queue: OutboundQueue = {
    ...later(queueOf, ['enqueue', 'take', 'settle', 'extend', 'release', 'stats', 'purge', 'close']),
    get find() {
      return can('queue', 'find')
        ? async (ids: readonly string[]) => (await queueOf()).find?.(ids) ?? []
        : undefined;
    },
    get remove() {
      return can('queue', 'remove')
        ? async (ids: readonly string[]) => (await queueOf()).remove?.(ids) ?? []
        : undefined;
    },
  };
  const correlatorOf = async (): Promise<Correlator> => (await store()).correlator;
  const correlator: Correlator = {
    ...later(correlatorOf, ['put', 'get', 'expire']),
    get find() {
      if (!can('correlator', 'find')) return undefined;
      return async (ids: readonly string[]) => (await correlatorOf()).find?.(ids) ?? [];
    },
  };
  const state: KeyValueState = {
    ...later(async () => (await store()).state, ['get', 'set', 'delete', 'list', 'increment']),
    claim: async (claim) => {
      const target = (await store()).state;
      if (target.claim) return target.claim(claim);
      throw noClaims();
    },
    update: async (key, value, expected) => (await store()).state.update?.(key, value, expected),
    expire: async () => (await (await store()).state.expire?.()) ?? 0,
  };
  const letters = async (): Promise<DeadLetters | undefined> => (await store()).deadLetters;
  const deadLetters: DeadLetters = {
    list: async (options) => (await (await letters())?.list(options)) ?? { total: 0, letters: [] },
    count: async () => (await (await letters())?.count?.()) ?? 0,
    replay: async (ids, options) =>
      (await (await letters())?.replay(ids, options)) ?? { replayed: [], missing: [...ids] },
    purge: async () => (await (await letters())?.purge()) ?? 0,
    add: async (given) => {
      const target = await letters();
      if (target?.add) return target.add(given);
      throw new SmppError('NOT_SUPPORTED', 'this queue keeps no dead letters of another one');
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
    get home() {
      return opened?.home;
    },
    get limiter() {
      return opened?.limiter;
    },
    get leaseTime() {
      return opened?.leaseTime;
    },
    get isOpen() {
      return opened !== undefined;
    },
    whenOpen: (handler) => {
      if (opened) handler();
      else waiting.push(handler);
    },
    settle: async (entries, settlements) => {
      const target = await store();
      if (target.settle) return target.settle(entries, settlements);
      if (entries.length > 0) await target.correlator.put(entries);
      return target.queue.settle(settlements);
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
