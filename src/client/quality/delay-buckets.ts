/**
 * Times from the acceptance of a segment to its final receipt, counted in buckets: each is larger than the one before
 * by the root of 2, so that a quantile is right within some 20 percent, and mostly better.
 */
export const BUCKETS = 42;
/** Seconds: the end of the first bucket; the last begins at about 41 hours. */
const FIRST = 0.1;

export function bucketOf(seconds: number): number {
  if (!(seconds > FIRST)) return 0;
  return Math.min(BUCKETS - 1, Math.ceil(2 * Math.log2(seconds / FIRST)));
}

const endOf = (bucket: number): number => FIRST * 2 ** (bucket / 2);

/** Seconds within which the share `q` of them came, three digits of them; undefined: there are none. */
export function quantile(counts: readonly number[], q: number): number | undefined {
  const total = counts.reduce((sum, count) => sum + count, 0);
  if (total === 0) return undefined;
  let rank = q * total;
  let bucket = 0;
  while (bucket < counts.length - 1 && rank > (counts[bucket] as number)) rank -= counts[bucket++] as number;
  const start = bucket === 0 ? 0 : endOf(bucket - 1);
  // Of the last bucket only the beginning is known.
  const width = bucket === BUCKETS - 1 ? 0 : endOf(bucket) - start;
  const seconds = start + (width * rank) / (counts[bucket] || 1);
  return Number(seconds.toPrecision(3));
}
