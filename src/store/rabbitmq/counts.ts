import { DELAYS, queueAt, RANKS, type Names } from './names';
import type { Link } from './link';

/** What lies in the broker and is not delivered to anybody. */
export interface Counts {
  /** Of each rank. */
  readonly ready: readonly number[];
  readonly delayed: number;
  readonly total: number;
}

const MOST_TRIES = 3;

/**
 * Counts over the channel of the consumers. `arrivals` says how many messages have come by now: where some came while it was
 * counted they may have been counted twice, so it is counted again.
 */
export async function countQueues(link: Link, names: Names, arrivals: () => number): Promise<Counts> {
  for (let tries = 1; ; tries++) {
    const before = arrivals();
    const counts = await countOnce(link, names);
    // What was on its way is here before the next answer.
    await link.consuming.checkExchange(names.exchange);
    if (arrivals() === before || tries === MOST_TRIES) return counts;
  }
}

async function countOnce({ consuming }: Link, names: Names): Promise<Counts> {
  const count = async (queue: string): Promise<number> => (await consuming.checkQueue(queue)).messageCount;
  const ranks = Array.from({ length: RANKS }, (_, rank) => count(queueAt(names, rank)));
  const delays = DELAYS.map((seconds) => count(names.delay(seconds)));
  const ready = await Promise.all(ranks);
  const delayed = (await Promise.all(delays)).reduce((sum, one) => sum + one, 0);
  return { ready, delayed, total: ready.reduce((sum, one) => sum + one, delayed) };
}
