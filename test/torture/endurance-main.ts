/** `npm run torture:endurance -- --messages 100000 --rate 0`: messages out of Redis while it and the SMSC go down in turn. */
import { parseArgs } from 'node:util';
import { startRedisServer } from '../support/servers';
import { endurance } from './endurance';

const { values } = parseArgs({
  options: { messages: { type: 'string', default: '100000' }, rate: { type: 'string', default: '4000' } },
});

async function main(): Promise<boolean> {
  const { url, server } = await startRedisServer({ appendonly: true });
  const report = await endurance({
    ...{ messages: Number(values.messages), rate: Number(values.rate) },
    redis: { url, start: () => server.start(), stop: () => server.stop(), kill: () => server.kill() },
    say: (line) => void process.stderr.write(`${line}\n`),
  });
  const { lost, failed } = report;
  process.stdout.write(
    `${JSON.stringify({ ...report, lost: lost.length, failed: failed.length }, undefined, 1)}\n`,
  );
  process.stdout.write(
    `memory: ${report.slopePerMinute.toFixed(2)} MB a minute, ${report.slopePer10k.toFixed(2)} MB per 10,000 messages\n`,
  );
  return lost.length + failed.length + report.unmarked + report.mismatched === 0;
}

main().then(
  (well) => process.exit(well ? 0 : 1),
  (error: unknown) => {
    process.stderr.write(`${String(error)}\n`);
    process.exit(1);
  },
);
