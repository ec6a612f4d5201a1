/** Rows about queues in Redis and RabbitMQ: Debian's servers, started for each row. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startRabbitServer, startRedisServer, type Server } from '../../support/servers';
import type { Job, Result } from '../client';
import type { ContenderName } from '../contenders';
import { runClient, startResponder } from '../processes';
import { median, type Figure, type Options, type Row } from './types';

interface Broker {
  /** As `queue` names it. */
  readonly queue: 'redis' | 'rabbitmq';
  readonly title: string;
  readonly bare: ContenderName;
  start(): Promise<{ readonly url: string; readonly server: Server }>;
}

const BROKERS_KNOWN: readonly Broker[] = [
  { queue: 'redis', title: 'Redis', bare: 'bare-redis', start: startRedisServer },
  { queue: 'rabbitmq', title: 'RabbitMQ', bare: 'bare-rabbit', start: startRabbitServer },
];

const WINDOW = 100;
const WARM_UP = 5000;
const PER = 100_000;
const PROCESSES = [1, 2, 4];
const OF_BARE = 0.6;

const rateOf = ({ messages, seconds }: Result): number => messages / seconds;
const cpuOf = ({ messages, cpuSeconds }: Result): number => (cpuSeconds / messages) * PER;

/** What a scene of a row may use; all of it ends with it. */
interface Stage {
  /** Pins the client only where it is alone. */
  run(contender: ContenderName, messages: number, pinned: boolean): Promise<Result>;
}

async function onStage<T>({ queue, start }: Broker, play: (stage: Stage) => Promise<T>): Promise<T> {
  const directory = mkdtempSync(join(tmpdir(), 'smpp-bench-'));
  const [{ url: queueUrl, server }, responder] = await Promise.all([start(), startResponder()]);
  let count = 0;
  try {
    return await play({
      run: (contender, messages, pinned) => {
        // Where RabbitMQ has the queue, each process keeps its correlations on disk.
        const queueDirectory = join(directory, String(++count));
        const own = {
          queue,
          queueUrl,
          queueDirectory,
          keyPrefix: 'bench',
          clientId: 'bench',
          queueCapacity: 0,
        };
        const job: Job = {
          ...{ contender, messages, warmUp: WARM_UP, window: WINDOW, receives: false },
          ...{ port: responder.port, options: own },
        };
        return runClient(job, pinned);
      },
    });
  } finally {
    responder.stop();
    await server.kill();
    rmSync(directory, { recursive: true, force: true });
  }
}

function road(broker: Broker): Row {
  const { queue, title, bare } = broker;
  return {
    name: `road-${queue}`,
    title: `the queue in ${title}, 1,000 callers, beside a queue of the bare client, batched`,
    measure: ({ rounds, messages, progress }) =>
      onStage(broker, async ({ run }) => {
        const own: Result[] = [];
        const other: Result[] = [];
        for (let round = 1; round <= rounds; round++) {
          progress(`road-${queue}: round ${round} of ${rounds}`);
          own.push(await run('own', messages, true));
          other.push(await run(bare, messages, true));
        }
        const figures = [
          ...figuresOf(`this package, whole road`, own),
          ...figuresOf(`${bare.replace('-', ' ')}, no road`, other),
        ];
        const share = median(own.map(rateOf)) / median(other.map(rateOf));
        return {
          figures,
          goals: [{ text: 'of the bare rate', value: share, limit: OF_BARE, atLeast: true }],
        };
      }),
  };
}

/** Each message may be sent by another process than gave it, and its outcome goes home. */
function grow(broker: Broker): Row {
  const { queue, title } = broker;
  return {
    name: `grow-${queue}`,
    title: `${PROCESSES.join(', ')} processes on one queue in ${title}, all together`,
    measure: ({ rounds, messages, progress }: Options) =>
      onStage(broker, async ({ run }) => {
        const totals = PROCESSES.map((): Result[] => []);
        for (let round = 1; round <= rounds; round++)
          for (const [at, processes] of PROCESSES.entries()) {
            progress(`grow-${queue}: round ${round} of ${rounds}, ${processes}`);
            const each = Math.ceil(messages / processes);
            const all = await Promise.all(Array.from({ length: processes }, () => run('own', each, false)));
            totals[at]?.push(together(all));
          }
        return {
          figures: PROCESSES.flatMap((processes, at) =>
            figuresOf(`${processes} ${processes === 1 ? 'process' : 'processes'}`, totals[at] ?? []),
          ),
          goals: [],
        };
      }),
  };
}

/** They ran side by side. */
const together = (all: readonly Result[]): Result => ({
  messages: all.reduce((sum, { messages }) => sum + messages, 0),
  seconds: Math.max(...all.map(({ seconds }) => seconds)),
  cpuSeconds: all.reduce((sum, { cpuSeconds }) => sum + cpuSeconds, 0),
  loopDelay: Math.max(...all.map(({ loopDelay }) => loopDelay)),
});

const figuresOf = (of: string, results: readonly Result[]): Figure[] => [
  { of, unit: 'messages / s', values: results.map(rateOf) },
  { of, unit: 'CPU s / 100k', values: results.map(cpuOf) },
];

export const BROKERS: readonly Row[] = BROKERS_KNOWN.flatMap((broker) => [road(broker), grow(broker)]);
