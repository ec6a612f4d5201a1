import type { Backend, BackendContext, BackendOptions } from '../backend';
import { clientDirectory } from '../disk';
import { openDisk } from '../disk/backend';
import { urlProblem as redisUrlProblem } from '../redis/connection/address';
import { redisBackend } from '../redis/backend';
import type { Store } from '../types';
import { RABBITMQ } from './capabilities';
import { DEFAULT_URL, urlProblem } from './url';

type Problems = ReturnType<NonNullable<Backend['problems']>>;

export const rabbitmqBackend: Backend = {
  label: 'in RabbitMQ: several machines',
  hint:
    'Messages lie in RabbitMQ (3.10 or later): several machines send them together. What receipts are matched by lies on ' +
    "each machine's disk, or in Redis for all.",
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
  placeholders: { queueUrl: DEFAULT_URL },
  capabilities: RABBITMQ,
  problems: ({ queueUrl, keyPrefix, correlationUrl, queueDirectory, clientId }) => [
    ...problem('queueUrl', urlProblem(queueUrl)),
    // Also of the keys of a Redis beside it.
    ...problem('keyPrefix', /[{}]/.test(keyPrefix) ? 'write it without { and }' : undefined),
    ...(correlationUrl === ''
      ? problem('queueDirectory', directoryProblem(queueDirectory, clientId))
      : problem('correlationUrl', redisUrlProblem(correlationUrl))),
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
  const [ofBroker, ofRest] = awayOfTwo((failure) => context.away(failure));
  const rest = await openRest({ ...context, away: ofRest });
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
    account: context.account,
    settleForeign: context.settleForeign,
    onClaimed: context.onClaimed,
    prepare: (message) => context.prepare(message),
    onRefused: ({ item, reason }) => context.refused(item, reason),
    away: ofBroker,
  });
}

type Away = (failure: Error | undefined) => void;

/** Away as long as one of two is. */
function awayOfTwo(tell: Away): readonly [Away, Away] {
  const failures: (Error | undefined)[] = [undefined, undefined];
  const of =
    (index: number): Away =>
    (failure) => {
      const before = failures.some(Boolean);
      failures[index] = failure;
      const left = failures.find(Boolean);
      if (before !== (left !== undefined)) tell(left);
    };
  return [of(0), of(1)];
}

/** Correlation, state and the common rate, which AMQP has no place for. */
function openRest(context: BackendContext): Promise<Store> {
  const { options } = context;
  const { correlationUrl, queueTls } = options;
  // Not beside a queue on disk, whose messages move here when the kind of queue is changed.
  if (correlationUrl === '')
    return openDisk({ ...context, limits: { capacity: 0, whenFull: 'reject' } }, 'rabbitmq');
  const tls = correlationUrl.startsWith('rediss:') ? queueTls : undefined;
  const inRedis = { ...options, queueUrl: correlationUrl, queueTls: tls, drainList: '' };
  // Its queue stays empty.
  return Promise.resolve(redisBackend.open({ ...context, options: inRedis }));
}
