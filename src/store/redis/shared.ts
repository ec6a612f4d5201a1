import type { Log } from '../../observability';
import type { RedisCalls } from './connection/calls';
import { RedisCorrelator } from './correlation/correlator';
import { RedisHome } from './sharing/home';
import { RedisLimiter } from './sharing/limiter';
import { RedisState } from './correlation/state';

/** What instances share, apart from the queue. */
export interface SharedParts {
  readonly correlator: RedisCorrelator;
  readonly state: RedisState;
  readonly home: RedisHome;
  readonly limiter: RedisLimiter;
  /** Before the connection. */
  close(): Promise<void>;
}

export interface SharedOptions {
  readonly correlationCapacity: number;
  /** Segments per second of all together, from now on; 0: no limit. Absent: nothing is granted before `limiter.setRate`. */
  readonly sendRate?: number | undefined;
  readonly burst: number;
  readonly log: Log;
}

/** Resolves when others can tell this instance something. */
export async function openShared(calls: RedisCalls, options: SharedOptions): Promise<SharedParts> {
  const { correlationCapacity, sendRate, burst, log } = options;
  const limiter = new RedisLimiter(calls, {
    rate: sendRate,
    burst,
    onRefused: (err) =>
      log.warn(
        { event: 'rate_limiter', stage: 'refused', err },
        'Redis refuses to keep the common rate; nothing is sent until it does',
      ),
  });
  try {
    const home = await RedisHome.open({
      calls,
      events: {
        calm: (seconds) => limiter.heardCalm(seconds),
        rateChanged: () => limiter.look(),
      },
      onFailure: (err) =>
        log.warn(
          { event: 'queue', stage: 'home', err },
          'what became of messages of this instance could not be told; trying again',
        ),
    });
    return {
      correlator: new RedisCorrelator(calls, correlationCapacity),
      state: new RedisState(calls),
      home,
      limiter,
      close: async () => {
        limiter.close();
        await home.close();
      },
    };
  } catch (error) {
    limiter.close();
    throw error;
  }
}
