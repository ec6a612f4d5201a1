import type { Clock } from '../clock';
import { SmppError } from '../protocol';
import {
  clientDirectory,
  deferStore,
  openDiskStore,
  openMemoryStore,
  type MemoryStore,
  type QueueItem,
  type QueueLimits,
  type Store,
  type StoreCapabilities,
} from '../store';
import type { SmppClientOptions, Settings } from './options';
import { makeFromPlugin, type PluginContext } from './plugins';

export interface StorePart {
  readonly store: Store;
  /** Whether the store was opened here and is to be closed here. */
  readonly ownsStore: boolean;
  /** Opens it, where it is not open yet. Rejects with `QUEUE_UNAVAILABLE` and the like. */
  openStore(): Promise<void>;
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
  if (typeof queue === 'object') {
    // A memory store that an earlier client left takes the new one's limits.
    if ('configure' in queue) (queue as MemoryStore).configure(limits);
    return { store: queue, ownsStore: false, openStore: () => Promise.resolve() };
  }
  const kind = queue ?? (settings.queueDirectory === '' ? 'memory' : 'disk');
  if (kind === 'memory') {
    const store = memoryStore(settings, limits, context.clock);
    return { store, ownsStore: true, openStore: () => Promise.resolve() };
  }
  const store = deferStore(UNKNOWN, () =>
    kind === 'disk'
      ? diskStore(settings, limits, context)
      : pluginStore(kind, options, settings, limits, context),
  );
  return {
    store,
    ownsStore: true,
    openStore: async () => {
      await store.open();
    },
  };
}

function memoryStore(settings: Settings, limits: QueueLimits, clock: Clock): Store {
  return openMemoryStore({ ...limits, clock, correlationCapacity: settings.correlationCapacity });
}

async function diskStore(
  settings: Settings,
  limits: QueueLimits,
  { clock, clientId, log }: StoreContext,
): Promise<Store> {
  return openDiskStore({
    ...limits,
    clock,
    directory: clientDirectory(settings.queueDirectory, clientId),
    holder: settings.name || clientId,
    account: { host: settings.host, systemId: settings.systemId },
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
