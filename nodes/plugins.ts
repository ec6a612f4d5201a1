import type { NodeAPI } from 'node-red';
import type { PluginType, ResolvePlugin } from '../src/index';

const TYPES = [
  ...['smpp-store', 'smpp-queue', 'smpp-correlator', 'smpp-rate-limiter'],
  ...['smpp-throttle-handler', 'smpp-codec', 'smpp-sequence'],
] as const satisfies readonly PluginType[];

interface Registered {
  readonly id?: unknown;
  readonly type?: unknown;
}

/** Node-RED's own registry of plugins, as the client asks it. */
export interface Plugins {
  readonly resolve: ResolvePlugin;
  readonly ids: (type: PluginType) => string[];
}

export function pluginsOf(RED: NodeAPI): Plugins {
  const all = (type: PluginType): Registered[] => RED.plugins.getByType(type);
  return {
    // The last one registered of an id is the one in force.
    resolve: (type, id) =>
      all(type)
        .filter((plugin) => plugin.id === id)
        .at(-1),
    ids: (type) => [...new Set(all(type).flatMap(({ id }) => (typeof id === 'string' ? [id] : [])))],
  };
}

/** What the editor offers: the ids of all plugins, by type. Only for whoever may read the flows. */
export function servePlugins(RED: NodeAPI): void {
  const { ids } = pluginsOf(RED);
  RED.httpAdmin.get(
    '/smpp-config/plugins',
    RED.auth.needsPermission('smpp-config.read'),
    (_request, response) => {
      response.json(Object.fromEntries(TYPES.map((type) => [type, ids(type)])));
    },
  );
}
