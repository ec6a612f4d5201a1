/**
 * How often tests repeat what they do with other numbers each time: runs of a property, seeds, kills. They give the
 * full number; `TEST_ROUNDS` is the part of it that is done: 1 in `.ci/run`, less by default, so that a run by hand is
 * short, and more for a search: `TEST_ROUNDS=20 npx mocha test/store/disk-flips.test.ts`.
 */
const part = partOf(process.env['TEST_ROUNDS'] ?? '0.1');

/** @returns so many rounds of `full`, but never fewer than `least`, which the test needs to show anything */
export function rounds(full: number, least = 1): number {
  return Math.max(least, Math.round(full * part));
}

/** Every nth of what is enumerated in full with `TEST_ROUNDS=1` or more; n is odd, so that odd ones and even ones stay. */
export function sampled<T>(all: readonly T[]): T[] {
  const step = part >= 1 ? 1 : 2 * Math.floor(1 / part / 2) + 1;
  return all.filter((_, at) => at % step === 0);
}

function partOf(given: string): number {
  const value = Number(given);
  if (value > 0 && Number.isFinite(value)) return value;
  throw new Error(`TEST_ROUNDS is "${given}": give a number above 0, such as 1 for all rounds`);
}
