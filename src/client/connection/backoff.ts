/**
 * How long to wait before the n-th try in a row (n from 0), in milliseconds: a random
 * time up to min(max, min × 2ⁿ), never under a tenth of `min`. Full jitter keeps a thousand
 * clients from coming back at the same moment.
 *
 *   n      0   1   2   3    4    5    6 …
 *   up to  1 s 2 s 4 s 8 s 16 s 32 s 60 s      (min 1 s, max 60 s)
 */
export function backoff(attempt: number, min: number, max: number, random: () => number): number {
  const ceiling = Math.min(max, min * 2 ** Math.min(attempt, 30));
  return Math.max(min / 10, random() * ceiling);
}
