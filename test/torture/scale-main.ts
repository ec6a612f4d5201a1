/**
 * `npm run torture:scale -- --queue redis --processes 4 --seconds 10 --rate 500`: several processes on one queue, against
 * an account that polices its rate; `--kill`: one of them is killed. Debian's server, started for it.
 */
import { parseArgs } from 'node:util';
import { startRabbitServer, startRedisServer } from '../support/servers';
import { scaleOut } from './scale-out';

const { values } = parseArgs({
  options: {
    queue: { type: 'string', default: 'redis' },
    processes: { type: 'string', default: '4' },
    seconds: { type: 'string', default: '10' },
    rate: { type: 'string', default: '500' },
    kill: { type: 'boolean', default: false },
  },
});

async function main(): Promise<void> {
  const { url } = await (values.queue === 'rabbitmq' ? startRabbitServer() : startRedisServer());
  const report = await scaleOut({
    place: { queue: values.queue, queueUrl: url, leaseTime: 2 },
    processes: Number(values.processes),
    limit: Number(values.rate),
    seconds: Number(values.seconds),
    kills: values.kill,
    say: (line) => void process.stderr.write(`${line}\n`),
  });
  process.stdout.write(`${JSON.stringify(report, undefined, 1)}\n`);
}

main().then(
  () => process.exit(),
  (error: unknown) => {
    process.stderr.write(`${String(error)}\n`);
    process.exit(1);
  },
);
