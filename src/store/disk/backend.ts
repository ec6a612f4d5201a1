import { join } from 'node:path';
import type { Log } from '../../observability';
import type { Backend, BackendContext, BackendOptions } from '../backend';
import { BUILT_IN } from '../base-queue';
import type { Store } from '../types';
import { openDiskStore } from './index';
import { clientDirectory } from './lmdb/directory';

type Problems = ReturnType<NonNullable<Backend['problems']>>;

export const diskBackend: Backend = {
  label: 'on disk: outlives a crash',
  hint: 'Messages lie on disk: they outlive a restart, a crash and a power failure.',
  reads: ['queueDirectory', 'queueKey'],
  capabilities: { ...BUILT_IN, atomicSettle: false, durable: true },
  problems: ({ queueDirectory, clientId }) => [
    ...namingProblems('queueDirectory', queueDirectory, 'any'),
    ...namingProblems('clientId', '/any', clientId),
  ],
  open: (context) => openDisk(context),
};

/** It needs a place, and a name within it. */
function namingProblems(field: keyof BackendOptions, directory: string, name: string): Problems {
  try {
    clientDirectory(directory, name);
    return [];
  } catch (error) {
    return [{ field, remedy: (error as Error).message }];
  }
}

/** `under`: a folder of its own within that of the client. */
export function openDisk({ options, limits, clock, ...context }: BackendContext, under = ''): Promise<Store> {
  const log: Log = context.log;
  const { clientId, name, queueDirectory, queueKey, correlationCapacity } = options;
  return openDiskStore({
    ...limits,
    clock,
    directory: join(clientDirectory(queueDirectory, clientId), under),
    holder: name || clientId,
    account: context.account,
    queueKey: queueKey.length > 0 ? queueKey : undefined,
    onExposed: ({ path, text }) => log.warn({ event: 'queue', stage: 'exposed', path }, text),
    settleForeign: context.settleForeign,
    onClaimed: context.onClaimed,
    correlationCapacity,
    onDamage: ({ kind, text }) => log.error({ event: 'queue', stage: 'damaged', kind }, text),
  });
}
