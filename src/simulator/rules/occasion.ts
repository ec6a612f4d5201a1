import type { Occasion } from './types';

/** Counts requests, and tells which of them a rule is about. */
export function occasion({
  every = 1,
  destination,
  times = Infinity,
}: Occasion): (numbers?: readonly string[]) => boolean {
  const prefix = destination?.replace(/^\+/, '');
  let seen = 0;
  let left = times;
  return (numbers = []) => {
    if (prefix !== undefined && !numbers.some((number) => number.startsWith(prefix))) return false;
    seen++;
    if (left === 0 || seen % every !== 0) return false;
    left--;
    return true;
  };
}
