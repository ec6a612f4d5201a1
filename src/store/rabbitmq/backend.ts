import type { Backend, BackendContext, BackendOptions } from '../backend';
import { clientDirectory, openDiskStore } from '../disk';
import type { Store } from '../types';
import { RABBITMQ } from './capabilities';
import { urlProblem } from './url';

type Problems = ReturnType<NonNullable<Backend['problems']>>;

export const rabbitmqBackend: Backend = {
  label: 'RabbitMQ: shared by several instances',
  hint: 'Messages lie in RabbitMQ (3.10 or later): several Node-REDs share them. Message ids and receipts lie on disk, or in Redis.',
  reads: [
    'queueUrl',
    'queueTls',
    'keyPrefix',
    'brokerTopology',
    'correlationUrl',
    'queueDirectory',
    'queueKey',
    'windowSize',
    'sessions',
  ],
  capabilities: RABBITMQ,
  problems: ({ queueUrl, correlationUrl, queueDirectory, clientId }) => [
    ...problem('queueUrl', urlProblem(queueUrl)),
    ...(correlationUrl === '' ? problem('queueDirectory', directoryProblem(queueDirectory, clientId)) : []),
  ],
  open: openRabbitmq,
};

const problem = (field: keyof BackendOptions, remedy: string | undefined): Problems =>
  remedy === undefined ? [] : [{ field, remedy }];

function directoryProblem(directory: string, clientId: string): string | undefined {
  try {
    clientDirectory(directory, clientId);
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}

async function openRabbitmq(context: BackendContext): Promise<Store> {
  const { options, limits, clock, random } = context;
  const { queueUrl, queueTls, keyPrefix, clientId, brokerTopology, windowSize, sessions } = options;
  const rest = await openRest(context);
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- of no use to other queues
  const { openRabbitmqStore } = require('./store') as typeof import('./store');
  return openRabbitmqStore({
    ...limits,
    url: queueUrl,
    tls: queueTls,
    keyPrefix,
    clientId,
    topology: brokerTopology,
    prefetch: windowSize * sessions,
    clock,
    random,
    rest,
    prepare: (message) => context.prepare(message),
    away: (failure) => context.away(failure),
  });
}

/** Correlation and state, which AMQP has no place for. */
async function openRest({ options, clock, account, ...context }: BackendContext): Promise<Store> {
  const { name, clientId, queueDirectory, queueKey, correlationCapacity } = options;
  return openDiskStore({
    capacity: 0,
    whenFull: 'reject',
    clock,
    directory: clientDirectory(queueDirectory, clientId),
    holder: name || clientId,
    account,
    queueKey: queueKey.length > 0 ? queueKey : undefined,
    onExposed: ({ path, text }) => context.log.warn({ event: 'queue', stage: 'exposed', path }, text),
    settleForeign: context.settleForeign,
    onClaimed: context.onClaimed,
    correlationCapacity,
    onDamage: (damage) => context.log.error({ event: 'queue', stage: 'damaged', ...damage }, damage.text),
  });
}
