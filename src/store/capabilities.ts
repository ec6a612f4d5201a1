export interface StoreCapabilities {
  /** Survives the process. */
  readonly durable: boolean;
  /** Several processes may share it. */
  readonly shared: boolean;
  /** Leases run out and can be extended. */
  readonly extend: boolean;
  /** `retry` can be delayed. */
  readonly delay: boolean;
  /** {@link Store.settle} puts and settles in one transaction. */
  readonly atomicSettle: boolean;
  /** Accepted segments are written back. */
  readonly segmentState: boolean;
  /** `enqueue` takes claims. Absent: it does not. */
  readonly claims?: boolean;
}

/** What {@link Store.compact} did. */
export interface Compaction {
  /** Size of the file, before and after. */
  readonly octetsBefore: number;
  /** Octets of the file afterwards. */
  readonly octetsAfter: number;
  /** How long it took. */
  readonly milliseconds: number;
  /** Files put aside after damage, which may hold texts and are not touched; absolute paths. */
  readonly aside: readonly string[];
}
