import { SmppError } from '../protocol';
import type { Claim } from './key-value';

/** Facts that claims may be added to: so many, and octets, which the state of a store keeps at most. */
export const MOST_FACTS = 1_000_000;

/** Some keys are claimed already: nothing of the batch was queued. */
export class ClaimedError extends SmppError {
  /** The values that are there, by key. */
  readonly claimed: ReadonlyMap<string, Buffer>;

  /** `claimed`: the values that are there, by key. */
  constructor(claimed: ReadonlyMap<string, Buffer>) {
    super(
      'IDEMPOTENCY_CONFLICT',
      `${claimed.size} of the keys of this batch are claimed already; nothing of it was queued`,
    );
    this.claimed = claimed;
  }
}

/** The state keeps as many facts as it may. */
export function claimsFull(most: string): SmppError {
  return new SmppError(
    'IDEMPOTENCY_FULL',
    `The store keeps ${most} of idempotency keys and other facts, as many as it may; nothing was queued. ` +
      'Shorten idempotencyTtl, or send again when keys have run out.',
    { retriable: true },
  );
}

/** The state of this store cannot claim: `NOT_SUPPORTED`. */
export function noClaims(): SmppError {
  return new SmppError(
    'NOT_SUPPORTED',
    'idempotency_key: the state of this store has no claim and update, so that it cannot accept a key once only; ' +
      'leave the key away, or use the queue memory, disk, redis or rabbitmq.',
  );
}

/** Throws {@link ClaimedError} where `read` finds a value under one of the keys. */
export function refuseClaimed(claims: readonly Claim[], read: (key: string) => Buffer | undefined): void {
  let claimed: Map<string, Buffer> | undefined;
  for (const { key } of claims) {
    const value = read(key);
    if (value) (claimed ??= new Map<string, Buffer>()).set(key, value);
  }
  if (claimed) throw new ClaimedError(claimed);
}

/** Whether a value begins with these octets. */
export const beginsWith = (value: Buffer, expected: Buffer): boolean =>
  value.subarray(0, expected.length).equals(expected);
