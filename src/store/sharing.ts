import type { AdjustableLimiter } from '../flow-control';

/** The instance that gave a message, and what somebody there waits for; `queued`: nothing more. */
export interface HomeAddress {
  /** The instance that gave it. */
  readonly instance: string;
  /** What is waited for there. */
  readonly until: 'queued' | 'accepted' | 'delivered';
}

/** What an instance is told of a message that it gave; the octets are the client's. */
export interface Notice {
  /** The instance that is told. */
  readonly instance: string;
  /** What it is told; only the client reads it. */
  readonly octets: Buffer;
}

/**
 * Of a store that several instances share: what became of a message is told to the instance that gave it, while that
 * lives. At least once: an instance that dies in between may leave a notice to be told again.
 */
export interface Home {
  /** The name of this instance, which no other has or had. */
  readonly instance: string;
  /** Resolves, when the store has the others, with those whose instances live no more. */
  tell(notices: readonly Notice[]): Promise<readonly Notice[]>;
  /**
   * From now on called with the notices for this instance, and with those that an instance left which lives no more
   * (`instance` is its name): of these exactly one living instance hears. They are gone from the store when what
   * the handler returns has resolved.
   */
  listen(handler: (notices: readonly Notice[]) => unknown): void;
}

/** A rate that holds for all who share a store together. */
export interface SharedLimiter extends AdjustableLimiter {
  /** Segments per second of all together; 0: no limit. The last one who sets it decides for all. */
  setRate(rate: number): void;
  /** The SMSC asked for less: nobody gets a permit for so many seconds. */
  calm(seconds: number): void;
  /** From now on told when another instance called {@link calm}, with the seconds. */
  onCalm(handler: (seconds: number) => void): void;
}
