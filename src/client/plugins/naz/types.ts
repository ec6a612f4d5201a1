import type { Awaitable } from '../../../flow-control';
import { ConfigError } from '../../config/errors';

/** naz.ratelimiter.BaseRateLimiter */
export interface NazRateLimiter {
  /** Resolves when one message may go. */
  limit(): Awaitable<unknown>;
}

/** naz.throttle.BaseThrottleHandler */
export interface NazThrottleHandler {
  /** The SMSC asked for less. */
  throttled(): Awaitable<void>;
  /** The SMSC answered anything else. */
  not_throttled(): Awaitable<void>;
  /** Whether a message may go now. */
  allow_request(): Awaitable<boolean>;
  /** Seconds. */
  throttle_delay(): Awaitable<number>;
}

/** naz.sequence.BaseSequenceGenerator */
export interface NazSequence {
  /** The next sequence number, from 1 to 2147483647. */
  next_sequence(): number;
}

/** naz.broker.BaseBroker */
export interface NazBroker {
  /** Keeps a message. */
  enqueue(message: Record<string, unknown>): Awaitable<unknown>;
  /** Keeps a message. */
  /** Waits for a message; or resolves with undefined or null, and is asked again after a second. */
  dequeue(): Awaitable<unknown>;
}

/** Throws {@link ConfigError} where the part of the option lacks one of the methods. */
export function having(field: string, part: unknown, methods: readonly string[]): void {
  const members = Object(part) as Record<string, unknown>;
  const missing = methods.filter((name) => typeof members[name] !== 'function');
  if (missing.length === 0) return;
  const remedy = `it lacks ${missing.join(', ')}; give an object with ${methods.join(', ')}, as naz has them`;
  throw new ConfigError([{ field, value: undefined, remedy }]);
}
