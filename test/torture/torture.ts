import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { runsTypeScript } from '../support/child';
import { Centre, type Arrival } from './centre';

export interface TortureReport {
  readonly rounds: number;
  /** Messages whose enqueue resolved. */
  readonly acknowledged: number;
  /** Of these, those of which a segment never arrived. */
  readonly lost: number[];
  /** Segments that arrived more than once, counted each time beyond the first. */
  readonly repeated: number;
  /** The most that one kill has caused. */
  readonly repeatedPerKill: number;
  /** Repeats that were not marked as redelivered when they were sent. */
  readonly unmarked: number;
  /** Messages sent once that overtook another of their priority. */
  readonly overtaken: number;
  /** Long messages that came under more than one reference number. */
  readonly doubleReferences: number[];
  /** Messages that failed with OUTCOME_UNKNOWN. */
  readonly unknown: number;
  /** Acknowledged messages of which a segment never arrived and that did not fail either. */
  readonly vanished: number[];
  readonly receipts: number;
  /** Receipts that were matched to nothing, or to another message. */
  readonly mismatched: number;
}

export type Delivery = 'at-least-once' | 'at-most-once';

/** What is outstanding, and what was accepted but not settled yet; `maxUnsettled` bounds both. */
export const REPEATS_PER_KILL = 1000;

/** What must not be in a report, each as a line; none: all is well. */
export function faultsOf(report: TortureReport, delivery: Delivery): string[] {
  const { lost, vanished, repeated, repeatedPerKill, unmarked, overtaken, doubleReferences, mismatched } =
    report;
  const once = delivery === 'at-most-once';
  const faults: [count: number, what: string][] = [
    [once ? vanished.length : lost.length, 'messages were lost'],
    [once ? repeated : Math.max(0, repeatedPerKill - REPEATS_PER_KILL), 'repeats are too many'],
    [unmarked, 'repeats were not marked'],
    [overtaken, 'messages overtook another of their priority'],
    [doubleReferences.length, 'long messages came under two reference numbers'],
    [mismatched, 'receipts were matched to nothing or to another message'],
    [report.acknowledged > 0 && report.receipts > 0 ? 0 : 1, 'run has shown nothing'],
  ];
  return faults.filter(([count]) => count > 0).map(([count, what]) => `${count} ${what}`);
}

interface Told {
  readonly acknowledged: Set<number>;
  /** By number and segment: how often it was sent marked. */
  readonly marked: Map<string, number>;
  readonly failed: Set<number>;
  readonly receipts: { messageId: string; label: string }[];
}

const ROUND = 1_000_000;
const segmentsOf = (number: number): number =>
  number % 7 === 0 ? Math.ceil((60 * (String(number).length + 1)) / 153) : 1;

/**
 * Lets a client send from a disk queue to a centre of other make, kills it with SIGKILL at a random
 * moment, and again, `rounds` times; then lets the last one finish, and adds up.
 */
export async function torture(
  rounds: number,
  say: (line: string) => void = () => undefined,
  delivery: Delivery = 'at-least-once',
): Promise<TortureReport> {
  const directory = await mkdtemp(join(tmpdir(), 'smpp-torture-'));
  const centre = new Centre();
  await centre.start();
  const told: Told = { acknowledged: new Set(), marked: new Map(), failed: new Set(), receipts: [] };
  const perKill: number[] = [];
  try {
    for (let round = 0; round <= rounds; round++) {
      const before = repeatsOf(centre.arrivals);
      const mode = round < rounds ? 'send' : 'drain';
      await life([centre.port, directory, round * ROUND, mode, delivery], told);
      perKill.push(repeatsOf(centre.arrivals) - before);
      say(
        `round ${round}: ${told.acknowledged.size} acknowledged, ${centre.arrivals.length} segments arrived`,
      );
    }
    return { rounds, repeatedPerKill: Math.max(...perKill), ...judge(centre, told) };
  } finally {
    await centre.stop();
    await rm(directory, { recursive: true, force: true });
  }
}

/** One process, from its start to its end. */
async function life(args: readonly (string | number)[], told: Told): Promise<void> {
  const mode = args[3];
  const child = spawn(
    process.execPath,
    [...runsTypeScript, join(__dirname, 'child.ts'), ...args.map(String)],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
      cwd: join(__dirname, '..', '..'),
    },
  );
  let kill: NodeJS.Timeout | undefined;
  let finished = false;
  for await (const line of createInterface({ input: child.stdout })) {
    if (mode === 'send') kill ??= setTimeout(() => child.kill('SIGKILL'), 20 + Math.random() * 400);
    finished ||= line === 'e';
    note(line, told);
  }
  clearTimeout(kill);
  if (mode === 'drain' && !finished) throw new Error('the last client did not finish');
}

function note(line: string, { acknowledged, marked, failed, receipts }: Told): void {
  const [kind, ...words] = line.split(' ');
  const [one = '', two = '', three = ''] = words;
  if (kind === 'a') for (const word of words) acknowledged.add(Number(word));
  if (kind === 's' && three === 'r') marked.set(`${one}/${two}`, (marked.get(`${one}/${two}`) ?? 0) + 1);
  if (kind === 'f' && two === 'OUTCOME_UNKNOWN') failed.add(Number(one));
  if (kind === 'r') receipts.push({ messageId: one, label: two });
}

const keyOf = ({ number, segment }: Arrival): string => `${number}/${segment}`;

function timesOf(arrivals: readonly Arrival[]): Map<string, number> {
  const times = new Map<string, number>();
  for (const arrival of arrivals) times.set(keyOf(arrival), (times.get(keyOf(arrival)) ?? 0) + 1);
  return times;
}

function repeatsOf(arrivals: readonly Arrival[]): number {
  return arrivals.length - timesOf(arrivals).size;
}

function judge(centre: Centre, told: Told): Omit<TortureReport, 'rounds' | 'repeatedPerKill'> {
  const { arrivals, numbers } = centre;
  const times = timesOf(arrivals);
  const arrived = (number: number): boolean =>
    Array.from({ length: segmentsOf(number) }, (_, segment) => times.has(`${number}/${segment}`)).every(
      Boolean,
    );
  let unmarked = 0;
  for (const [key, count] of times) unmarked += Math.max(0, count - 1 - (told.marked.get(key) ?? 0));
  const wrong = told.receipts.filter(({ messageId, label }) => label !== `m${numbers.get(messageId)}`);
  const lost = [...told.acknowledged].filter((number) => !arrived(number));
  return {
    acknowledged: told.acknowledged.size,
    lost,
    unknown: told.failed.size,
    vanished: lost.filter((number) => !told.failed.has(number)),
    repeated: repeatsOf(arrivals),
    unmarked,
    overtaken: overtaken(arrivals, times),
    doubleReferences: doubleReferences(arrivals),
    receipts: told.receipts.length,
    mismatched: wrong.length,
  };
}

function overtaken(arrivals: readonly Arrival[], times: ReadonlyMap<string, number>): number {
  let count = 0;
  for (const isUrgent of [true, false]) {
    let last = -1;
    for (const arrival of arrivals) {
      const { number, segment } = arrival;
      if ((number % 3 === 0) !== isUrgent || segment > 0 || times.get(keyOf(arrival)) !== 1) continue;
      if (number < last) count++;
      last = Math.max(last, number);
    }
  }
  return count;
}

function doubleReferences(arrivals: readonly Arrival[]): number[] {
  const references = new Map<number, Set<number>>();
  for (const { number, reference } of arrivals) {
    references.set(number, (references.get(number) ?? new Set()).add(reference));
  }
  return [...references].filter(([, all]) => all.size > 1).map(([number]) => number);
}
