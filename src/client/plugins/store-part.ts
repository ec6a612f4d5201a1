import type { LogLine, Log } from '../../observability';
import { SmppError } from '../../protocol';
import {
  BACKENDS,
  IN_MEMORY,
  claimStore,
  deferStore,
  isBackend,
  isMemoryStore,
  type Backend,
  type BackendContext,
  type BackendOptions,
  type DeadReason,
  type MemoryStore,
  type OutboundQueue,
  type KnownStates,
  type QueueItem,
  type QueueLimits,
  type SettleForeign,
  type Store,
  type StoreAccount,
  type StoreCapabilities,
} from '../../store';
import { ConfigError } from '../config/errors';
import type { Settings } from '../config/options';
import { backendOptions, queueOf, unencrypted } from './backend-options';
import type { SmppClientOptions } from './client-options';
import type { PartFaults } from './part-faults';
import { isPlugin, lacks } from './part-shapes';
import { makeFromPlugin } from './plugin-parts';
import type { PluginContext, ResolvePlugin, SmppPlugin } from './plugins';
import { guardStore } from './store-guard';

export interface StorePart {
  readonly store: Store;
  /** Whether the store was opened here and is to be closed here. */
  readonly ownsStore: boolean;
  /**
   * Opens it, where it is not open yet; `settle` says what becomes of what another account left in it. Rejects with
   * `QUEUE_UNAVAILABLE`, `STORE_ACCOUNT` and the like.
   */
  openStore(settle?: SettleForeign): Promise<void>;
  /** Where others may share it: opens it, as its first use does. Absent: it is open, or nobody's but the client's. */
  openShared?(): Promise<unknown> | undefined;
  /** Calls the handler when it is open, at once where it is. */
  whenOpen(handler: () => void): void;
}

export interface StoreContext extends PluginContext {
  readonly onDropped: (items: readonly QueueItem[], states?: KnownStates) => void;
  readonly randomOctets: (count: number) => Uint8Array;
  /** The engine behind the store does not answer, and why; undefined: it answers again. */
  readonly away: (failure: Error | undefined) => void;
  /** A record of another program was put to the dead letters. */
  readonly refused: (item: QueueItem, reason: DeadReason) => void;
}

/** What is believed of a store until it is open and says so itself. */
const UNKNOWN: StoreCapabilities = {
  durable: true,
  shared: false,
  extend: false,
  delay: true,
  atomicSettle: false,
  segmentState: true,
};

/** That a message was sent must be written down before it is: else a crash sends it again. */
export function checkDelivery(
  { delivery }: Settings,
  { segmentState }: Pick<StoreCapabilities, 'segmentState'>,
): void {
  if (delivery !== 'at-most-once' || segmentState) return;
  const remedy = 'this queue does not keep what happened to a message; give at-least-once, or the queue disk';
  throw new ConfigError([{ field: 'delivery', value: delivery, remedy }]);
}

/** The store that the options name, or the user's own. */
export function storePart(
  options: SmppClientOptions,
  settings: Settings,
  context: StoreContext,
  faults: PartFaults,
): StorePart {
  const kind = queueOf(options, settings);
  const limits = {
    capacity: settings.queueCapacity,
    whenFull: settings.whenFull,
    onDropped: context.onDropped,
  };
  const memory = (): Store => BACKENDS.memory.open({ options: settings, limits, clock: context.clock });
  if (kind === 'memory') return { ...openPart(memory()), ownsStore: true };
  if (isBackend(kind)) {
    const backend: Backend = BACKENDS[kind];
    const read = backendOptions(backend, options, settings);
    let inClear = unencrypted(backend, read);
    const open = async (settleForeign?: SettleForeign): Promise<Store> => {
      checkDelivery(settings, backend.capabilities);
      if (inClear !== undefined) warnInClear(context.log, inClear);
      inClear = undefined;
      return backend.open(backendContext(read, settings, limits, context, settleForeign));
    };
    const { openShared, ...part } = deferredPart(backend.capabilities, open);
    return { ...part, ...(backend.capabilities.shared ? { openShared } : {}), ownsStore: true };
  }
  if (typeof kind === 'object' && !isPlugin(kind)) {
    const given = kind as Store | OutboundQueue;
    if (isMemoryStore(given)) return leftPart(given, settings, limits, context);
    const isWhole = lacks('smpp-store', given).length === 0;
    const store = isWhole ? (given as Store) : withQueue(given as OutboundQueue, memory());
    return { ...openPart(guardStore(store, faults)), ownsStore: false };
  }
  const part = deferredPart(UNKNOWN, async () => {
    const store = await pluginStore(kind as string | SmppPlugin, options.resolvePlugin, memory, context);
    try {
      checkDelivery(settings, store.capabilities);
    } catch (error) {
      await store.close();
      throw error;
    }
    return store;
  });
  return { ...part, store: guardStore(part.store, faults), ownsStore: true };
}

/** What is open already. */
function openPart(store: Store): Omit<StorePart, 'ownsStore'> {
  return { store, openStore: () => Promise.resolve(), whenOpen: (handler) => handler() };
}

/** A memory store that an earlier client left; it takes the new one's limits. */
function leftPart(
  store: MemoryStore,
  settings: Settings,
  limits: QueueLimits,
  context: StoreContext,
): StorePart {
  store.configure(limits);
  const account = accountOf(settings);
  if (store.foreign(account)) {
    const open = async (settle?: SettleForeign): Promise<Store> => {
      tellClaimed(await claimStore(store, account, IN_MEMORY, settle), context);
      return store;
    };
    return { ...deferredPart(store.capabilities, open), ownsStore: false };
  }
  const before = store.own(account);
  if (before) void store.forgetAwaited();
  tellClaimed(before, context);
  return { ...openPart(store), ownsStore: false };
}

function deferredPart(
  assumed: StoreCapabilities,
  open: (settle?: SettleForeign) => Promise<Store>,
): Omit<StorePart, 'ownsStore'> {
  let settling: SettleForeign | undefined;
  const store = deferStore(assumed, () => open(settling));
  return {
    store,
    openShared: () => (store.isOpen ? undefined : store.open()),
    whenOpen: (handler) => store.whenOpen(handler),
    openStore: async (settle) => {
      // A try that is on its way knows nothing of it.
      if (settle) await store.open().catch(() => undefined);
      settling = settle;
      try {
        await store.open();
      } finally {
        settling = undefined;
      }
    },
  };
}

/** Whose messages a client of these settings sends. */
export function accountOf({ host, systemId, failover }: Settings): StoreAccount {
  const others = failover.map((one) => one.host);
  return { host, systemId, ...(others.length > 0 ? { failover: others } : {}) };
}

function tellClaimed(before: StoreAccount | undefined, { log }: StoreContext): void {
  if (!before) return;
  const facts = {
    event: 'queue',
    stage: 'claimed',
    before: `${before.systemId} at ${before.host}`,
  } satisfies LogLine;
  log.debug(facts, 'the queue belongs to this account from now on');
}

function backendContext(
  options: BackendOptions,
  settings: Settings,
  limits: QueueLimits,
  context: StoreContext,
  settleForeign: SettleForeign | undefined,
): BackendContext {
  const { clock, log, randomOctets } = context;
  return {
    options,
    limits,
    account: accountOf(settings),
    clock,
    log,
    random: randomOctets,
    settleForeign,
    onClaimed: (before) => tellClaimed(before, context),
    prepare: (message) => context.prepare(message),
    refused: (item, reason) => context.refused(item, reason),
    away: (failure) => context.away(failure),
  };
}

/** A plugin that makes a whole store, or a queue alone: then the rest is in memory. */
async function pluginStore(
  plugin: string | SmppPlugin,
  resolve: ResolvePlugin | undefined,
  memory: () => Store,
  context: StoreContext,
): Promise<Store> {
  if (typeof plugin === 'string' || plugin.type !== 'smpp-queue') {
    try {
      return await makeFromPlugin('smpp-store', plugin as string, resolve, context);
    } catch (error) {
      if (!(error instanceof SmppError) || error.code !== 'PLUGIN_MISSING') throw error;
    }
  }
  return withQueue(await makeFromPlugin('smpp-queue', plugin as string, resolve, context), memory());
}

/** A queue alone, with the rest of a store in memory. */
function withQueue(queue: OutboundQueue, rest: Store): Store {
  return {
    queue,
    correlator: rest.correlator,
    state: rest.state,
    capabilities: { ...UNKNOWN, durable: false },
    close: async () => {
      await queue.close();
      await rest.close();
    },
  };
}

function warnInClear(log: Log, text: string): void {
  log.warn({ event: 'queue', stage: 'in_clear' }, text);
}
