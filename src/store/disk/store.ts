import { mkdir, realpath } from 'node:fs/promises';
import { systemClock, type Clock } from '../../clock';
import { SmppError } from '../../protocol';
import { claimStore, forgetSmsc, type Claimable, type SettleForeign, type StoreAccount } from '../account';
import { PURGED, storeClosed } from '../errors';
import { readQueueKeys } from '../sealing';
import type {
  Compaction,
  CorrelationEntry,
  DeadLetter,
  DeadLetters,
  DeliveryState,
  QueueItem,
  QueueLimits,
  Settlement,
  Store,
  Untold,
} from '../types';
import { chmodQuietly, type Exposure } from './lmdb/access';
import { QueueChanges } from './queue/changes';
import { Census } from './queue/message-count';
import { Committer } from './commit/committer';
import { compactFile } from './repair/compact';
import type { StoreChange } from './commit/requests';
import { DiskCorrelator } from './correlation/correlator';
import type { OnDamage } from './record/damage';
import { DiskDeadLetters } from './queue/dead-letters';
import { Delayed } from './queue/delayed';
import { checkDirectory } from './lmdb/directory';
import { Identity } from './identity';
import { loadLmdb, type Lmdb } from './lmdb/lmdb';
import { openFiles, type Opening } from './repair/opening';
import { REPAIRED_KEY, type Tables } from './lmdb/tables';
import { lockDirectory } from './lmdb/lock';
import { LoanMarks } from './queue/lease-watermark';
import { Messages } from './queue/messages';
import { DiskQueue } from './queue/queue';
import { Ready } from './queue/ready';
import { Records } from './record/records';
import { register } from './lmdb/registry';
import { DiskState } from './correlation/state';
import { writeAll } from './commit/steps';
import { StoreTime } from './commit/time';
import { readPurge } from './queue/told';
import { readTombs } from './queue/tombstones';

export interface DiskStoreOptions extends QueueLimits {
  /** Absolute; made when it is not there. One store to a directory. */
  readonly directory: string;
  /** Remembered; another account is refused what this one has in it. */
  readonly account: StoreAccount;
  /** What becomes of what another account has in it; absent: it is refused. */
  readonly settleForeign?: SettleForeign | undefined;
  /** Told whose it was, where that was another account. */
  readonly onClaimed?: (before: StoreAccount) => void;
  /** What the connection is called, for whoever finds the directory in use. */
  readonly holder?: string;
  readonly clock?: Clock;
  /** Entries; beyond that the oldest go. Default 1,000,000. */
  readonly correlationCapacity?: number;
  /** Messages that failed for good and are kept; beyond that the oldest go. Default 1,000. */
  readonly deadLetterCapacity?: number;
  /** Told of each thing that cannot be read, once. */
  readonly onDamage?: OnDamage;
  /**
   * Encrypts all that is written (AES-256-GCM), and ids in keys (HMAC). 32 octets in base64 or hexadecimal, or a
   * passphrase; of several the first encrypts, all decrypt. What is there in clear, or under another of them, is
   * written anew under the first when the store is opened. Absent: in clear.
   */
  readonly queueKey?: string | readonly string[] | undefined;
  /** Told of what others can read of the directory, where that cannot be changed. */
  readonly onExposed?: (exposure: Exposure) => void;
  /** Where lmdb comes from; default the package of that name. */
  readonly loadLmdb?: () => Promise<Lmdb>;
}

export interface DiskStore extends Store, Claimable {
  readonly deadLetters: DeadLetters;
  settle(entries: readonly CorrelationEntry[], settlements: readonly Settlement[]): Promise<void>;
  compact(): Promise<Compaction>;
}

/**
 * Opens the store in a directory of its own. What is enqueued, settled, put or
 * set is synced to the disk when the call resolves.
 *
 * Rejects with `INVALID_OPTION` (directory, capacity), `QUEUE_UNAVAILABLE` (no
 * lmdb for this platform, or a disk that cannot be read or written), `STORE_IN_USE`
 * (another connection or process has it), `STORE_ACCOUNT` (another account has
 * messages, dead letters or awaited receipts in it), `STORE_KEY` (it is encrypted with a key that was not given) or
 * `STORE_FORMAT` (a newer version wrote it). Nothing is deleted in any case.
 */
export async function openDiskStore(options: DiskStoreOptions): Promise<DiskStore> {
  checkDirectory(options.directory);
  keysOf(options);
  const lmdb = await loadLmdb(options.loadLmdb, options.directory);
  const directory = await reach(options.directory);
  const holder = options.holder ?? 'unnamed';
  const registration = await register(directory, holder);
  if ('usedBy' in registration)
    throw inUse(directory, `the connection "${registration.usedBy}" of this process`);
  const cleanups: (() => Promise<void>)[] = [];
  // One that fails must not keep the others: what stays locked stays so until the process ends.
  let failure: Error | undefined;
  const failed = (error: Error): void => void (failure ??= error);
  const cleanUp = (): Promise<void> =>
    registration.release(async () => {
      for (const step of cleanups.reverse()) await step().catch(failed);
      if (failure) throw failure;
    });
  try {
    const lock = await lockDirectory(directory, holder);
    if ('heldBy' in lock) {
      const { pid, name } = lock.heldBy ?? {};
      throw inUse(directory, pid ? `process ${pid} (connection "${name}")` : 'another process');
    }
    cleanups.push(lock.unlock);
    const { tables, repaired } = await openOrRefuse(lmdb, directory, options);
    cleanups.push(() => tables.root.close());
    const { clock = systemClock } = options;
    const committer = new Committer(tables, clock, directory);
    cleanups.push(() => committer.close());
    const { store, queue, stored } = await assemble(options, {
      lmdb,
      directory,
      tables,
      committer,
      repaired,
      close: cleanUp,
    });
    cleanups.push(() => queue.close());
    const words = {
      place: directory,
      keep: 'give this connection another clientId or queueDirectory, and this one to a connection of the old account',
    };
    const before = await claimStore(store, options.account, words, options.settleForeign);
    if (before) options.onClaimed?.(before);
    checkCapacity(options.capacity, stored(), directory);
    return store;
  } catch (error) {
    await cleanUp().catch(() => undefined);
    throw error;
  }
}

function keysOf({ queueKey }: DiskStoreOptions): readonly string[] {
  const read = readQueueKeys(queueKey);
  if ('keys' in read) return read.keys;
  throw new SmppError('INVALID_OPTION', `queueKey ${read.remedy}.`);
}

async function reach(directory: string): Promise<string> {
  try {
    const made = await mkdir(directory, { recursive: true, mode: 0o700 });
    // Whatever the umask left of it: the lock is made there next.
    if (made !== undefined) chmodQuietly(directory, 0o700);
    return await realpath(directory);
  } catch (cause) {
    throw unusable(directory, cause as Error);
  }
}

async function openOrRefuse(lmdb: Lmdb, directory: string, options: DiskStoreOptions): Promise<Opening> {
  const { clock = systemClock, onDamage = () => undefined, onExposed = () => undefined } = options;
  const keys = keysOf(options);
  try {
    return await openFiles({ lmdb, directory, keys, now: clock.now(), onDamage, onExposed });
  } catch (cause) {
    throw cause instanceof SmppError ? cause : unusable(directory, cause as Error);
  }
}

interface Opened {
  readonly lmdb: Lmdb;
  readonly directory: string;
  readonly tables: Tables;
  readonly committer: Committer;
  /** Whether a part of it was lost. */
  readonly repaired: boolean;
  readonly close: () => Promise<void>;
}

async function assemble(
  options: DiskStoreOptions,
  opened: Opened,
): Promise<{ store: DiskStore; queue: DiskQueue; stored: () => number }> {
  const { lmdb, directory, tables, committer, repaired, close } = opened;
  const { clock = systemClock, onDamage = () => undefined } = options;
  const records = new Records();
  const time = new StoreTime({ tables, committer, records, clock, onDamage });
  const identity = new Identity({ tables, committer, records, time, directory, onDamage });
  let closing: Promise<void> | undefined;
  const check = (): void => {
    if (closing) throw storeClosed();
  };
  const shared = { tables, committer, records, clock, time, onDamage, check };
  const marks = new LoanMarks({
    ...shared,
    isEmpty: (priority) => ready.isEmpty(priority),
    failed: (error) => queue.marksFailed(error),
  });
  const delayed = new Delayed(tables);
  if (repaired) await delayed.reindex(tables, committer);
  const tombs = readTombs(tables, onDamage);
  const census = new Census({ tables, records, tombs, onDamage, trusted: !repaired });
  if (repaired) await endRepair(opened, census);
  const messages = new Messages({ tables, records, delayed, census, tombs });
  committer.last = messages;
  const ready: Ready = new Ready({ tables, messages, delayed, marks, onDamage });
  const deadLetters: DiskDeadLetters = new DiskDeadLetters({
    ...shared,
    capacity: options.deadLetterCapacity ?? 1000,
    revive: (revived, change) => queue.revive(revived, change),
  });
  const unfinished = readPurge(shared);
  // What comes now must not be taken for what it was to remove.
  const firstSeq = Math.max(marks.firstFreeSeq, 1 + Math.max(0, ...(unfinished?.ends ?? [])));
  const bury = (letter: DeadLetter): StoreChange => deadLetters.burying(letter);
  const changes = new QueueChanges({ messages, delayed, ready, clock, time, bury }, census.total, firstSeq);
  const queue: DiskQueue = new DiskQueue({
    ...shared,
    messages,
    changes,
    delayed,
    ready,
    marks,
    limits: options,
    unfinished,
    setting: (key, value) => state.setting(key, value),
  });
  committer.onCommit = () => queue.committed();
  // On a full disk it is tried again when something is taken.
  await marks.open().catch(() => undefined);
  const correlator = new DiskCorrelator({ ...shared, capacity: options.correlationCapacity ?? 1_000_000 });
  const state = new DiskState(shared);
  const store: DiskStore = {
    queue,
    correlator,
    state,
    deadLetters,
    capabilities: {
      durable: true,
      shared: false,
      extend: false,
      delay: true,
      atomicSettle: true,
      segmentState: true,
    },
    settle: (entries, settlements) =>
      writeAll(entries, settlements, (step) =>
        queue.settleAnd(step.settlements, step.entries.length > 0 ? [correlator.putting(step.entries)] : []),
      ),
    tellUntold: async (tell) => {
      await deadLetters.tellUntold(tell);
      await queue.finishPurge({
        onRemoved: (items, states) => tell(items.map((item, at) => untold(item, states?.[at]))),
      });
    },
    foreign: (account) => identity.foreign(account, changes.stored),
    own: async (account) => {
      const before = await identity.own(account);
      if (before) await forgetSmsc(store);
      return before;
    },
    forgetAwaited: () => identity.forgetAwaited(),
    compact: async () => {
      check();
      return compactFile({ lmdb, directory, tables, committer, clock });
    },
    close: () => (closing ??= close()),
  };
  return { store, queue, stored: () => changes.stored };
}

/** From now on its counts and indexes are right. On a full disk the next opening makes them again. */
async function endRepair({ tables, committer }: Opened, census: Census): Promise<void> {
  const apply = (): void => {
    census.recounted();
    tables.meta.remove(REPAIRED_KEY);
  };
  await committer.write(census.room, apply, false).catch(() => undefined);
}

/** A message that a purge removed, with what was known of it. */
function untold(item: QueueItem, state: DeliveryState | undefined): Untold {
  return { item, reason: PURGED, ...(state ? { state } : {}) };
}

function checkCapacity(capacity: number, stored: number, directory: string): void {
  if (capacity === 0 || stored <= capacity) return;
  throw new SmppError(
    'INVALID_OPTION',
    `queueCapacity is ${capacity}, but the queue in ${directory} holds ${stored} messages already. Set it to ` +
      `${stored} or more (0: no bound), at least until they are sent; nothing was removed.`,
  );
}

function inUse(directory: string, by: string): SmppError {
  return new SmppError(
    'STORE_IN_USE',
    `The queue in ${directory} is in use by ${by}. Give each connection a clientId or queueDirectory of its own, ` +
      'and stop what else uses this one.',
    { retriable: true },
  );
}

function unusable(directory: string, cause: Error): SmppError {
  return new SmppError(
    'QUEUE_UNAVAILABLE',
    `The queue directory ${directory} cannot be used (${cause.message}). Make it writable for this user, with room ` +
      'on its disk, choose another queueDirectory, or set the queue to "memory", which does not survive a restart.',
    { cause, retriable: true },
  );
}
