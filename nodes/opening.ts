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
import { logTo, type NodeLog } from './log-bridge';
import type { Claim, Registry } from './registry';

/** A client and what belongs to it. */
export interface Opened {
  readonly client: SmppClient;
  readonly claim: Claim;
  readonly settings: Settings;
  readonly change: QueueChange;
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
  const { nodeId, registry, configuration } = parts;
  const { options, problems } = configuration;
  if (problems.length > 0) return new ConfigError(problems);
  const settings = normalise(options);
  const { clientId, correlationCapacity } = settings;
  const queue = typeof options.queue === 'string' ? options.queue : 'disk';
  const limits = { capacity: settings.queueCapacity, whenFull: settings.whenFull };
  const claimed = registry.claim({
    nodeId,
    clientId,
    label: labelOf(settings),
    ...(queue === 'memory' ? { memory: { limits, correlationCapacity } } : {}),
  });
  if ('takenBy' in claimed) {
    const remedy = `the connection "${claimed.takenBy}" has this clientId already; give each connection its own`;
    return new ConfigError([{ field: 'clientId', value: clientId, remedy }]);
  }
  const { claim } = claimed;
  try {
    return opened(parts, { ...options, queue: claim.store ?? queue }, { claim, settings, queue });
  } catch (error) {
    claim.park();
    if (error instanceof ConfigError) return error;
    throw error;
  }
}

function opened(
  { log, listening }: OpeningParts,
  options: SmppClientOptions,
  { claim, settings, queue }: { claim: Claim; settings: Settings; queue: string },
): Opened {
  const client = new SmppClient({ ...options, listening, log: logTo(log) });
  const warn = (text: string): void => log.warn(text);
  const change = {
    client,
    settings,
    clientId: settings.clientId,
    queue,
    left: claim.left,
    moved: () => claim.moved(),
    warn,
  };
  return { client, claim, settings, change };
}

/** What people know the connection by. */
export function labelOf({ name, host, port }: Settings): string {
  return name || `${host}:${port}`;
}
