import type { TraceContext } from '../observability';
import type { QueuedCommand } from '../protocol';
import type { Compaction, StoreCapabilities } from './capabilities';
import type { CorrelationEntry, Correlator } from './correlation';
import type { DeadReason } from './dead-reason';
import type { Eventually } from './eventually';
import type { Unsuccess } from './unsuccess';
import type { Claim, KeyValueState } from './key-value';
import type { Home, HomeAddress, Notice, SharedLimiter } from './sharing';

export type { Compaction, StoreCapabilities } from './capabilities';
export type { CorrelationEntry, Correlator, FinalOf } from './correlation';
export type { DeadReason } from './dead-reason';
export type { Eventually } from './eventually';

/**
 * What a store must be able to do. Calls take batches; the calls that wait (`enqueue` for room, `take`) take a signal.
 * What is called for every message may answer at once instead of by a promise. Third parties implement these as plugins
 * of the types `smpp-store`, `smpp-queue` and `smpp-correlator`.
 */

/** A priority of the queue: 0 is taken first, 4 last; 2 is the default. */
export type Priority = 0 | 1 | 2 | 3 | 4;

/** A message that has passed intake: valid, encoded, segmented. Never changes. */
export interface QueueItem {
  /** The key of queue, outcome and receipt; unique. */
  readonly id: string;
  /** How it goes to the SMSC. */
  readonly command: QueuedCommand;
  /** One PDU body (all after the 16 octets of the header) per segment, in order. */
  readonly segments: readonly Buffer[];
  /** The sender. */
  readonly source: string;
  /** The recipient; of submit_multi all, divided by commas. */
  readonly destination: string;
  /** The lane of the queue. */
  readonly priority: Priority;
  /** Epoch milliseconds. */
  readonly enqueuedAt: number;
  /** Epoch milliseconds after which it must not be sent any more; absent: never. */
  readonly expiresAt?: number | undefined;
  /** Whether the SMSC was asked for a final delivery receipt. */
  readonly receiptRequested: boolean;
  /** The user's label. */
  readonly correlationId?: string | undefined;
  /** The caller's own id of it; comes back with every event. */
  readonly msgid?: string | undefined;
  /** Any JSON of the user's, up to 8 KiB. */
  readonly metadata?: unknown;
  /** The trace that it belongs to. */
  readonly trace?: TraceContext | undefined;
  /** The fact that its idempotency_key claimed, and a digest of what the message says. */
  readonly idempotency?: { readonly key: string; readonly digest: string } | undefined;
  /** In a store that several instances share: who gave it. */
  readonly home?: HomeAddress | undefined;
  /** The USSD dialogue that it belongs to: it is not sent twice, nor when that is over. */
  readonly session?: string | undefined;
}

/** One transmission that did not settle the message. Newest last, at most 20 are kept. */
export interface AttemptRecord {
  /** Epoch milliseconds. */
  readonly at: number;
  /** The status' name, or a code such as `RESPONSE_TIMEOUT` or `LINK_LOST`. */
  readonly reason: string;
  /** From 0. */
  readonly segment: number;
}

/** What changes about a message while it is being delivered; written back by settle and release. */
export interface DeliveryState {
  /** Transmissions that the SMSC refused for a while (throttling is not counted). */
  attempts: number;
  /** Times that the outcome stayed unknown: link lost or response missing. */
  redeliveries: number;
  /** Lost links, a part of `redeliveries`. */
  lostLinks: number;
  /** Whether the SMSC may have seen it before. */
  redelivered: boolean;
  /**
   * With at-most-once, written before a segment goes out and taken back when the SMSC has refused it: it is or may
   * be on the wire, and whoever finds it so after a crash must not send it. Absent: it never was.
   */
  onTheWire?: boolean;
  /** The message_id of each accepted segment, by its place in `segments`; null: not accepted yet. */
  accepted: (string | null)[];
  /** Further message_ids, where more than one transmission of a segment was accepted; newest last, at most 20 are kept. */
  alsoAccepted?: string[];
  /** What of it failed although it was accepted, as events show it; not kept over a restart. */
  partial?: Readonly<Record<string, unknown>>;
  /** Of submit_multi: the destinations that the SMSC did not take, each once; at most 510. Absent: it took all. */
  unsuccess?: Unsuccess[];
  /** Transmissions that did not settle it, newest last, at most 20. */
  history: AttemptRecord[];
}

/** What happened to messages, in their order; undefined: nothing, as far as is known. */
export type KnownStates = readonly (DeliveryState | undefined)[];

/** A leased message: nobody else gets it until it is settled, released or the lease runs out. */
export interface Lease {
  /** What was taken. */
  readonly item: QueueItem;
  /** The holder may change it; `settle` and `release` write it back. */
  readonly state: DeliveryState;
  /** The store's own handle of the lease. */
  readonly token: unknown;
}

export type Settlement =
  /** How a lease ends: the message is done with, is to be tried again, or has failed for good. */
  /** `notice`, only where the store has a {@link Store.home}: told with the settlement, in one step where the store can. */
  | {
      readonly outcome: 'done';
      /** The lease that ends. */
      readonly lease: Lease;
      /** It has failed, and is to be no dead letter; for a queue it is done with all the same. */
      readonly reason?: DeadReason | undefined;
      /** For the instance that gave the message. */
      readonly notice?: Notice | undefined;
    }
  /**
   * Back into the queue; not taken before `notBefore` (epoch milliseconds by the wall clock as it is now), and
   * then before all of its priority that were enqueued after it. It is a pause: a queue that takes its length from it at
   * once is not disturbed by whoever sets the clock.
   */
  | {
      readonly outcome: 'retry';
      /** The lease that ends. */
      readonly lease: Lease;
      /** Epoch milliseconds. */
      readonly notBefore: number;
    }
  | {
      readonly outcome: 'dead';
      /** The lease that ends. */
      readonly lease: Lease;
      /** Why it failed. */
      readonly reason: DeadReason;
      /** For the instance that gave the message. */
      readonly notice?: Notice | undefined;
    };

/** Settlements of which nobody took the notice, as its instance lives no more; undefined: there are none. */
// eslint-disable-next-line @typescript-eslint/no-invalid-void-type -- a store without homes returns nothing
export type Untaken = readonly Settlement[] | undefined | void;

/** How many messages a queue holds. */
export interface QueueStats {
  /** Ready and delayed, without those leased. */
  readonly queued: number;
  /** Of these, messages whose time has not come. */
  readonly delayed: number;
  /** Taken, and not settled. */
  readonly leased: number;
  /** Epoch milliseconds of the oldest queued message's `enqueuedAt`; absent when empty. */
  readonly oldestAt?: number;
}

/** What {@link OutboundQueue.enqueue} takes beside the messages. */
export interface EnqueueOptions {
  /** Ends the wait for room. */
  readonly signal?: AbortSignal;
  /** What happened to each of them in another store. */
  readonly states?: readonly DeliveryState[];
  /** A fact that is set with them, in one transaction where the store can. */
  readonly fact?: { readonly key: string; readonly value: Buffer };
  /** With `capabilities.claims`: set with them in one step; where a key is claimed, rejects with `ClaimedError` instead. */
  readonly claims?: readonly Claim[] | undefined;
}

export interface PurgeOptions {
  /**
   * Called with the messages removed, at most 1,000 at a time, and where known with their states, in the same order.
   * On disk that is before the chunk is removed, but after it was written down that it will be. What it returns is
   * awaited before the next chunk; an error of it becomes a warning of the process.
   */
  readonly onRemoved?: (items: readonly QueueItem[], states?: KnownStates) => unknown;
}

/** A message that a queue was asked for. */
export interface FoundMessage {
  /** As it was given. */
  readonly item: QueueItem;
  /** What happened to it; absent: nothing, as far as is known. */
  readonly state?: DeliveryState | undefined;
  /** Somebody is sending it: here, or another instance that shares the queue. */
  readonly leased: boolean;
  /** It is put off. */
  readonly delayed: boolean;
}

/** Calls take effect in the order in which they are made, also where those before have not resolved yet. */
export interface OutboundQueue {
  /**
   * Returns the ids, in the order of the items, when all are as safe as the backend makes them; all or nothing. Fails
   * with `QUEUE_FULL` (`whenFull: reject`, or where neither dropping nor waiting can make room), `QUEUE_UNAVAILABLE`, or
   * the signal's reason where the wait for room is aborted. `states`, one for each item: what happened to it in another
   * store; a store without `segmentState` may pass over it.
   */
  enqueue(items: readonly QueueItem[], options?: EnqueueOptions): Eventually<string[]>;
  /**
   * Leases at most `max` messages (at least one; perhaps fewer than there are), priority by priority, first in first
   * out; waits until there is one. Rejects with the signal's reason when aborted, and with `STORE_CLOSED` when the store
   * is closed meanwhile: then nothing is leased.
   */
  take(max: number, options: { signal: AbortSignal }): Eventually<Lease[]>;
  /**
   * Ends leases, each with its outcome; a lease that is over already (settled, released, run out) is passed over.
   * Rejects with `QUEUE_UNAVAILABLE` where that cannot be stored: then the leases are as they were.
   */
  settle(settlements: readonly Settlement[]): Eventually<Untaken>;
  /**
   * Renews leases, where leases run out (`capabilities.extend`), and writes their states back, where the store keeps
   * them (`capabilities.segmentState`), so that a crash does not lose which segments were accepted. Leases that are over
   * are passed over.
   */
  extend(leases: readonly Lease[]): Eventually<void>;
  /**
   * Ends leases and puts the messages back where they were: before all of their priority that were enqueued after them.
   * Writes their states back; leases that are over are passed over.
   */
  release(leases: readonly Lease[]): Eventually<void>;
  /** How many messages there are. */
  stats(): Promise<QueueStats>;
  /** Makes delayed messages ready at once, so that all can be moved to another store. Absent: it cannot. */
  hasten?(): void;
  /**
   * Removes all messages that are stored and not leased when it is called; `removed` counts them. What is enqueued
   * meanwhile stays. With `onRemoved` they are handed to that and `items` is empty, else `items` has them: the disk
   * store returns at most 10,000, and never those that cannot be read. A purge that an earlier run did not end is ended,
   * and counted, too.
   */
  purge(options?: PurgeOptions): Promise<{ removed: number; items: QueueItem[] }>;
  /**
   * What there is of these messages, in no particular order. It may look through the whole queue, while others go on.
   * Absent: it cannot.
   */
  find?(ids: readonly string[]): Promise<readonly FoundMessage[]>;
  /**
   * Removes those of these messages that are not leased, also what is put off, and returns them: what it returns is
   * never leased again, and no other call returns it. Absent: it cannot.
   */
  remove?(ids: readonly string[]): Promise<readonly FoundMessage[]>;
  /** Closes it: who waits in `take` is rejected, and leases are over. */
  close(): Promise<void>;
}

/** A message that failed for good, as it was then. */
export interface DeadLetter {
  /** The message. */
  readonly item: QueueItem;
  /** How its delivery stood. */
  readonly state: DeliveryState;
  /** Why it failed. */
  readonly reason: DeadReason;
  /** Epoch milliseconds. */
  readonly failedAt: number;
  /**
   * What another program had put into the queue and is no message that can be sent, as it was; then `item` has no segments.
   * A replay puts it back as it was.
   */
  readonly record?: Buffer;
}

/** What failed for good, kept up to a bound (the oldest make room). */
export interface DeadLetters {
  /** Oldest first; `after` is the id of the last one seen. `total` counts all that are kept. */
  list(options?: { limit?: number; after?: string }): Promise<{ total: number; letters: DeadLetter[] }>;
  /** How many are kept, where that can be told without reading them. */
  count?(): Promise<number>;
  /**
   * Puts them into the queue again, at its end and all segments anew, with the
   * `expiresAt` given (the old one does not hold any more). All or nothing:
   * rejects with `QUEUE_FULL` where they do not fit. Ids that are not kept are returned as `missing`.
   */
  replay(
    ids: readonly string[],
    options?: { expiresAt?: number },
  ): Promise<{ replayed: string[]; missing: string[] }>;
  /** Removes all, and says how many. */
  purge(): Promise<number>;
  /** Keeps those of another store too, as the latest, each as it is. One with an id that is kept already takes its place. */
  add?(letters: readonly DeadLetter[]): Promise<void>;
  /** The failure of these was told: {@link Store.tellUntold} leaves them out. */
  told?(ids: readonly string[]): void;
}

/** A message that failed for good in an earlier run that was killed before it told so. */
export type Untold = Pick<DeadLetter, 'item' | 'reason'> & Partial<Pick<DeadLetter, 'state'>>;

/** What keeps messages, what receipts are matched by, and small state: one handle. */
export interface Store {
  /** The messages that are to be sent. */
  readonly queue: OutboundQueue;
  /** What receipts are matched by. */
  readonly correlator: Correlator;
  /** Small values: reference numbers, parts that wait, what was learned of ids. */
  readonly state: KeyValueState;
  /** Absent: what fails for good is told by its outcome alone. */
  readonly deadLetters?: DeadLetters;
  /** What it can do. */
  readonly capabilities: StoreCapabilities;
  /** With `atomicSettle`: both in one transaction. */
  settle?(entries: readonly CorrelationEntry[], settlements: readonly Settlement[]): Eventually<Untaken>;
  /** Of a `shared` store. */
  readonly home?: Home;
  /** One rate for all instances that share the store. */
  readonly limiter?: SharedLimiter;
  /** With `extend`: milliseconds after which a lease that is not renewed ends. */
  readonly leaseTime?: number;
  /**
   * Writes what is there into a new file and overwrites the old one: of what was settled, purged or expired no copy is
   * left. Changes wait meanwhile. Absent: the store has no file.
   */
  compact?(): Promise<Compaction>;
  /**
   * Of a durable store, called before anything is sent: tells of what failed for good, or was being purged, when an
   * earlier run was killed before that was told. At least once: a kill in between tells some a second time.
   */
  tellUntold?(tell: (failed: readonly Untold[]) => unknown): Promise<void>;
  /** Closes all of it. */
  close(): Promise<void>;
}

export type WhenFull = 'reject' | 'drop-oldest' | 'wait';

export interface QueueLimits {
  /** Messages, those leased included; 0: no bound. */
  readonly capacity: number;
  /**
   * `drop-oldest` drops from the least urgent priority that has any, its oldest
   * ready ones first; never one that is leased. `wait` lets callers in by their order.
   */
  readonly whenFull: WhenFull;
  /** Told of what `drop-oldest` dropped, as `onRemoved` is; what it returns is passed over. */
  readonly onDropped?: (items: readonly QueueItem[], states?: KnownStates) => unknown;
}
