import {
  PURGED,
  type Correlator,
  type KeyValueState,
  type KnownStates,
  type QueueItem,
  type Store,
} from '../../store';
import type { Dispatcher } from './dispatcher';
import type { Sender } from './sender';

/** Messages that fail before others get their turn. */
const AT_ONCE = 1000;

/** Empties the queue: whatever is removed fails with `REMOVED`, however much it is. Returns how many. */
export async function purgeQueue(
  { queue, capabilities }: Pick<Store, 'queue' | 'capabilities'>,
  sender: Pick<Sender, 'awaited'>,
  dispatcher: Pick<Dispatcher, 'held' | 'disposition'>,
): Promise<number> {
  let told = 0;
  const tell = async (items: readonly QueueItem[], states?: KnownStates): Promise<void> => {
    for (let at = 0; at < items.length; at += AT_ONCE) {
      if (at > 0) await new Promise(setImmediate);
      dispatcher.disposition.removed(items.slice(at, at + AT_ONCE), PURGED, states?.slice(at, at + AT_ONCE));
    }
  };
  const before = queued(sender, dispatcher);
  const onRemoved = (gone: readonly QueueItem[], states?: KnownStates): Promise<void> => {
    told += gone.length;
    return tell(gone, states);
  };
  // A queue of the user's may only count.
  const purged: { removed: number; items?: readonly QueueItem[] } = await queue.purge({ onRemoved });
  const { removed, items = [] } = purged;
  // A queue that has not handed them over returns them, or a part of them; one may do both.
  if (told + items.length <= removed) {
    told += items.length;
    await tell(items);
  }
  // Of a shared queue another process may hold messages of ours.
  if (told < removed && !capabilities.shared)
    await tell(unnamed(before, queued(sender, dispatcher), removed - told));
  return removed;
}

/** Messages whose sender waits, and that are in the queue as far as is known here. */
function queued({ awaited }: Pick<Sender, 'awaited'>, { held }: Pick<Dispatcher, 'held'>): QueueItem[] {
  return awaited.filter(({ id }) => !held.has(id));
}

/**
 * Those who wait for messages that a queue of the user's has only counted: what was queued before and not leased,
 * and still has no outcome. Where these are more than were counted, some are alive, and nobody knows which.
 */
function unnamed(
  before: readonly QueueItem[],
  after: readonly QueueItem[],
  count: number,
): readonly QueueItem[] {
  const still = new Set(after);
  const gone = before.filter((item) => still.has(item));
  return gone.length <= count ? gone : [];
}

/** Drops what has expired of what is kept beside the queue. One that fails is asked again the next time. */
export async function expireAll(correlator: Correlator, state: KeyValueState): Promise<void> {
  await Promise.allSettled([correlator.expire(), state.expire?.()]);
}
