import { BACKENDS, isBackend, isMemoryStore, type Backend, type BackendOptions } from '../../store';
import type { Problem } from '../config/errors';
import { DEFAULT_CLIENT_ID, type Settings } from '../config/options';
import type { SmppClientOptions } from './client-options';

export function backendOptions(
  { placeholders = {} }: Backend,
  { queueTls }: SmppClientOptions,
  settings: Settings,
): BackendOptions {
  const queueUrl = settings.queueUrl || (placeholders.queueUrl ?? '');
  return { ...settings, queueUrl, clientId: settings.clientId || DEFAULT_CLIENT_ID, queueTls };
}

/** The queue that the options name, or that a queueDirectory asks for. */
export function queueOf(
  { queue }: SmppClientOptions,
  { queueDirectory }: Settings,
): NonNullable<SmppClientOptions['queue']> {
  return queue ?? (queueDirectory === '' ? 'memory' : 'disk');
}

/** What kind its queue is of, for people: one that is built in, the id of a plugin, or `custom`. */
export function backendName(options: SmppClientOptions, settings: Settings): string {
  const queue = queueOf(options, settings);
  if (typeof queue === 'string') return queue;
  return isMemoryStore(queue) ? 'memory' : 'custom';
}

/** What is wrong with the options of the store that is built in and named, or that a queueDirectory asks for. */
export function backendProblems(options: SmppClientOptions, settings: Settings): Problem[] {
  const kind = queueOf(options, settings);
  if (!isBackend(kind)) return [];
  const backend: Backend = BACKENDS[kind];
  const given = backendOptions(backend, options, settings);
  const found = backend.problems?.(given) ?? [];
  return found.map(({ field, remedy }) => ({ field, value: given[field], remedy }));
}

/** What is meant to be secret and lies in clear in a store that knows of no key; undefined: nothing. */
export function unencrypted(
  { reads, capabilities }: Backend,
  { queueKey }: BackendOptions,
): string | undefined {
  if (queueKey.length === 0 || reads.includes('queueKey') || !capabilities.durable) return undefined;
  return (
    'this queue does not encrypt what it holds: queueKey serves only to read what is still on disk. ' +
    'Protect its server (TLS, a login of its own, an encrypted disk), or set the queue to "disk"'
  );
}
