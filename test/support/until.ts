import { settle } from './clock';

/** Only a limit: shorter than that of a test, so that the one who waits in vain is told what for. */
const PATIENCE = 20_000;

/** Waits for what real sockets bring, without a guess at how long that takes. */
export async function until(condition: () => boolean, what = 'it', limit = PATIENCE): Promise<void> {
  const end = Date.now() + limit;
  while (!condition()) {
    if (Date.now() > end) throw new Error(`${what} did not come within ${limit} ms`);
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
}

/** Gives what should not happen the time to happen, and what is on its way within this process the turns to arrive. */
export async function pass(ms = 30): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, ms));
  // A machine that stood still for so long runs the timer before it looks at any socket.
  await settle();
}
