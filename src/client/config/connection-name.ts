import type { Settings } from './options';

/** What a connection is called in logs and metrics. */
export function connectionName({ name, clientId, host, port }: Settings): string {
  return name || clientId || `${host}:${port}`;
}
