import type { ConnectionOptions as TlsOptions } from 'node:tls';
import type { Clock } from '../clock';
import type { OpenLog } from '../observability';
import type { SettleForeign, StoreAccount } from './account';
import type { DeadReason, QueueItem, QueueLimits, Store, StoreCapabilities } from './types';

/** The client's options as far as stores read them, checked; times in milliseconds. */
export interface BackendOptions {
  readonly clientId: string;
  /** What people call the connection. */
  readonly name: string;
  readonly queueDirectory: string;
  readonly queueKey: readonly string[];
  /** May hold a password: never shown. */
  readonly queueUrl: string;
  readonly queueTls: TlsOptions | undefined;
  readonly keyPrefix: string;
  readonly brokerTopology: 'declare' | 'verify';
  /** Of another Redis, see the option. May hold a password: never shown. */
  readonly correlationUrl: string;
  readonly drainList: string;
  readonly leaseTime: number;
  readonly correlationCapacity: number;
  readonly windowSize: number;
  readonly sessions: number;
  readonly sendRate: number;
  readonly burst: number;
}

/** What a store is opened with. */
export interface BackendContext {
  readonly options: BackendOptions;
  readonly limits: QueueLimits;
  readonly account: StoreAccount;
  readonly clock: Clock;
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
