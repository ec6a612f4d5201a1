/**
 * What is kept in memory, measured in a process of its own. The child's file calls {@link tellGrowth}, the test
 * {@link growthOf}:
 *
 *     // reassembly-child.ts
 *     void tellGrowth(async () => { const reassembler = …; fill(reassembler); return { kept: reassembler } });
 *     // reassembly.test.ts
 *     const { rss, heap } = growthOf(join(__dirname, 'reassembly-child.ts'), 'one-octet-parts');
 */
import { execFileSync } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { runsTypeScript } from './child';
import { say } from './say';

/** In octets. */
export interface Memory {
  /** All that is resident, code and runtime included. */
  readonly rss: number;
  /** Objects and strings, and what lies outside of the heap: buffers. */
  readonly heap: number;
}

export interface Growth<Facts> {
  /** Before the work, but after `warmUp`. */
  readonly before: Memory;
  readonly after: Memory;
  /** `after` less `before`. */
  readonly rss: number;
  readonly heap: number;
  /** The most that was ever resident, in octets. */
  readonly peak: number;
  /** What the child said of its work. */
  readonly facts: Facts;
}

/** The child's work: what it returns as `kept` is held while it is measured, `facts` go to the test. */
export type Work = () => Promise<{ readonly kept: unknown; readonly facts?: unknown }>;

/** Garbage is gone when two measurements in a row agree. */
const AGREE = 256 * 1024;
const MOST_ROUNDS = 12;

/** For the child: does the work and tells the test of it, by one line. `warmUp` loads code that is not to be counted. */
export async function tellGrowth(work: Work, warmUp?: () => Promise<unknown>): Promise<void> {
  await warmUp?.();
  const before = await settled();
  const { kept, facts } = await work();
  const after = await settled();
  const [rss, heap] = [after.rss - before.rss, after.heap - before.heap];
  say(JSON.stringify({ before, after, rss, heap, peak: process.resourceUsage().maxRSS * 1024, facts }));
  // Until here it was needed.
  hold(kept);
}

/** For the test: runs the file, which calls {@link tellGrowth}, with these arguments. */
export function growthOf<Facts = undefined>(file: string, ...args: readonly string[]): Growth<Facts> {
  const told = execFileSync(process.execPath, ['--expose-gc', ...runsTypeScript, file, ...args], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
    timeout: 120_000,
  });
  return JSON.parse(told) as Growth<Facts>;
}

/** Octets as tests speak of them. */
export const megabytes = (octets: number): string => `${(octets / 1e6).toFixed(1)} MB`;

/** What is resident once garbage is collected. */
export async function settled(): Promise<Memory> {
  if (!global.gc) throw new Error('run me with --expose-gc');
  let last = NaN;
  for (let round = 0; round < MOST_ROUNDS; round++) {
    global.gc();
    // Buffers are given back by tasks of their own.
    await sleep(20);
    const { heapUsed, external } = process.memoryUsage();
    const heap = heapUsed + external;
    if (Math.abs(heap - last) < AGREE) break;
    last = heap;
  }
  const { rss, heapUsed, external } = process.memoryUsage();
  return { rss, heap: heapUsed + external };
}

const held = new WeakSet<object>();

function hold(kept: unknown): void {
  if (typeof kept === 'object' && kept !== null) held.add(kept);
}
