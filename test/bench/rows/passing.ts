/** Rows in which messages pass: clients in processes of their own, in turns, against one responder. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Job, Result } from '../client';
import { CONTENDERS, type ContenderName } from '../contenders';
import { runClient, startResponder } from '../processes';
import { median, type Figure, type Goal, type Options, type Row } from './types';

/** A client, how it is set up, and what the table calls it. */
interface Entrant extends Partial<
  Pick<Job, 'options' | 'message' | 'window' | 'backlog' | 'correlations' | 'metrics'>
> {
  readonly contender: ContenderName;
  readonly title?: string;
  /** Its queue is on disk, in a directory of its own. */
  readonly onDisk?: boolean;
}

interface PassingRow extends Pick<Row, 'name' | 'title'> {
  readonly window: number;
  readonly receives?: boolean;
  readonly entrants: readonly Entrant[];
  /** Messages before it is measured; absent: {@link WARM_UP}. */
  readonly warmUp?: number;
  goals(cpu: (entrant: number) => number, all: All): Goal[];
}

interface All {
  readonly results: readonly (readonly Result[])[];
  /** Milliseconds. */
  readonly latencies: readonly number[];
}

const WARM_UP = 10_000;
const PER = 100_000;
const cpuOf = ({ cpuSeconds, messages }: Result): number => (cpuSeconds / messages) * PER;

export function passing(row: PassingRow): Row {
  const { name, title, entrants } = row;
  return {
    name,
    title,
    async measure(options) {
      const all = await run(row, options);
      const cpu = (entrant: number): number => median((all.results[entrant] ?? []).map(cpuOf));
      return {
        figures: entrants.flatMap((one, at) => figures(one, all.results[at] ?? [])),
        goals: row.goals(cpu, all),
      };
    },
  };
}

async function run(row: PassingRow, { rounds, messages, progress }: Options): Promise<All> {
  const results: Result[][] = row.entrants.map(() => []);
  const latencies: number[] = [];
  const responder = await startResponder();
  try {
    for (let round = 1; round <= rounds; round++)
      for (const [at, entrant] of row.entrants.entries()) {
        progress(`${row.name}: round ${round} of ${rounds}, ${titleOf(entrant)}`);
        const job = { window: row.window, ...entrant, port: responder.port, receives: row.receives ?? false };
        results[at]?.push(
          await withQueue({ ...job, messages, warmUp: row.warmUp ?? WARM_UP }, entrant.onDisk),
        );
        const took = await responder.latencies();
        if (at === 0) latencies.push(...took);
      }
  } finally {
    responder.stop();
  }
  return { results, latencies };
}

async function withQueue(job: Job, onDisk = false): Promise<Result> {
  if (!onDisk) return runClient(job);
  const queueDirectory = mkdtempSync(join(tmpdir(), 'smpp-bench-'));
  try {
    return await runClient({ ...job, options: { ...job.options, queueDirectory } });
  } finally {
    rmSync(queueDirectory, { recursive: true, force: true });
  }
}

function titleOf({ contender, title }: Entrant): string {
  return title ?? CONTENDERS[contender].title;
}

function figures(entrant: Entrant, results: readonly Result[]): Figure[] {
  const of = titleOf(entrant);
  return [
    { of, unit: 'CPU s / 100k', values: results.map(cpuOf) },
    { of, unit: 'messages / s', values: results.map(({ seconds, messages }) => messages / seconds) },
  ];
}

const plain: readonly Entrant[] = [
  { contender: 'own' },
  { contender: 'node-smpp' },
  { contender: 'bare-socket' },
];
const cheaperThanNpm = (cpu: (entrant: number) => number): Goal => ({
  text: 'CPU, times npm smpp',
  value: cpu(0) / cpu(1),
  limit: 1,
});

const percentile = (values: readonly number[], share: number): number =>
  values.toSorted((one, other) => one - other)[Math.floor(values.length * share)] ?? NaN;

export const PASSING: readonly Row[] = [
  passing({
    name: 'road-100',
    title: 'a message through intake, memory queue, window of 100, correlation and outcome',
    window: 100,
    entrants: plain,
    goals: (cpu, { results, latencies }) => [
      { text: 'CPU s / 100k', value: cpu(0), limit: 0.9 },
      cheaperThanNpm(cpu),
      {
        text: 'event loop delay p99, ms',
        value: median((results[0] ?? []).map(({ loopDelay }) => loopDelay)),
        limit: 20,
      },
      { text: 'enquire_link answered at full speed p99, ms', value: percentile(latencies, 0.99), limit: 50 },
    ],
  }),
  passing({
    name: 'road-10',
    title: 'the same with the default window of 10',
    window: 10,
    entrants: plain,
    goals: (cpu) => [{ text: 'CPU s / 100k', value: cpu(0), limit: 1.5 }, cheaperThanNpm(cpu)],
  }),
  passing({
    name: 'road-1',
    title: 'the same with a window of 1',
    window: 1,
    entrants: plain,
    goals: (cpu) => [
      { text: 'CPU, times bare socket', value: cpu(0) / cpu(2), limit: 1.5 },
      cheaperThanNpm(cpu),
    ],
  }),
  passing({
    name: 'road-all',
    title: 'info log written, receipts asked for and correlated, beside neither',
    window: 100,
    entrants: [
      {
        contender: 'own',
        title: 'with all of it',
        options: { logLevel: 'info' },
        message: { registered_delivery: 1 },
      },
      { contender: 'own', title: 'plain' },
    ],
    goals: (cpu) => [{ text: 'CPU, times plain', value: cpu(0) / cpu(1), limit: 1.25 }],
  }),
  passing({
    name: 'road-disk',
    title: 'the queue on disk, 1,000 callers',
    window: 100,
    entrants: [
      { contender: 'own', title: 'on disk', onDisk: true },
      { contender: 'own', title: 'in memory' },
    ],
    goals: (cpu) => [{ text: 'CPU, times in memory', value: cpu(0) / cpu(1), limit: 2.5 }],
  }),
  passing({
    name: 'road-64',
    title: 'sessions: 64, and one, each with the default window',
    window: 10,
    entrants: [
      { contender: 'own', title: '64 sessions', options: { sessions: 64 } },
      { contender: 'own', title: 'one session' },
    ],
    goals: (cpu) => [{ text: 'CPU, times one session', value: cpu(0) / cpu(1), limit: 1.3 }],
  }),
  passing({
    name: 'backlog',
    title: 'messages queued before, and always that many',
    window: 100,
    // The first 12,000 of a backlog are not packed; the code that unpacks the rest is compiled by then.
    warmUp: 40_000,
    entrants: [1_000_000, 1000].map((backlog) => ({
      contender: 'own',
      title: `${backlog.toLocaleString('en-GB')} queued`,
      backlog,
      options: { queueCapacity: 2_000_000 },
    })),
    goals: (cpu) => [{ text: 'CPU, times with 1,000', value: cpu(0) / cpu(1), limit: 1.3 }],
  }),
  passing({
    name: 'correlations',
    title: 'receipts, with message_ids of earlier messages known',
    window: 100,
    receives: true,
    entrants: [1_000_000, 1000].map((correlations) => ({
      contender: 'own',
      title: `${correlations.toLocaleString('en-GB')} known`,
      correlations,
      message: { registered_delivery: 1 },
    })),
    goals: (cpu) => [{ text: 'CPU, times with 1,000', value: cpu(0) / cpu(1), limit: 1.3 }],
  }),
  passing({
    name: 'incoming',
    title: 'a receipt that comes in: parsed, correlated, told, answered; window of the peer 100',
    window: 100,
    receives: true,
    entrants: plain.map((entrant) => ({ ...entrant, message: { registered_delivery: 1 } })),
    goals: (cpu) => [{ text: 'CPU s / 100k', value: cpu(0), limit: 1 }],
  }),
];
