/** `npm run torture:kill -- --rounds 200`; `--once`: with delivery at most once. */
import { parseArgs } from 'node:util';
import { faultsOf, torture } from './torture';

const { values } = parseArgs({
  options: { rounds: { type: 'string', default: '20' }, once: { type: 'boolean', default: false } },
});

const say = (line: string): void => void process.stderr.write(`${line}\n`);
const delivery = values.once ? 'at-most-once' : 'at-least-once';

torture(Number(values.rounds), say, delivery).then(
  (report) => {
    process.stdout.write(`${JSON.stringify({ ...report, lost: report.lost.length }, null, 2)}\n`);
    process.stdout.write(
      `${report.acknowledged} acknowledged, ${report.lost.length} lost, ${report.repeated} repeated\n`,
    );
    const faults = faultsOf(report, delivery);
    for (const fault of faults) process.stdout.write(`WRONG: ${fault}\n`);
    process.exitCode = faults.length === 0 ? 0 : 1;
  },
  (error: unknown) => {
    process.stderr.write(`${String(error)}\n`);
    process.exitCode = 1;
  },
);
