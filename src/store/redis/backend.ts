import type { Backend, BackendOptions } from '../backend';
import { urlProblem } from './connection/address';
import { CAPABILITIES, openRedisStore } from './store';

export const redisBackend: Backend = {
  label: 'in Redis: several machines',
  hint:
    'Messages lie in Redis: several machines send them together, and what one that crashes had taken the others send. ' +
    'How safe they are is set in Redis (appendonly).',
  reads: ['queueUrl', 'queueTls', 'keyPrefix', 'drainList', 'leaseTime'],
  placeholders: { queueUrl: 'redis://127.0.0.1:6379' },
  capabilities: CAPABILITIES,
  problems,
  open: (context) => openRedisStore(context),
};

function problems({ queueUrl, keyPrefix }: BackendOptions): ReturnType<NonNullable<Backend['problems']>> {
  const url = urlProblem(queueUrl);
  const found: { field: keyof BackendOptions; remedy: string }[] = [];
  if (url !== undefined) found.push({ field: 'queueUrl', remedy: url });
  // In a Cluster what stands in the first braces decides where a key is.
  if (/[{}]/.test(keyPrefix)) found.push({ field: 'keyPrefix', remedy: 'write it without { and }' });
  return found;
}
