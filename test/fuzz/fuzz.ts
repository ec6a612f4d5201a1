import { mutated } from './mutations';
import { Random } from './random';
import type { Decoder } from './decoders';

/** Octets of one run: no input is larger. */
const MOST = 4096;
/** Milliseconds that one run may take. Ours take less than one; the rest is for a machine that is busy. */
const TIME_LIMIT = 500;
/** Octets outside the heap that one run may take beside sixteen times its input. */
const ROOM = 1 << 20;

export interface Failure {
  readonly decoder: string;
  /** Seed of the one run: with it, only that is run again. */
  readonly seed: number;
  readonly hex: string;
  readonly error: unknown;
}

/** The seed of a run; 0 is the seed of the whole itself, so that a single run can be had again. */
export function seedOf(seed: number, run: number): number {
  return (seed + Math.imul(run, 0x9e3779b1)) >>> 0;
}

/** One run: nothing but the errors of the room, in bounded time and room. */
export function runOnce(decoder: Decoder, seed: number): Failure | undefined {
  const octets = mutated(decoder.seeds, new Random(seed), MOST);
  const hex = octets.toString('hex');
  const failed = (error: unknown): Failure => ({ decoder: decoder.name, seed, hex, error });
  let least = Infinity;
  // What takes long once may have been held up; what takes long three times is slow.
  for (let times = 0; times < 3 && least > TIME_LIMIT; times++) {
    const before = process.memoryUsage().arrayBuffers;
    const started = performance.now();
    try {
      decoder.run(Buffer.from(octets), new Random(~seed));
    } catch (error) {
      return failed(error);
    }
    least = Math.min(least, performance.now() - started);
    const taken = process.memoryUsage().arrayBuffers - before;
    if (taken > ROOM + 16 * octets.length) return failed(new Error(`it takes ${taken} octets of memory`));
  }
  return least > TIME_LIMIT ? failed(new Error(`it takes ${Math.round(least)} ms`)) : undefined;
}

/** The first failure of so many runs. */
export function fuzz(decoder: Decoder, seed: number, runs: number): Failure | undefined {
  for (let run = 0; run < runs; run++) {
    const failure = runOnce(decoder, seedOf(seed, run));
    if (failure) return failure;
  }
  return undefined;
}

export function describeFailure({ decoder, seed, hex, error }: Failure): string {
  const what = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return `${decoder} with ${hex}\n${what}\nagain: npm run fuzz -- ${decoder} --seed ${seed} --runs 1`;
}
