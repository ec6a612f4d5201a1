import { BACKENDS, isBackend, type BackendOptions } from '../../store';
import type { Problem } from '../config/errors';
import { DEFAULT_CLIENT_ID, type Settings } from '../config/options';
import type { SmppClientOptions } from './client-options';

export function backendOptions({ queueTls }: SmppClientOptions, settings: Settings): BackendOptions {
  return { ...settings, clientId: settings.clientId || DEFAULT_CLIENT_ID, queueTls };
}

/** What is wrong with the options of the store that is built in and named, or that a queueDirectory asks for. */
export function backendProblems(options: SmppClientOptions, settings: Settings): Problem[] {
  const kind = options.queue ?? (settings.queueDirectory === '' ? 'memory' : 'disk');
  if (!isBackend(kind)) return [];
  const given = backendOptions(options, settings);
  const found = BACKENDS[kind].problems?.(given) ?? [];
  return found.map(({ field, remedy }) => ({ field, value: given[field], remedy }));
}
