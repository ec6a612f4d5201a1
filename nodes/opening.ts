import {
  ConfigError,
  SmppClient,
  normalise,
  type Listening,
  type Settings,
  type SmppClientOptions,
} from '../src/index';
import type { Configuration } from './configuration';
import type { QueueChange } from './queue-change';
import { DEFAULT_QUEUE, sharedPlace } from './queues';
import { logTo, type NodeLog } from './log-bridge';
import type { Claim, Registry } from './registry';

/** A client and what belongs to it. */
export interface Opened {
  readonly client: SmppClient;
  readonly claim: Claim;
  readonly settings: Settings;
  readonly change: QueueChange;
  /** Where its queue lies, if instances share it. */
  readonly place: string | undefined;
}

export interface OpeningParts {
  readonly nodeId: string;
  readonly configuration: Configuration;
  readonly log: NodeLog;
  readonly registry: Registry;
  readonly listening: () => Listening | Promise<Listening>;
}

/** The client of a config node, with the queue that an earlier instance left; or what is wrong. Opens no connection. */
export function openClient(parts: OpeningParts): Opened | ConfigError {
  const { nodeId, registry, log, listening } = parts;
  const { options, problems } = parts.configuration;
  if (problems.length > 0) return new ConfigError(problems);
  const settings = normalise(options);
  const { clientId, correlationCapacity, queueCapacity: capacity, whenFull } = settings;
  const queue = typeof options.queue === 'string' ? options.queue : DEFAULT_QUEUE;
  const memory = queue === 'memory' ? { limits: { capacity, whenFull }, correlationCapacity } : undefined;
  const claimed = registry.claim({ nodeId, clientId, label: labelOf(settings), memory });
  if ('takenBy' in claimed) {
    const remedy = `the connection "${claimed.takenBy}" has this clientId already; give each connection its own`;
    return new ConfigError([{ field: 'clientId', value: clientId, remedy }]);
  }
  const { claim } = claimed;
  try {
    const { metrics } = registry.monitor;
    const own = { queue: claim.store ?? queue, listening, metrics, ...loggedTo(log, settings) };
    const client = new SmppClient({ ...options, ...own });
    const { left, moved } = claim;
    const change = { client, settings, queue, left, moved, warn: (text: string) => log.warn(text) };
    return { client, claim, settings, change, place: sharedPlace(queue, settings) };
  } catch (error) {
    claim.release(false);
    if (error instanceof ConfigError) return error;
    throw error;
  }
}

/** Node-RED's log, unless another target is chosen; then it has what is wrong with that. */
function loggedTo(log: NodeLog, { logTarget }: Settings): Pick<SmppClientOptions, 'log' | 'onLogFailure'> {
  return logTarget === undefined ? { log: logTo(log) } : { onLogFailure: (text) => log.warn(text) };
}

/** What people know the connection by. */
export function labelOf({ name, host, port }: Settings): string {
  return name || `${host}:${port}`;
}
