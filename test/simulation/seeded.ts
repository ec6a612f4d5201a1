/** Chance that a seed repeats: numbers from 0 to 1 (Park and Miller's minimal standard generator). */
export function seeded(seed: number): () => number {
  let state = (seed % 2_147_483_646) + 1;
  return () => (state = (state * 48_271) % 2_147_483_647) / 2_147_483_647;
}
