import type { Clock } from '../clock';
import { SmppError } from '../protocol';
import {
  clientDirectory,
  deferStore,
  openDiskStore,
  openMemoryStore,
  type MemoryStore,
  type OutboundQueue,
  type QueueItem,
  type QueueLimits,
  type Store,
  type StoreCapabilities,
} from '../store';
import type { SmppClientOptions, Settings } from './options';
import type { PartFaults } from './part-faults';
import { isPlugin, lacks } from './part-shapes';
import { makeFromPlugin, type PluginContext, type SmppPlugin } from './plugins';
import { guardStore } from './store-guard';

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
export function storePart(
  options: SmppClientOptions,
  settings: Settings,
  context: StoreContext,
  faults: PartFaults,
): StorePart {
  const { queue } = options;
  const limits = {
    capacity: settings.queueCapacity,
    whenFull: settings.whenFull,
    onDropped: context.onDropped,
  };
  const openNothing = (): Promise<void> => Promise.resolve();
  const kind = queue ?? (settings.queueDirectory === '' ? 'memory' : 'disk');
  if (kind === 'memory') {
    const store = memoryStore(settings, limits, context.clock);
    return { store, ownsStore: true, openStore: openNothing };
  }
  if (typeof kind === 'object' && !isPlugin(kind)) {
    const given = kind as Store | OutboundQueue;
    const isWhole = lacks('smpp-store', given).length === 0;
    const store = isWhole
      ? (given as Store)
      : withQueue(given as OutboundQueue, memoryStore(settings, limits, context.clock));
    // A memory store that an earlier client left takes the new one's limits.
    if ('configure' in store) (store as MemoryStore).configure(limits);
    return { store: guardStore(store, faults), ownsStore: false, openStore: openNothing };
  }
  const store = deferStore(UNKNOWN, () =>
    kind === 'disk'
      ? diskStore(settings, limits, context)
      : pluginStore(kind as string | SmppPlugin, options, settings, limits, context),
  );
  return {
    store: kind === 'disk' ? store : guardStore(store, faults),
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
  plugin: string | SmppPlugin,
  options: SmppClientOptions,
  settings: Settings,
  limits: QueueLimits,
  context: StoreContext,
): Promise<Store> {
  const { resolvePlugin } = options;
  const makeQueue = async (): Promise<Store> => {
    const queue = await makeFromPlugin('smpp-queue', plugin as string, resolvePlugin, context);
    return withQueue(queue, memoryStore(settings, limits, context.clock));
  };
  if (typeof plugin !== 'string' && plugin.type === 'smpp-queue') return makeQueue();
  try {
    return await makeFromPlugin('smpp-store', plugin as string, resolvePlugin, context);
  } catch (error) {
    if (!(error instanceof SmppError) || error.code !== 'PLUGIN_MISSING') throw error;
  }
  return makeQueue();
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
