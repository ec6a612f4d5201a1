import type { ChildProcess } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { startChild } from '../support/child';
import { pass } from '../support/until';
import { Centre, type Arrival } from './centre';
import type { Life } from './child';

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
  /** Batches that could not be enqueued, as the broker was away. */
  readonly refused: number;
  /** Binds that the SMSC saw. */
  readonly binds: number;
  readonly receipts: number;
  /** Receipts that were matched to nothing, or to another message. */
  readonly mismatched: number;
}

export type Delivery = 'at-least-once' | 'at-most-once';

/** What is outstanding, and what was accepted but not settled yet; `maxUnsettled` bounds both. */
export const REPEATS_PER_KILL = 1000;

/** The queue that is to lose nothing. */
export interface Place {
  /** The client's. */
  readonly options: Readonly<Record<string, unknown>>;
  /**
   * Milliseconds after which the leases of a dead client are given to another. Absent: at once, and they come before all
   * others, so that the order is kept and what a kill caused is seen in the next life.
   */
  readonly leaseTime?: number;
  /** Milliseconds for which the queue must be seen empty to be so, where that is more. */
  readonly idle?: number;
  /** Milliseconds after which what a dead client was to be told of is told by another. */
  readonly toldAfter?: number;
}

export interface TortureOptions {
  readonly rounds: number;
  readonly say?: (line: string) => void;
  readonly delivery?: Delivery;
  /** Default: a queue on disk of its own. */
  readonly place?: Place;
  /** What happens to the broker while one client sends all the time, in place of the kills. */
  readonly hits?: readonly Hit[];
}

/** Something that befalls a broker; when it has resolved the broker serves again. */
export interface Hit {
  readonly name: string;
  do(): Promise<unknown>;
}

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
  refused: number;
}

const ROUND = 1_000_000;
/** Between batches while a broker is hit: so many are sent as come, and nothing piles up. */
const STEADY = 15;
const segmentsOf = (number: number): number =>
  number % 7 === 0 ? Math.ceil((60 * (String(number).length + 1)) / 153) : 1;

/**
 * Lets a client send from a queue that outlives it to an SMSC of other make, kills it with SIGKILL at a random moment,
 * and again, `rounds` times; then lets the last one finish, and adds up. With `hits` one client sends all the time,
 * and it is the broker that is stopped, killed or cut off, each in turn, `rounds` times all together.
 */
export async function torture(options: TortureOptions): Promise<TortureReport> {
  const { rounds, say = () => undefined, delivery = 'at-least-once', hits } = options;
  const directory = await mkdtemp(join(tmpdir(), 'smpp-torture-'));
  const { place = { options: { queue: 'disk' } } } = options;
  const centre = new Centre();
  await centre.start();
  const told: Told = {
    ...{ acknowledged: new Set(), marked: new Map(), failed: new Set(), receipts: [], refused: 0 },
  };
  const perKill: number[] = [];
  const { leaseTime = 0, toldAfter = 0 } = place;
  // At most once a message may fail by a crash, which somebody has to tell.
  const idle = Math.max(place.idle ?? 0, 3 * leaseTime, delivery === 'at-most-once' ? toldAfter : 0);
  const common = {
    ...{ port: centre.port, pause: hits ? STEADY : 0, idle },
    options: { queueDirectory: directory, ...place.options, delivery },
  };
  const live = async (round: number, sends: boolean, during?: During): Promise<void> => {
    const before = repeatsOf(centre.arrivals);
    await life({ ...common, first: round * ROUND, sends }, told, during);
    perKill.push(repeatsOf(centre.arrivals) - before);
    say(
      `round ${round}: ${told.acknowledged.size} acknowledged, ${centre.arrivals.length} segments arrived, ${repeatsOf(centre.arrivals)} of them again`,
    );
  };
  try {
    if (hits) await live(0, true, hitting(hits, rounds, say));
    else for (let round = 0; round < rounds; round++) await live(round, true, kill);
    if (!hits) await live(rounds, false);
    const worst = Math.max(...perKill);
    const sum = perKill.reduce((all, one) => all + one, 0);
    const isSeenAtOnce = place.leaseTime === undefined && !hits;
    return {
      rounds,
      repeatedPerKill: isSeenAtOnce ? worst : sum / rounds,
      ...judge(centre, told, isSeenAtOnce),
    };
  } finally {
    await centre.stop();
    await rm(directory, { recursive: true, force: true });
  }
}

/** What happens while a client sends. */
type During = (child: ChildProcess) => Promise<void>;

async function kill(child: ChildProcess): Promise<void> {
  await pass(20 + Math.random() * 400);
  child.kill('SIGKILL');
}

function hitting(hits: readonly Hit[], rounds: number, say: (line: string) => void): During {
  return async (child) => {
    try {
      for (let round = 0; round < rounds; round++) {
        const hit = hits[round % hits.length];
        await pass(300 + Math.random() * 700);
        say(`hit ${round}: ${hit?.name}`);
        await hit?.do();
      }
      await pass(500);
    } finally {
      child.kill('SIGTERM');
    }
  };
}

/** One process, from its start to its end. */
async function life(plan: Life, told: Told, during?: During): Promise<void> {
  const child = startChild(join(__dirname, 'child.ts'), [JSON.stringify(plan)]);
  let happening: Promise<void> | undefined;
  let finished = false;
  for await (const line of createInterface({ input: child.stdout })) {
    happening ??= during?.(child);
    happening?.catch(() => undefined);
    finished ||= line === 'e';
    note(line, told);
  }
  await happening;
  if (during !== kill && !finished) throw new Error('the last client did not finish');
}

function note(line: string, told: Told): void {
  const { acknowledged, marked, failed, receipts } = told;
  const [kind, ...words] = line.split(' ');
  const [one = '', two = '', three = ''] = words;
  if (kind === 'a') for (const word of words) acknowledged.add(Number(word));
  if (kind === 's' && three === 'r') marked.set(`${one}/${two}`, (marked.get(`${one}/${two}`) ?? 0) + 1);
  if (kind === 'f' && two === 'OUTCOME_UNKNOWN') failed.add(Number(one));
  if (kind === 'x') told.refused++;
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

function judge(
  centre: Centre,
  told: Told,
  inOrder: boolean,
): Omit<TortureReport, 'rounds' | 'repeatedPerKill'> {
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
    overtaken: inOrder ? overtaken(arrivals, times) : 0,
    doubleReferences: doubleReferences(arrivals),
    refused: told.refused,
    binds: centre.binds,
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
