/** `npm run bench`: CPU time, throughput, memory of this package beside other clients, and what they are to be. */
import { existsSync } from 'node:fs';
import * as path from 'node:path';
import { parseArgs } from 'node:util';
import { canPin } from './processes';
import { formatReport, report, summary, type RowReport } from './report';
import { ROWS, type Options, type Row } from './rows';

const USAGE = `npm run bench -- [options]
  --row <name>       only this row, or rows that begin so: ${ROWS.map(({ name }) => name).join(', ')}
  --rounds <n>       rounds of each, in turns; the median counts (default 3)
  --messages <n>     messages per round (default 50000)
  --json             the figures of all rounds as JSON
`;

interface Wanted extends Options {
  readonly rows: readonly Row[];
  readonly json: boolean;
}

function wantedOf(args: readonly string[]): Wanted {
  const { values } = parseArgs({
    args: [...args],
    options: {
      row: { type: 'string' },
      rounds: { type: 'string', default: '3' },
      messages: { type: 'string', default: '50000' },
      json: { type: 'boolean', default: false },
    },
  });
  const { row } = values;
  const named = ROWS.filter(({ name }) => name === row);
  const rows =
    named.length > 0
      ? named
      : ROWS.filter((one) => (row === undefined ? !one.slow : one.name.startsWith(row)));
  if (rows.length === 0) throw new Error(`there is no row ${row}`);
  return {
    rows,
    rounds: count('rounds', values.rounds),
    messages: count('messages', values.messages),
    json: values.json,
    progress,
  };
}

function count(name: string, given: string): number {
  const value = Number(given);
  if (Number.isInteger(value) && value > 0) return value;
  throw new Error(`--${name} ${given}: give a whole number from 1 on`);
}

/** Where somebody is watching. */
function progress(text: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${text}`);
}

async function main(wanted: Wanted): Promise<void> {
  const say = (text: string): void => void process.stdout.write(`${text}\n`);
  const reports: RowReport[] = [];
  for (const row of wanted.rows) {
    const found = report(row, await row.measure(wanted));
    progress('');
    reports.push(found);
    if (!wanted.json) say(`${formatReport(found)}\n`);
  }
  if (wanted.json) return say(JSON.stringify(reports, undefined, 2));
  const cores = canPin
    ? 'client and responder on a core each'
    : 'not pinned: taskset or a second core is missing';
  say(`Medians of ${wanted.rounds} rounds, ${wanted.messages} messages each; ${cores}.\n${summary(reports)}`);
}

let wanted: Wanted;
try {
  wanted = wantedOf(process.argv.slice(2));
} catch (error) {
  process.stderr.write(`${(error as Error).message}\n${USAGE}`);
  process.exit(2);
}
if (!existsSync(path.resolve(__dirname, '../../dist/src/index.js'))) {
  process.stderr.write('dist/ is missing: run `npm run build` first, or start me by `npm run bench`\n');
  process.exit(2);
}
main(wanted).catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
  process.exitCode = 1;
});
