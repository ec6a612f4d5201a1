import type { Backend, BackendContext, BackendOptions } from '../backend';
import { BUILT_IN } from '../base-queue';
import type { Store } from '../types';
import { openMemoryStore } from './store';

/** Opens at once, and reads little: also what goes beside a queue of the user's own. */
export interface MemoryBackend extends Backend {
  open(
    context: Pick<BackendContext, 'limits' | 'clock'> & {
      readonly options: Pick<BackendOptions, 'correlationCapacity'>;
    },
  ): Store;
}

export const memoryBackend: MemoryBackend = {
  label: 'in memory: gone with a restart',
  hint: 'Messages wait in memory: a restart or crash of the process loses them.',
  reads: [],
  capabilities: { ...BUILT_IN, durable: false },
  open: ({ options, limits, clock }) =>
    openMemoryStore({ ...limits, clock, correlationCapacity: options.correlationCapacity }),
};
