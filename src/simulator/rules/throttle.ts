import { codeOf, positive, refusal } from './fields';
import type { RuleKind } from './types';

/**
 * Polices the rate of each account by a token bucket, as centres do, and refuses what is
 * above it: `{ type: 'throttle', above: 50 }`.
 */
export interface ThrottleRule {
  readonly type: 'throttle';
  /** Submits per second. */
  readonly above: number;
  /** So many may come at once after a pause; default: those of one second, at least 1. */
  readonly burst?: number;
  /** Default ESME_RTHROTTLED. */
  readonly status?: string | number;
}

/** Accounts whose rate is known; of more the one that was seen first is forgotten, and may begin anew. */
const MOST_ACCOUNTS = 10_000;

interface Bucket {
  tokens: number;
  filledAt: number;
}

export const throttleRule: RuleKind<ThrottleRule> = {
  fields: { above: positive, burst: positive, status: refusal },
  required: ['above'],
  behaviour({ above, burst = above, status = 'ESME_RTHROTTLED' }) {
    const capacity = Math.max(1, burst);
    const refused = { status: codeOf(status) };
    const buckets = new Map<string, Bucket>();
    return {
      onSubmit({ system_id, now }) {
        let bucket = buckets.get(system_id);
        if (!bucket) {
          buckets.set(system_id, (bucket = { tokens: capacity, filledAt: now }));
          const [first] = buckets.size > MOST_ACCOUNTS ? buckets.keys() : [];
          if (first !== undefined) buckets.delete(first);
        }
        bucket.tokens = Math.min(capacity, bucket.tokens + ((now - bucket.filledAt) / 1000) * above);
        bucket.filledAt = now;
        if (bucket.tokens < 1) return refused;
        bucket.tokens--;
        return undefined;
      },
    };
  },
};
