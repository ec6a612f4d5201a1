/**
 * When a message may leave: the rate limiter (how fast) and the throttle
 * handler (whether at all, learned from the SMSC's answers).
 */
export type {
  AdjustableLimiter,
  AsyncThrottleHandler,
  Awaitable,
  RateLimiter,
  ThrottleCounts,
  ThrottleHandler,
} from './types';
export { Pause } from './pause';
export { TokenBucket, type TokenBucketOptions } from './token-bucket';
export { SharedBucket, type Draw, type SharedBucketOptions, type SharedPermits } from './shared-bucket';
export { CompositeLimiter, type CompositeLimiterParts } from './composite-limiter';
export { SamplingThrottleHandler, type SamplingOptions } from './sampling';
export { AdaptiveThrottleHandler, type AdaptiveOptions } from './adaptive';
