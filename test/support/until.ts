const PATIENCE = 4000;

/** Waits for what real sockets bring, without a guess at how long that takes. */
export async function until(condition: () => boolean, what = 'it', patience = PATIENCE): Promise<void> {
  const end = Date.now() + patience;
  while (!condition()) {
    if (Date.now() > end) throw new Error(`${what} did not come within ${patience} ms`);
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
}

/** Gives what should not happen the time to happen. */
export function pass(ms = 30): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
