/**
 * `npm run torture -- --seeds 1000 --from 1 --jobs 6`: that many seeds, each a hostile SMSC and a client with a few
 * lives, some of which end by SIGKILL; both histories are held against each other.
 * `npm run torture -- --seed 17`: one, with all that both sides have to tell. `--histories folder`: the same into files,
 * for those with faults, for not every fault comes again.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { campaign } from './campaign';
import { compileLife, runSeed, type SeedReport } from './run';

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '200' },
    from: { type: 'string', default: '1' },
    jobs: { type: 'string', default: String(3 * availableParallelism()) },
    seed: { type: 'string' },
    histories: { type: 'string' },
  },
});

const print = (line: string): void => void process.stdout.write(`${line}\n`);

async function one(seed: number): Promise<boolean> {
  const child = await compileLife();
  try {
    const report = await runSeed(seed, child.path);
    show(report, print);
    return report.faults.length === 0;
  } finally {
    await child.remove();
  }
}

/** Both histories, line by line, in the order of their time. */
function show({ history, faults }: SeedReport, print: (line: string) => void): void {
  const { plan, told, smsc } = history;
  const { lives, ...rest } = plan;
  print(JSON.stringify(rest, null, 1));
  for (const life of lives)
    print(JSON.stringify({ ...life, deeds: life.deeds.map((deed) => `${deed.at} ${deed.do}`) }));
  const start = told[0]?.at ?? 0;
  const lines = [
    ...told.map(({ at, life, kind, words }) => ({
      at,
      text: `client ${life}: ${kind} ${JSON.stringify(words)}`,
    })),
    ...smsc.arrivals.map(({ at, n, segment, link, status, id, answeredAt }) => {
      const answer =
        status === undefined ? 'never answered' : `${status} ${id ?? ''} at ${ms(answeredAt, start)}`;
      return { at, text: `                SMSC link ${link}: ${n}/${segment}: ${answer}` };
    }),
  ];
  for (const { at, text } of lines.sort((a, b) => a.at - b.at)) print(`${ms(at, start)} ${text}`);
  for (const { kind, key, n, sent, takenAt } of smsc.pending) {
    const taken = takenAt === undefined ? 'not taken' : `taken at ${ms(takenAt, start)}`;
    print(`SMSC: ${kind} ${key} (${n}) sent ${sent} times, ${taken}`);
  }
  for (const fault of faults) print(`WRONG: ${fault}`);
}

function keep(report: SeedReport, folder: string): void {
  const lines: string[] = [];
  show(report, (line) => void lines.push(line));
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, `seed-${report.seed}.txt`), `${lines.join('\n')}\n`);
}

function ms(at: number | undefined, start: number): string {
  return at === undefined ? 'no time: the link was gone' : (at - start).toFixed(1).padStart(8);
}

async function many(): Promise<boolean> {
  const from = Number(values.from);
  const started = performance.now();
  const report = await campaign({ from, count: Number(values.seeds), jobs: Number(values.jobs) }, (each) => {
    for (const fault of each.faults) print(`seed ${each.seed}: ${fault}`);
    if (each.faults.length > 0 && values.histories !== undefined) keep(each, values.histories);
  });
  const { seeds, messages, kills, restarts, failed } = report;
  const seconds = Math.round((performance.now() - started) / 1000);
  print(
    `${seeds} seeds in ${seconds} s: ${messages} messages, ${kills} kills, ${restarts} restarts; ` +
      `${failed.length} seeds with faults${failed.length > 0 ? `: ${failed.join(' ')}` : ''}`,
  );
  return failed.length === 0;
}

(values.seed === undefined ? many() : one(Number(values.seed))).then(
  (well) => void (process.exitCode = well ? 0 : 1),
  (error: unknown) => {
    process.stderr.write(`${String(error)}\n`);
    process.exitCode = 1;
  },
);
