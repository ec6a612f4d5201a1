import { existsSync } from 'node:fs';
import { join } from 'node:path';
import {
  clientDirectory,
  openDiskStore,
  type Moved,
  type Settings,
  type SmppClient,
  type Store,
} from '../src/index';

export interface QueueChange {
  readonly client: SmppClient;
  readonly settings: Settings;
  readonly clientId: string;
  /** Of the queue that is in force: `disk`, `memory` or a plugin's id. */
  readonly queue: string;
  /** What an earlier instance left in memory. */
  readonly left: Store | undefined;
  readonly warn: (text: string) => void;
}

/**
 * A connection whose queue was of another kind before: what was queued moves to the new one,
 * or it is said how many messages stay behind and where. Rejects where the new queue cannot be opened.
 */
export async function followQueue(change: QueueChange): Promise<void> {
  const { client, queue, left } = change;
  if (left) {
    const moved = await client.takeOver(left);
    tell(change, moved, 'memory');
    if (moved.left === 0) await left.close();
    else throw moved.reason ?? new Error('not all messages could be moved');
  }
  if (queue !== 'disk') await leaveDisk(change);
}

async function leaveDisk(change: QueueChange): Promise<void> {
  const { client, settings, clientId, warn } = change;
  const directory = clientDirectory(settings.queueDirectory, clientId);
  if (!existsSync(join(directory, 'data.mdb'))) return;
  const account = { host: settings.host, systemId: settings.systemId };
  let store: Store | undefined;
  try {
    store = await openDiskStore({
      directory,
      account,
      capacity: 0,
      whenFull: 'reject',
      onDamage: ({ text }) => warn(text),
    });
    const { queued } = await store.queue.stats();
    if (queued > 0) tell(change, await client.takeOver(store), directory);
  } catch (error) {
    warn(`messages may stay behind in ${directory}: ${(error as Error).message}`);
  } finally {
    await store?.close();
  }
}

function tell({ queue, warn }: QueueChange, { moved, left, reason }: Moved, from: string): void {
  if (moved > 0) warn(`the queue is now ${queue}: ${moved} messages moved there from ${from}`);
  if (left === 0) return;
  const why = reason ? `: ${reason.message}` : ' until their time has come';
  warn(`the queue is now ${queue}: ${left} messages stay behind in ${from}${why}`);
}
