import { ConfigError } from '../../config/errors';

type Eventually<T> = T | PromiseLike<T>;

/** naz.ratelimiter.BaseRateLimiter */
export interface NazRateLimiter {
  /** Resolves when one message may go. */
  limit(): Eventually<unknown>;
}

/** naz.throttle.BaseThrottleHandler */
export interface NazThrottleHandler {
  throttled(): Eventually<void>;
  not_throttled(): Eventually<void>;
  allow_request(): Eventually<boolean>;
  /** Seconds. */
  throttle_delay(): Eventually<number>;
}

/** naz.sequence.BaseSequenceGenerator */
export interface NazSequence {
  next_sequence(): number;
}

/** naz.broker.BaseBroker */
export interface NazBroker {
  enqueue(message: Record<string, unknown>): Eventually<unknown>;
  /** Waits for a message; or resolves with undefined or null, and is asked again after a second. */
  dequeue(): Eventually<unknown>;
}

/** Throws {@link ConfigError} where the part of the option lacks one of the methods. */
export function having(field: string, part: unknown, methods: readonly string[]): void {
  const members = Object(part) as Record<string, unknown>;
  const missing = methods.filter((name) => typeof members[name] !== 'function');
  if (missing.length === 0) return;
  const remedy = `it lacks ${missing.join(', ')}; give an object with ${methods.join(', ')}, as naz has them`;
  throw new ConfigError([{ field, value: undefined, remedy }]);
}
