import type { Backend, BackendContext, BackendOptions } from '../backend';
import type { Store } from '../types';
import { REDIS } from './capabilities';
import { DEFAULT_URL, urlProblem } from './connection/address';

export const redisBackend: Backend = {
  label: 'in Redis: several machines',
  hint:
    'Messages lie in Redis: several machines send them together, and what one that crashes had taken the others send. ' +
    'How safe they are is set in Redis (appendonly).',
  reads: ['queueUrl', 'queueTls', 'keyPrefix', 'drainList', 'leaseTime'],
  placeholders: { queueUrl: DEFAULT_URL },
  capabilities: REDIS,
  problems,
  open: openRedis,
};

async function openRedis(context: BackendContext): Promise<Store> {
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- of no use to other queues
  const { openRedisStore } = require('./store') as typeof import('./store');
  return openRedisStore(context);
}

function problems({ queueUrl, keyPrefix }: BackendOptions): ReturnType<NonNullable<Backend['problems']>> {
  const url = urlProblem(queueUrl);
  const found: { field: keyof BackendOptions; remedy: string }[] = [];
  if (url !== undefined) found.push({ field: 'queueUrl', remedy: url });
  // In a Cluster what stands in the first braces decides where a key is.
  if (/[{}]/.test(keyPrefix)) found.push({ field: 'keyPrefix', remedy: 'write it without { and }' });
  return found;
}
