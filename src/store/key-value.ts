/** A fact of a {@link KeyValueState}, as it moves to another; `ttl` in milliseconds from now. */
export type StoredFact = readonly [key: string, value: Buffer, ttl: number | undefined];

/** A fact that is set only where there is none under its key. */
export interface Claim {
  /** Its key. */
  readonly key: string;
  /** Its value. */
  readonly value: Buffer;
  /** Milliseconds from now. */
  readonly ttl: number;
}

/** Small facts that must outlive a process: reassembly, reference numbers. */
export interface KeyValueState {
  /** The value; undefined where there is none, or its time is over. */
  get(key: string): Promise<Buffer | undefined>;
  /** `ttl` in milliseconds; absent: for ever. */
  set(key: string, value: Buffer, ttl?: number): Promise<void>;
  /** Removes these; those that there are not are passed over. */
  delete(keys: readonly string[]): Promise<void>;
  /** All whose keys begin so. */
  list(prefix: string): Promise<[key: string, value: Buffer][]>;
  /** All of them, each with the milliseconds that it has left, where it has an end; some at a time. */
  entries?(): Iterable<readonly StoredFact[]>;
  /**
   * Returns `start` the first time, then always one more than before, with 0 after `modulo` - 1. `ttl`: milliseconds
   * after its last use for which it must be kept, then it begins anew; a store may forget the counters that were not
   * used for longest sooner, where they are very many. Absent: it is kept for ever.
   */
  increment(key: string, modulo: number, start: number, ttl?: number): Promise<number>;
  /**
   * Sets a fact only where there is none under its key, in one step; else returns the value that is there. Rejects with
   * `IDEMPOTENCY_FULL` where the store keeps as many as it may. Absent: the store cannot, and takes no idempotency_key.
   */
  claim?(claim: Claim): Promise<Buffer | undefined>;
  /**
   * In one step: sets the value of a fact that begins with the octets `expected`, and leaves its lifetime as it is. Any
   * other fact stays. Goes with {@link KeyValueState.claim}.
   */
  update?(key: string, value: Buffer, expected: Buffer): Promise<void>;
  /** Drops expired facts, a bounded number per call; called now and then. Returns how many. */
  expire?(): Promise<number>;
}
