import { chunksOf } from '../../chunks';
import type { CorrelationEntry, Settlement } from '../../types';

/** Messages per step: on a disk that is nearly full there is room for a few at a time. */
const STEP = 64;

interface Step {
  readonly entries: readonly CorrelationEntry[];
  readonly settlements: readonly Settlement[];
}

/**
 * Writes all at once, or where there is no room for that, in steps: each message's correlations beside its
 * settlement or before it. Rejects with the first failure; the rest is tried all the same.
 */
export async function writeAll(
  entries: readonly CorrelationEntry[],
  settlements: readonly Settlement[],
  write: (step: Step) => Promise<void>,
): Promise<void> {
  try {
    return await write({ entries, settlements });
  } catch (error) {
    if (settlements.length <= STEP && entries.length <= STEP) throw error;
  }
  for (const outcome of await Promise.allSettled(inSteps(entries, settlements).map(write))) {
    if (outcome.status === 'rejected') throw outcome.reason;
  }
}

function inSteps(entries: readonly CorrelationEntry[], settlements: readonly Settlement[]): Step[] {
  const settled = new Set(settlements.map(({ lease }) => lease.item.id));
  const others = entries.filter(({ id }) => !settled.has(id));
  const steps: Step[] = [...chunksOf(others, STEP)].map((part) => ({ entries: part, settlements: [] }));
  for (const part of chunksOf(settlements, STEP)) {
    const ids = new Set(part.map(({ lease }) => lease.item.id));
    steps.push({ entries: entries.filter(({ id }) => ids.has(id)), settlements: part });
  }
  return steps;
}
