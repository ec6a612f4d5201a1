import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Clock } from '../src/clock';
import {
  IN_MEMORY,
  accountOf,
  claimStore,
  clientDirectory,
  openDiskStore,
  type DeliveryState,
  type MemoryStore,
  type MovedStore,
  type QueueItem,
  type SettleForeign,
  type Settings,
  type SmppClient,
  type SmppError,
  type Store,
} from '../src/index';
import { within } from '../src/waiting';

export interface QueueChange {
  readonly client: SmppClient;
  readonly settings: Settings;
  /** Of the queue that is in force: a kind that is built in, or a plugin's id. */
  readonly queue: string;
  /** What an earlier instance left in memory. */
  readonly left: MemoryStore | undefined;
  /** Told when all of that is moved. */
  readonly moved?: () => void;
  readonly warn: (text: string) => void;
}

/** What of a queue is to be removed. */
export interface Purged {
  readonly queue: boolean;
  readonly deadLetters: boolean;
}

export interface PurgedCounts {
  readonly removed: number;
  readonly dead_letters: number;
}

/** Of a connection whose queue was of another kind before: what is to be done once, before it first connects. */
export class Handover {
  #change: QueueChange | undefined;
  /** That messages stay behind was told. */
  #told: string | undefined;
  #last: Promise<void> = Promise.resolve();
  /** The first move, until somebody hears what became of it. */
  #first: Promise<void> | undefined;
  #begun = false;
  #done: () => void = () => undefined;

  /** What is given to the client from now on is queued behind what is moved by {@link begin}. */
  constructor(change: QueueChange) {
    this.#change = change;
    if (!change.left && (change.queue === 'disk' || !isOnDisk(change))) return;
    change.client.queueAfter(new Promise<void>((resolve) => (this.#done = resolve)));
  }

  /** Moves what was queued; the next {@link follow} tells what became of that. */
  begin(): void {
    if (this.#begun) return;
    this.#first = this.#follow();
    this.#first.catch(() => undefined);
  }

  /** Moves what was queued, one call after the other. Rejects as {@link followQueue}. */
  follow(settle?: SettleForeign): Promise<void> {
    const first = settle ? undefined : this.#first;
    this.#first = undefined;
    return first ?? this.#follow(settle);
  }

  #follow(settle?: SettleForeign): Promise<void> {
    this.#begun = true;
    const following = this.#last.then(async () => {
      const change = this.#change;
      if (!change) return;
      const warn = (text: string): void => {
        // It is tried again and again.
        if (text !== this.#told) change.warn(text);
        this.#told = text;
      };
      if (await followQueue({ ...change, warn }, settle)) this.#change = undefined;
    });
    this.#last = following.catch(() => undefined);
    return following.finally(() => this.#done());
  }

  /** Whether something stays where it was, such as a message that is put off, and is to follow later. */
  get isPending(): boolean {
    return this.#change !== undefined;
  }

  /** Resolves when nothing is being moved, or after so many milliseconds. */
  idle(clock: Clock, most: number): Promise<void> {
    return within(clock, most, this.#last);
  }

  /** Takes over what another account left in the queue before. */
  claim(): Promise<void> {
    return this.follow(() => Promise.resolve(true));
  }

  /** Removes what another account left in the queue before; all else is in the queue in force by then. */
  async purge(what: Purged, tell: (item: QueueItem, state?: DeliveryState) => void): Promise<PurgedCounts> {
    const gone = { removed: 0, dead_letters: 0 };
    let did = false;
    const purgeStore: SettleForeign = async (store) => {
      did = true;
      if (what.queue) {
        const { removed } = await store.queue.purge({
          onRemoved: (items, states) => items.forEach((item, at) => tell(item, states?.[at])),
        });
        await store.forgetAwaited();
        gone.removed += removed;
      }
      if (what.deadLetters) gone.dead_letters += (await store.deadLetters?.purge()) ?? 0;
      return false;
    };
    await this.follow(purgeStore).catch((error: unknown) => {
      // It did what was asked of it, and still holds something else.
      if (!did || !isForeign(error)) throw error;
    });
    return gone;
  }
}

/**
 * A connection whose queue was of another kind before: what was queued moves to the new one, or it is said how many
 * messages stay behind and where. What another account left there stays, too, unless `settle` says what becomes of it:
 * then it resolves with false, or, where it was in memory, rejects. Rejects where the new queue cannot be opened.
 */
export async function followQueue(change: QueueChange, settle?: SettleForeign): Promise<boolean> {
  const { client, settings, queue, left } = change;
  if (left) {
    await claimStore(left, accountOf(settings), IN_MEMORY, settle);
    const moved = await client.takeOver(left);
    tell(change, moved, 'memory');
    if (moved.left === 0 && !moved.reason) {
      change.moved?.();
      await left.close();
    } else throw moved.reason ?? new Error('not all messages could be moved');
  }
  return queue === 'disk' || leaveDisk(change, settle);
}

const directoryOf = ({ settings }: QueueChange): string =>
  clientDirectory(settings.queueDirectory, settings.clientId);

function isOnDisk(change: QueueChange): boolean {
  try {
    return existsSync(join(directoryOf(change), 'data.mdb'));
  } catch {
    // A clientId that names no directory has no queue on disk.
    return false;
  }
}

async function leaveDisk(change: QueueChange, settle: SettleForeign | undefined): Promise<boolean> {
  const { client, settings, warn } = change;
  if (!isOnDisk(change)) return true;
  const directory = directoryOf(change);
  const queueKey = settings.queueKey.length > 0 ? settings.queueKey : undefined;
  const limits = { capacity: 0, whenFull: 'reject' } as const;
  const from = { directory, account: accountOf(settings), queueKey, settleForeign: settle };
  let store: Store | undefined;
  try {
    store = await openDiskStore({ ...from, ...limits, onDamage: ({ text }) => warn(text) });
    const moved = await client.takeOver(store);
    tell(change, moved, directory);
    // What is put off follows when its time has come.
    return moved.left === 0 || moved.reason !== undefined;
  } catch (error) {
    warn(`messages may stay behind in ${directory}: ${(error as Error).message}`);
    return !isForeign(error) && !(error as SmppError).retriable;
  } finally {
    await store?.close();
  }
}

function tell({ queue, warn }: QueueChange, done: MovedStore, from: string): void {
  const { moved, correlations, deadLetters, left, reason } = done;
  const say = (text: string): void => warn(`the queue is now ${queue}: ${text}`);
  if (moved > 0) say(`${moved} messages moved there from ${from}`);
  if (correlations + deadLetters > 0)
    say(
      `what ${correlations} receipts are matched by and ${deadLetters} dead letters moved there from ${from}`,
    );
  if (left > 0)
    say(
      `${left} messages stay behind in ${from}${reason ? `: ${reason.message}` : ' until their time has come'}`,
    );
  else if (reason) say(`not all could be moved from ${from}: ${reason.message}`);
}

function isForeign(error: unknown): boolean {
  return (error as Partial<SmppError>).code === 'STORE_ACCOUNT';
}
