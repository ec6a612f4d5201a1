import type { Backend } from './backend';
import { diskBackend } from './disk/backend';
import { memoryBackend } from './memory/backend';
import { rabbitmqBackend } from './rabbitmq/backend';
import { redisBackend } from './redis/backend';

/** All that the option `queue` may name: a new store is a folder and a line here. */
export const BACKENDS = {
  disk: diskBackend,
  memory: memoryBackend,
  redis: redisBackend,
  rabbitmq: rabbitmqBackend,
} satisfies Readonly<Record<string, Backend>>;

/** The name of a kind of store that is built in. */
export type BackendName = keyof typeof BACKENDS;

/** Whether this is the name of a kind of store that is built in. */
export function isBackend(name: unknown): name is BackendName {
  return typeof name === 'string' && Object.hasOwn(BACKENDS, name);
}
