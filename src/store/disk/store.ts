import { randomBytes } from 'node:crypto';
import { realpath } from 'node:fs/promises';
import { systemClock, type Clock } from '../../clock';
import { makeFolder } from '../../folders';
import { SmppError } from '../../protocol';
import { claimStore, forgetSmsc, type Claimable, type SettleForeign, type StoreAccount } from '../account';
import { BUILT_IN } from '../base-queue';
import { PURGED, storeClosed } from '../errors';
import { readQueueKeys } from '../sealing';
import type {
  Compaction,
  CorrelationEntry,
  DeadLetters,
  DeliveryState,
  QueueItem,
  QueueLimits,
  Settlement,
  Store,
  Untold,
} from '../types';
import { Committer } from './commit/committer';
import type { StoreCore } from './commit/core';
import type { StoreChange } from './commit/requests';
import { writeAll } from './commit/steps';
import { StoreTime } from './commit/time';
import { DiskCorrelator } from './correlation/correlator';
import { DiskState } from './correlation/state';
import { Identity } from './identity';
import { chmodQuietly, type Exposure } from './lmdb/access';
import { checkDirectory } from './lmdb/directory';
import { loadLmdb, type Lmdb } from './lmdb/lmdb';
import { lockDirectory } from './lmdb/lock';
import { register } from './lmdb/registry';
import { REPAIRED_KEY } from './lmdb/tables';
import { QueueChanges } from './queue/changes';
import { DiskDeadLetters } from './queue/dead-letters';
import { Delayed } from './queue/delayed';
import { LeaseWatermark } from './queue/lease-watermark';
import { MessageCount, readTombstones } from './queue/message-count';
import { Messages } from './queue/messages';
import { purgeMark } from './queue/purging';
import { DiskQueue } from './queue/queue';
import { Ready } from './queue/ready';
import type { OnDamage } from './record/damage';
import { Records } from './record/records';
import { compactFile } from './repair/compact';
import { openFiles, type Opening } from './repair/opening';

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
  /** Default {@link systemClock}. */
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
  /**
   * Where lmdb comes from; default the package of that name. A seam, too: what it opens may commit late, fail, or
   * forget what was not synced.
   */
  readonly loadLmdb?: () => Promise<Lmdb>;
  /** So many random octets; default those of the system. Of salts and session keys, where there is a `queueKey`. */
  readonly random?: (octets: number) => Buffer;
}

export interface DiskStore extends Store, Claimable {
  readonly deadLetters: DeadLetters;
  settle(entries: readonly CorrelationEntry[], settlements: readonly Settlement[]): Promise<void>;
  compact(): Promise<Compaction>;
}

/** {@link openDiskStore} of the room. */
export async function openStore(options: DiskStoreOptions): Promise<DiskStore> {
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
    const lock = await lockDirectory(directory, holder, options.random);
    if ('heldBy' in lock) {
      const { pid, name } = lock.heldBy ?? {};
      throw inUse(directory, pid ? `process ${pid} (connection "${name}")` : 'another process');
    }
    cleanups.push(lock.unlock);
    const opening = await openOrRefuse(lmdb, directory, options);
    cleanups.push(() => opening.tables.root.close());
    const committer = new Committer(opening.tables, options.clock ?? systemClock, directory);
    cleanups.push(() => committer.close());
    const opened = { ...opening, lmdb, directory, committer, close: cleanUp };
    const { store, queue, changes } = await assemble(options, opened);
    cleanups.push(() => queue.close());
    const words = {
      place: directory,
      keep: 'give this connection another clientId or queueDirectory, and this one to a connection of the old account',
    };
    const before = await claimStore(store, options.account, words, options.settleForeign);
    if (before) options.onClaimed?.(before);
    checkCapacity(options.capacity, changes.stored, directory);
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
    const made = await makeFolder(directory, 0o700);
    // Whatever the umask left of it: the lock is made there next.
    if (made !== undefined) chmodQuietly(directory, 0o700);
    return await realpath(directory);
  } catch (cause) {
    throw unusable(directory, cause as Error);
  }
}

async function openOrRefuse(lmdb: Lmdb, directory: string, options: DiskStoreOptions): Promise<Opening> {
  const { clock = systemClock, random = randomBytes } = options;
  const { onDamage = () => undefined, onExposed = () => undefined } = options;
  const keys = keysOf(options);
  try {
    return await openFiles({ lmdb, directory, clock, keys, random, onDamage, onExposed });
  } catch (cause) {
    throw cause instanceof SmppError ? cause : unusable(directory, cause as Error);
  }
}

interface Opened extends Opening {
  readonly lmdb: Lmdb;
  readonly directory: string;
  readonly committer: Committer;
  readonly close: () => Promise<void>;
}

/** What all parts share; `isClosing` is asked by each of their calls. */
function coreOf(options: DiskStoreOptions, opened: Opened, isClosing: () => boolean): StoreCore {
  const { tables, committer } = opened;
  const { clock = systemClock, onDamage = () => undefined } = options;
  const check = (): void => {
    if (isClosing()) throw storeClosed();
  };
  const parts = { tables, committer, records: new Records(), clock, onDamage, check };
  return { ...parts, time: new StoreTime(parts) };
}

async function assemble(
  options: DiskStoreOptions,
  opened: Opened,
): Promise<{ store: DiskStore; queue: DiskQueue; changes: QueueChanges }> {
  const { directory, tables, committer, repaired } = opened;
  let closing: Promise<void> | undefined;
  const core = coreOf(options, opened, () => closing !== undefined);
  const identity = new Identity(core, directory);
  const watermark = new LeaseWatermark(
    core,
    (priority) => ready.isEmpty(priority),
    (error) => queue.watermarkFailed(error),
  );
  const delayed = new Delayed(tables);
  if (repaired) await delayed.reindex(core);
  const tombstones = readTombstones(core);
  const messageCount = new MessageCount(core, tombstones, !repaired);
  if (repaired) await endRepair(core, messageCount);
  const messages = new Messages(core, delayed, messageCount, tombstones);
  committer.last = messages;
  const ready: Ready = new Ready(core, messages, delayed, watermark);
  const deadLetters: DiskDeadLetters = new DiskDeadLetters(
    core,
    options.deadLetterCapacity ?? 1000,
    (revived, change) => queue.revive(revived, change),
  );
  // What comes now must not be taken for what an unfinished purge was to remove.
  const unfinished = purgeMark(core).read() ?? undefined;
  const counts = {
    stored: messageCount.total,
    nextSeq: Math.max(watermark.firstFreeSeq, 1 + Math.max(0, ...(unfinished?.ends ?? []))),
  };
  const parts = { core, messages, delayed, ready };
  const changes = new QueueChanges(core, parts, (letter) => deadLetters.adding(letter), counts);
  const state = new DiskState(core);
  const setting = (key: string, value: Buffer): StoreChange => state.setting(key, value);
  const queue: DiskQueue = new DiskQueue(
    { ...parts, changes, watermark, setting, claims: state, unfinished },
    options,
  );
  committer.onCommit = () => queue.committed();
  // On a full disk it is tried again when something is taken.
  await watermark.open().catch(() => undefined);
  const correlator = new DiskCorrelator(core, options.correlationCapacity ?? 1_000_000);
  const store: DiskStore = {
    queue,
    correlator,
    state,
    deadLetters,
    capabilities: { ...BUILT_IN, durable: true },
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
      core.check();
      return compactFile(core, opened.lmdb, directory);
    },
    close: () => (closing ??= opened.close()),
  };
  return { store, queue, changes };
}

/** From now on its counts and indexes are right. On a full disk the next opening makes them again. */
async function endRepair({ tables, committer }: StoreCore, messageCount: MessageCount): Promise<void> {
  const apply = (): void => {
    messageCount.recounted();
    tables.meta.remove(REPAIRED_KEY);
  };
  await committer.make([{ room: messageCount.room, apply }]).catch(() => undefined);
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
