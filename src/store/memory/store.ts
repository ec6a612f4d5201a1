import { systemClock, type Clock } from '../../clock';
import { forgetSmsc, holdsAnything, isSameAccount, MOST_COUNTED } from '../account';
import type { Claimable, Foreign, StoreAccount } from '../account';
import { BUILT_IN } from '../base-queue';
import { storeClosed } from '../errors';
import type { CorrelationEntry, DeadLetters, QueueLimits, Settlement, Store } from '../types';
import { MemoryCorrelator } from './correlator';
import { MemoryDeadLetters } from './dead-letters';
import { MemoryQueue } from './queue';
import { MemoryState } from './state';

export interface MemoryStoreOptions extends QueueLimits {
  /** Default {@link systemClock}. */
  readonly clock?: Clock;
  /** Entries; beyond that the oldest go. Default 1,000,000. */
  readonly correlationCapacity?: number;
  /** Messages that failed for good and are kept; beyond that the oldest go. Default 1,000. */
  readonly deadLetterCapacity?: number;
}

/** A store that one client may leave to the next, once all its leases are released. */
export interface MemoryStore extends Store, Claimable {
  readonly deadLetters: DeadLetters;
  settle(entries: readonly CorrelationEntry[], settlements: readonly Settlement[]): void;
  foreign(account: StoreAccount): Foreign | undefined;
  own(account: StoreAccount): StoreAccount | undefined;
  /** The limits of its new holder; what is queued already stays, even beyond a lesser capacity. */
  configure(limits: QueueLimits): void;
}

const opened = new WeakSet<object>();

/** Whether {@link openMemoryStore} has made it: one that somebody has wrapped is theirs. */
export function isMemoryStore(store: object): store is MemoryStore {
  return opened.has(store);
}

/** Opens a store without any handle: nothing of it survives the process. */
export function openMemoryStore(options: MemoryStoreOptions): MemoryStore {
  const { clock = systemClock, correlationCapacity = 1_000_000, deadLetterCapacity = 1000 } = options;
  let closed = false;
  const check = (): void => {
    if (closed) throw storeClosed();
  };
  const deadLetters = new MemoryDeadLetters(deadLetterCapacity, clock, () => queue, check);
  const state = new MemoryState(clock, check);
  const queue = new MemoryQueue(options, clock, (letter) => deadLetters.bury(letter), state);
  const correlator = new MemoryCorrelator(correlationCapacity, clock, check);
  let owner: StoreAccount | undefined;
  const store: MemoryStore = {
    queue,
    correlator,
    state,
    deadLetters,
    capabilities: { ...BUILT_IN, durable: false },
    settle: (entries, settlements) => {
      correlator.put(entries);
      queue.settle(settlements);
    },
    foreign: (account) => {
      if (!owner || isSameAccount(owner, account)) return undefined;
      const awaitedReceipts = Math.min(correlator.awaited, MOST_COUNTED);
      const holdings = { messages: queue.size, deadLetters: deadLetters.size, awaitedReceipts };
      return holdsAnything(holdings) ? { owner, holdings } : undefined;
    },
    own: (account) => {
      const before = owner && !isSameAccount(owner, account) ? owner : undefined;
      if (before) forgetSmsc({ state }).catch(() => undefined);
      owner = account;
      return before;
    },
    forgetAwaited: async () => correlator.clear(),
    configure: (limits) => queue.configure(limits),
    close: () => {
      closed = true;
      return queue.close();
    },
  };
  opened.add(store);
  return store;
}
