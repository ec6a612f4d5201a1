import type { TraceContext } from '../observability';
import type { Eventually } from './eventually';

/** An address, and the state that its final receipt told. */
export type FinalOf = readonly [address: string, state: string];

/** Which message a message_id of the SMSC's belongs to. */
export interface CorrelationEntry {
  /** As the SMSC gave it. */
  readonly messageId: string;
  /** The message's own id. */
  readonly id: string;
  /** Which segment of how many, from 0. */
  readonly segment: number;
  /** Segments of the message. */
  readonly segments: number;
  /** The sender of the message. */
  readonly source: string;
  /** Its recipient; of submit_multi those that the SMSC took, divided by commas. */
  readonly destination: string;
  /** How many of them are distribution lists, whose members nobody knows here; absent: none. */
  readonly lists?: number;
  /** Of a message to several: whose final receipts have come, at most 255; `finalState` then says that all have. */
  readonly finals?: readonly FinalOf[];
  /** Epoch milliseconds. */
  readonly acceptedAt: number;
  /** Epoch milliseconds; then it is dropped. */
  readonly expiresAt: number;
  /** The state that its final receipt told; absent: none has come yet. */
  readonly finalState?: string;
  /** `false`: the SMSC was not asked for a final receipt, though one may come. */
  readonly receiptRequested?: false;
  /** The instance in which somebody waits for its receipts, where several share the store. */
  readonly home?: string | undefined;
  /**
   * How it was sent, in one number, as there are very many: source_addr_ton, 2^8 times source_addr_npi, 2^16 times data_coding,
   * and 2^24 where its text begins with a user data header; absent: not known.
   */
  readonly sentAs?: number | undefined;
  /** The user's label. */
  readonly correlationId?: string | undefined;
  /** The caller's own id of it. */
  readonly msgid?: string | undefined;
  /** Any JSON of the user's. */
  readonly metadata?: unknown;
  /** W3C Trace Context of the message. */
  readonly trace?: TraceContext | undefined;
}

/**
 * One message_id may name several messages, where an SMSC counts in several places: all are kept. Where the capacity
 * is reached, entries with a `finalState` make room first, then the oldest.
 */
export interface Correlator {
  /** An entry of the same message (`id`), segment and message_id replaces the older one. */
  put(entries: readonly CorrelationEntry[]): Eventually<void>;
  /**
   * All entries that have this message_id or one that differs only in case, oldest (`acceptedAt`) first; a bound of 1,000 is allowed.
   * Entries past `expiresAt` are never returned. One of an earlier kind, which resolves with the one entry of exactly
   * this message_id or undefined, is taken, too.
   */
  get(messageId: string): readonly CorrelationEntry[] | Promise<readonly CorrelationEntry[]>;
  /**
   * All entries of these messages, by the messages' own ids, in no particular order. It may look through all that is
   * kept. Absent: it cannot.
   */
  find?(ids: readonly string[]): Promise<readonly CorrelationEntry[]>;
  /** Drops what has expired; called now and then. Returns how many. */
  expire(): Promise<number>;
  /** All that are kept, in the order of putting, some at a time: for whoever moves them to another store. */
  entries?(): Iterable<readonly CorrelationEntry[]>;
}
