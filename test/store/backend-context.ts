import { randomBytes } from 'node:crypto';
import { systemClock } from '../../src/clock';
import { silentLog } from '../../src/observability';
import type { BackendContext, BackendOptions } from '../../src/store';

const nothing = (): undefined => undefined;

/** The options of a client, as far as a backend reads them. */
export function backendOptions(changed: Partial<BackendOptions>): BackendOptions {
  return {
    clientId: 'test',
    name: '',
    queueDirectory: '',
    queueKey: [],
    queueUrl: '',
    queueTls: undefined,
    keyPrefix: 'test',
    brokerTopology: 'declare',
    correlationUrl: '',
    drainList: '',
    leaseTime: 10_000,
    correlationCapacity: 1000,
    windowSize: 10,
    sessions: 1,
    sendRate: 0,
    burst: 1,
    ...changed,
  };
}

/** What a client opens a backend with. */
export function backendContext(
  options: BackendOptions,
  changed: Partial<BackendContext> = {},
): BackendContext {
  return {
    options,
    limits: { capacity: 0, whenFull: 'reject' },
    account: { host: 'smsc.example', systemId: 'tester' },
    clock: systemClock,
    log: silentLog,
    random: randomBytes,
    onClaimed: nothing,
    prepare: () => Promise.reject(new Error('no message')),
    refused: nothing,
    away: nothing,
    ...changed,
  };
}
