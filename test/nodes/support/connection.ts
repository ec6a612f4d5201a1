import { Connection, type ConnectionParts } from '../../../nodes/connection';
import type { NodeLog } from '../../../nodes/log-bridge';
import { Registry } from '../../../nodes/registry';
import type { SmppClientOptions } from '../../../src/index';

const silent = (): void => undefined;
const SILENT: NodeLog = { log: silent, debug: silent, trace: silent, warn: silent, error: silent };

export interface ConnectionSettings extends Partial<Omit<ConnectionParts, 'configuration' | 'log'>> {
  /** The client's. */
  readonly options: SmppClientOptions;
  /** What is not given is not heard. */
  readonly log?: Partial<NodeLog>;
}

/** A connection without its node. It may be unusable. */
export function connectionOf({ options, log, ...parts }: ConnectionSettings): Connection {
  return new Connection({
    nodeId: 'node',
    registry: new Registry(),
    translate: (key) => key,
    ...parts,
    log: { ...SILENT, ...log },
    configuration: { options, problems: [], warnings: [] },
  });
}
