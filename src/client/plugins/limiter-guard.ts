import type { RateLimiter } from '../../flow-control';
import { isThenable } from '../../observability';
import { partFailed, wrongResult, type PartFaults } from './part-faults';
import { unlessAborted } from '../../waiting';

const PART = 'rateLimiter';

/**
 * A rate limiter that was brought along. What it gives is checked, for with none at all it would be asked again at
 * once, for ever; `acquire` ends when its signal does, also where the limiter knows of no signal.
 */
export function guardLimiter(limiter: RateLimiter, faults: PartFaults): RateLimiter {
  const giveBack = (count: number): void => {
    const failed = (error: unknown): void =>
      void faults.failed(PART, 'giveBack', partFailed(PART, 'giveBack', error));
    try {
      const result: unknown = limiter.giveBack(count);
      if (isThenable(result)) result.then(() => undefined, failed);
    } catch (error) {
      failed(error);
    }
  };
  const late = (permits: unknown): void => {
    if (isPermits(permits)) giveBack(permits);
  };
  return {
    acquire: async (max, options) => {
      const { signal } = options;
      signal.throwIfAborted();
      let permits: unknown;
      try {
        permits = await unlessAborted(Promise.resolve(limiter.acquire(max, options)), signal, late);
      } catch (error) {
        throw signal.aborted ? error : partFailed(PART, 'acquire', error);
      }
      const wrong = wrongResult.bind(undefined, PART, 'acquire', permits, `a whole number from 1 to ${max}`);
      if (!isPermits(permits)) throw wrong();
      if (permits <= max) {
        faults.worked(PART, 'acquire');
        return permits;
      }
      faults.failed(PART, 'acquire', wrong());
      giveBack(permits - max);
      return max;
    },
    giveBack,
  };
}

function isPermits(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 1;
}
