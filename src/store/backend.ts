import type { ConnectionOptions as TlsOptions } from 'node:tls';
import type { Clock } from '../clock';
import type { OpenLog } from '../observability';
import type { SettleForeign, StoreAccount } from './account';
import type { DeadReason, QueueItem, QueueLimits, Store, StoreCapabilities } from './types';

/** The client's options as far as stores read them, checked; times in milliseconds. */
export interface BackendOptions {
  /** Names the queue; files and keys are named by it. */
  readonly clientId: string;
  /** What people call the connection. */
  readonly name: string;
  /** Where queues lie on disk. */
  readonly queueDirectory: string;
  /** Secrets that queues on disk are encrypted with, the newest first; none: not encrypted. */
  readonly queueKey: readonly string[];
  /** May hold a password: never shown. */
  readonly queueUrl: string;
  /** TLS options of Node's `tls.connect`, for the server. */
  readonly queueTls: TlsOptions | undefined;
  /** Begins every name on the server. */
  readonly keyPrefix: string;
  /** `declare` makes what is missing; `verify` only looks. */
  readonly brokerTopology: 'declare' | 'verify';
  /** Of another Redis, see the option. May hold a password: never shown. */
  readonly correlationUrl: string;
  /** A Redis list that others put messages into; empty: none. */
  readonly drainList: string;
  /** Milliseconds that a lease lasts. */
  readonly leaseTime: number;
  /** Entries that the correlation keeps. */
  readonly correlationCapacity: number;
  /** Requests without response on each session. */
  readonly windowSize: number;
  /** How many sessions take from the queue. */
  readonly sessions: number;
  /** Segments per second; 0: no limit. */
  readonly sendRate: number;
  /** Segments that may go at once after a pause. */
  readonly burst: number;
}

/** What a store is opened with. */
export interface BackendContext {
  /** The options that stores read. */
  readonly options: BackendOptions;
  /** How many messages, and what happens when there are more. */
  readonly limits: QueueLimits;
  /** Whose messages it is to hold. */
  readonly account: StoreAccount;
  /** Time and timers. */
  readonly clock: Clock;
  /** The client's log. */
  readonly log: OpenLog;
  /** So many octets, which differ over restarts and processes. */
  readonly random: (count: number) => Uint8Array;
  /** What becomes of what another account has in it; absent: it is refused. */
  readonly settleForeign?: SettleForeign | undefined;
  /** Told whose it was, where that was another account. */
  readonly onClaimed: (before: StoreAccount) => void;
  /**
   * What another program put into the queue, as it is sent. Rejects with an error that says which field is wrong, and
   * why; one that is `retriable` says nothing of the message: it is to be tried again.
   */
  prepare(message: Readonly<Record<string, unknown>>): Promise<QueueItem>;
  /**
   * Told when a record of another program was put to the dead letters, by the instance that did so: the item of that
   * letter (`refusedItem`), and why (of an error of {@link prepare}: `reasonOf`).
   */
  refused(item: QueueItem, reason: DeadReason): void;
  /** The engine behind the store does not answer, and why; undefined: it answers again. */
  away(failure: Error | undefined): void;
}

/** A kind of store that is built in. */
export interface Backend {
  /** What the list in the editor says, and the sentence below it. */
  readonly label: string;
  /** One sentence about it. */
  readonly hint: string;
  /** Which options it reads, beside those of every queue: the editor shows these alone. */
  readonly reads: readonly (keyof BackendOptions)[];
  /** What a blank field of the editor shows for an option: of `queueUrl` the URL without TLS that is taken then. */
  readonly placeholders?: Readonly<Partial<Record<keyof BackendOptions, string>>>;
  /** What is believed of it until it is open. */
  readonly capabilities: StoreCapabilities;
  /** What is wrong with its options; the remedy reads behind "field (value): ". */
  problems?(
    options: BackendOptions,
  ): readonly { readonly field: keyof BackendOptions; readonly remedy: string }[];
  /** Opens it. Rejects with `QUEUE_UNAVAILABLE`, `STORE_ACCOUNT` and the like. */
  open(context: BackendContext): Store | Promise<Store>;
}
