/**
 * `npm run torture:kill -- --rounds 200`: a client is killed that often; `--once`: with delivery at most once;
 * `--queue redis` or `rabbitmq`: Debian's, started for it; `--hits`: the broker is stopped, killed and cut off instead.
 */
import { parseArgs } from 'node:util';
import { Proxy, through } from '../support/proxy';
import { startRabbitServer, startRedisServer } from '../support/servers';
import { hitsOn, rabbitPlace, redisPlace } from './places';
import { faultsOf, torture, type TortureOptions } from './torture';

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '20' },
    once: { type: 'boolean', default: false },
    queue: { type: 'string', default: 'disk' },
    hits: { type: 'boolean', default: false },
  },
});

const say = (line: string): void => void process.stderr.write(`${line}\n`);
const delivery = values.once ? 'at-most-once' : 'at-least-once';

const BROKERS = {
  redis: { start: () => startRedisServer({ appendonly: true }), placeAt: redisPlace },
  rabbitmq: { start: () => startRabbitServer(), placeAt: rabbitPlace },
};

/** Where the queue is, and what befalls it. */
async function scene(queue: string): Promise<Pick<TortureOptions, 'place' | 'hits'>> {
  if (queue === 'disk') return {};
  if (queue !== 'redis' && queue !== 'rabbitmq')
    throw new Error(`--queue ${queue}: give disk, redis or rabbitmq`);
  const { start, placeAt } = BROKERS[queue];
  const { server, url, port } = await start();
  if (!values.hits) return { place: placeAt(url, 'torture') };
  const proxy = new Proxy(port);
  await proxy.listen();
  return { place: placeAt(through(url, proxy), 'torture'), hits: hitsOn(server, proxy) };
}

async function main(): Promise<void> {
  const report = await torture({
    rounds: Number(values.rounds),
    say,
    delivery,
    ...(await scene(values.queue)),
  });
  process.stdout.write(`${JSON.stringify({ ...report, lost: report.lost.length }, null, 2)}\n`);
  process.stdout.write(
    `${report.acknowledged} acknowledged, ${report.lost.length} lost, ${report.repeated} repeated\n`,
  );
  const faults = faultsOf(report, delivery);
  for (const fault of faults) process.stdout.write(`WRONG: ${fault}\n`);
  process.exit(faults.length === 0 ? 0 : 1);
}

main().catch((error: unknown) => {
  process.stderr.write(`${String(error)}\n`);
  process.exit(1);
});
