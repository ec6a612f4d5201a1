import type { Clock } from '../../clock';
import { isTimeout, unlessAborted, withLimit } from '../../waiting';
import { TopologyError } from './topology';

/**
 * What the broker answers about a quorum queue, or a {@link TopologyError}. One that has no leader is never answered
 * for: a broker that is killed within half a second of declaring a queue (seen with 3.10.8) finds it again without.
 */
export async function answered<T>(clock: Clock, queue: string, ms: number, answer: Promise<T>): Promise<T> {
  try {
    return await withLimit(clock, ms, (signal) => unlessAborted(answer, signal));
  } catch (error) {
    if (!isTimeout(error)) throw error;
    const text = `it does not answer within ${ms / 1000} s. If that stays so it has lost its leader`;
    throw new TopologyError(`queue ${queue}`, new Error(text));
  }
}
