import type { Clock } from '../clock';
import { SmppError } from '../protocol';
import {
  IN_MEMORY,
  claimStore,
  clientDirectory,
  deferStore,
  openDiskStore,
  openMemoryStore,
  type MemoryStore,
  type QueueItem,
  type QueueLimits,
  type SettleForeign,
  type Store,
  type StoreAccount,
  type StoreCapabilities,
} from '../store';
import type { SmppClientOptions, Settings } from './options';
import { makeFromPlugin, type PluginContext } from './plugins';

export interface StorePart {
  readonly store: Store;
  /** Whether the store was opened here and is to be closed here. */
  readonly ownsStore: boolean;
  /**
   * Opens it, where it is not open yet; `settle` says what becomes of what another account left in it. Rejects with
   * `QUEUE_UNAVAILABLE`, `STORE_ACCOUNT` and the like.
   */
  openStore(settle?: SettleForeign): Promise<void>;
}

export interface StoreContext extends PluginContext {
  readonly onDropped: (items: readonly QueueItem[]) => void;
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

/** The store that the options name, or the user's own. */
export function storePart(options: SmppClientOptions, settings: Settings, context: StoreContext): StorePart {
  const { queue } = options;
  const limits = {
    capacity: settings.queueCapacity,
    whenFull: settings.whenFull,
    onDropped: context.onDropped,
  };
  if (typeof queue === 'object') return givenPart(queue, settings, limits, context);
  const kind = queue ?? (settings.queueDirectory === '' ? 'memory' : 'disk');
  if (kind === 'memory') {
    const store = memoryStore(settings, limits, context.clock);
    return { store, ownsStore: true, openStore: () => Promise.resolve() };
  }
  const open = (settle?: SettleForeign): Promise<Store> =>
    kind === 'disk'
      ? diskStore(settings, limits, context, settle)
      : pluginStore(kind, options, settings, limits, context);
  return { ...deferredPart(UNKNOWN, open), ownsStore: true };
}

/** A store of the user's own. One in memory, which an earlier client left, takes the new one's limits. */
function givenPart(given: Store, settings: Settings, limits: QueueLimits, context: StoreContext): StorePart {
  if (!('configure' in given)) return { store: given, ownsStore: false, openStore: () => Promise.resolve() };
  const store = given as MemoryStore;
  store.configure(limits);
  const account = accountOf(settings);
  if (store.foreign(account)) {
    const open = async (settle?: SettleForeign): Promise<Store> => {
      tellClaimed(await claimStore(store, account, IN_MEMORY, settle), context);
      return store;
    };
    return { ...deferredPart(store.capabilities, open), ownsStore: false };
  }
  tellClaimed(store.own(account), context);
  return { store, ownsStore: false, openStore: () => Promise.resolve() };
}

function deferredPart(
  assumed: StoreCapabilities,
  open: (settle?: SettleForeign) => Promise<Store>,
): Pick<StorePart, 'store' | 'openStore'> {
  let settling: SettleForeign | undefined;
  const store = deferStore(assumed, () => open(settling));
  return {
    store,
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
  const facts = { event: 'queue', stage: 'claimed', before: `${before.systemId} at ${before.host}` };
  log.debug(facts, 'the queue belongs to this account from now on');
}

function memoryStore(settings: Settings, limits: QueueLimits, clock: Clock): Store {
  return openMemoryStore({ ...limits, clock, correlationCapacity: settings.correlationCapacity });
}

async function diskStore(
  settings: Settings,
  limits: QueueLimits,
  context: StoreContext,
  settle: SettleForeign | undefined,
): Promise<Store> {
  const { clock, clientId, log } = context;
  return openDiskStore({
    ...limits,
    clock,
    directory: clientDirectory(settings.queueDirectory, clientId),
    holder: settings.name || clientId,
    account: accountOf(settings),
    settleForeign: settle,
    onClaimed: (before) => tellClaimed(before, context),
    correlationCapacity: settings.correlationCapacity,
    onDamage: (damage) => log.error({ event: 'queue', stage: 'damaged', ...damage }, damage.text),
  });
}

/** A plugin that makes a whole store, or a queue alone: then the rest is in memory. */
async function pluginStore(
  id: string,
  options: SmppClientOptions,
  settings: Settings,
  limits: QueueLimits,
  context: StoreContext,
): Promise<Store> {
  const { resolvePlugin } = options;
  try {
    return await makeFromPlugin('smpp-store', id, resolvePlugin, context);
  } catch (error) {
    if (!(error instanceof SmppError) || error.code !== 'PLUGIN_MISSING') throw error;
  }
  const queue = await makeFromPlugin('smpp-queue', id, resolvePlugin, context);
  const rest = memoryStore(settings, limits, context.clock);
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
