import type { CorrelationEntry, Settlement } from '../types';

/** Messages per step: on a disk that is nearly full there is room for a few at a time. */
const STEP = 64;

export interface Step {
  readonly entries: readonly CorrelationEntry[];
  readonly settlements: readonly Settlement[];
}

/** Cuts what is to be written at once into steps, each message's correlations beside its settlement or before it. */
export function inSteps(entries: readonly CorrelationEntry[], settlements: readonly Settlement[]): Step[] {
  if (settlements.length <= STEP && entries.length <= STEP) return [{ entries, settlements }];
  const settled = new Set(settlements.map(({ lease }) => lease.item.id));
  const ofMessage = new Map<string, CorrelationEntry[]>();
  const others: CorrelationEntry[] = [];
  for (const entry of entries) {
    if (!settled.has(entry.id)) others.push(entry);
    else ofMessage.set(entry.id, [...(ofMessage.get(entry.id) ?? []), entry]);
  }
  const steps: Step[] = chunks(others).map((part) => ({ entries: part, settlements: [] }));
  for (const part of chunks(settlements)) {
    const theirs = part.flatMap(({ lease }) => ofMessage.get(lease.item.id) ?? []);
    steps.push({ entries: theirs, settlements: part });
  }
  return steps;
}

/** All are tried; rejects with the first failure. */
export async function every(steps: readonly Promise<void>[]): Promise<void> {
  for (const outcome of await Promise.allSettled(steps)) {
    if (outcome.status === 'rejected') throw outcome.reason;
  }
}

function chunks<T>(list: readonly T[]): T[][] {
  const count = Math.ceil(list.length / STEP);
  return Array.from({ length: count }, (_, at) => list.slice(at * STEP, (at + 1) * STEP));
}
