import type { Backend } from '../backend';
import { BUILT_IN } from '../base-queue';
import { openMemoryStore } from './store';

export const memoryBackend: Backend = {
  label: 'in memory: gone with a restart',
  hint: 'Messages wait in memory: a restart or crash of the process loses them.',
  reads: [],
  capabilities: { ...BUILT_IN, durable: false },
  open: ({ options, limits, clock }) =>
    openMemoryStore({ ...limits, clock, correlationCapacity: options.correlationCapacity }),
};
