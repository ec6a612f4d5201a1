/** `npm run torture:kill -- --rounds 200` */
import { parseArgs } from 'node:util';
import { torture } from './torture';

const { values } = parseArgs({ options: { rounds: { type: 'string', default: '20' } } });

torture(Number(values.rounds), (line) => process.stderr.write(`${line}\n`)).then(
  (report) => {
    process.stdout.write(`${JSON.stringify({ ...report, lost: report.lost.length }, null, 2)}\n`);
    process.stdout.write(
      `${report.acknowledged} acknowledged, ${report.lost.length} lost, ${report.repeated} repeated\n`,
    );
    process.exitCode = report.lost.length === 0 ? 0 : 1;
  },
  (error: unknown) => {
    process.stderr.write(`${String(error)}\n`);
    process.exitCode = 1;
  },
);
