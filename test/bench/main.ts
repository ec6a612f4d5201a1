/** `npm run bench`: CPU time and throughput of this package beside other clients, against a responder in another process. */
import { existsSync } from 'node:fs';
import * as path from 'node:path';
import { parseArgs } from 'node:util';
import type { Result } from './client';
import { canPin, runClient, startResponder } from './processes';
import { formatTable, report, type RowReport } from './report';
import { ROWS, type Row } from './rows';

const USAGE = `npm run bench -- [options]
  --row <name>       only this row: ${ROWS.map(({ name }) => name).join(', ')}
  --rounds <n>       rounds of each client, in turns; the median counts (default 5)
  --messages <n>     messages per round (default 50000)
  --json             the figures of all rounds as JSON
`;
const WARM_UP = 10_000;

interface Options {
  readonly rows: readonly Row[];
  readonly rounds: number;
  readonly messages: number;
  readonly json: boolean;
}

function optionsOf(args: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...args],
    options: {
      row: { type: 'string' },
      rounds: { type: 'string', default: '5' },
      messages: { type: 'string', default: '50000' },
      json: { type: 'boolean', default: false },
    },
  });
  const rows = ROWS.filter(({ name }) => values.row === undefined || name === values.row);
  if (rows.length === 0) throw new Error(`there is no row ${values.row}`);
  return {
    rows,
    rounds: count('rounds', values.rounds),
    messages: count('messages', values.messages),
    json: values.json,
  };
}

function count(name: string, given: string): number {
  const value = Number(given);
  if (Number.isInteger(value) && value > 0) return value;
  throw new Error(`--${name} ${given}: give a whole number from 1 on`);
}

async function measure(row: Row, { rounds, messages }: Options): Promise<RowReport> {
  const results = new Map<string, Result[]>(row.contenders.map((contender) => [contender, []]));
  const responder = await startResponder();
  try {
    for (let round = 1; round <= rounds; round++) {
      for (const contender of row.contenders) {
        progress(`${row.name}: round ${round} of ${rounds}, ${contender}`);
        const job = { contender, port: responder.port, window: row.window, messages, warmUp: WARM_UP };
        results.get(contender)?.push(await runClient(job));
      }
    }
  } finally {
    responder.stop();
    progress('');
  }
  return report(row, results);
}

/** Where somebody is watching. */
function progress(text: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${text}`);
}

async function main(options: Options): Promise<void> {
  const reports: RowReport[] = [];
  for (const row of options.rows) reports.push(await measure(row, options));
  if (options.json) return void process.stdout.write(`${JSON.stringify(reports, undefined, 2)}\n`);
  const pinned = canPin
    ? 'client and responder on a core each'
    : 'not pinned: taskset or a second core is missing';
  process.stdout.write(
    `${formatTable(reports)}\n${options.messages} messages a round, ${options.rounds} rounds; ${pinned}\n`,
  );
}

let options: Options;
try {
  options = optionsOf(process.argv.slice(2));
} catch (error) {
  process.stderr.write(`${(error as Error).message}\n${USAGE}`);
  process.exit(2);
}
if (!existsSync(path.resolve(__dirname, '../../dist/src/index.js'))) {
  process.stderr.write('dist/ is missing: run `npm run build` first, or start me by `npm run bench`\n');
  process.exit(2);
}
main(options).catch((error: unknown) => {
  process.stderr.write(`${String(error)}\n`);
  process.exitCode = 1;
});
