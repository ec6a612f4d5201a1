import { nextTurn } from '../../clock';
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
  dispatcher: Pick<Dispatcher, 'held' | 'disposition' | 'parts'>,
): Promise<number> {
  let told = 0;
  const tell = async (items: readonly QueueItem[], states?: KnownStates): Promise<void> => {
    for (let at = 0; at < items.length; at += AT_ONCE) {
      if (at > 0) await nextTurn(dispatcher.parts.clock);
      dispatcher.disposition.removed(items.slice(at, at + AT_ONCE), PURGED, states?.slice(at, at + AT_ONCE));
    }
  };
  // Messages whose sender waits, and that are in the queue as far as is known here.
  const queued = ({ held } = dispatcher): QueueItem[] => sender.awaited.filter(({ id }) => !held.has(id));
  const before = queued();
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
  if (told < removed && !capabilities.shared) {
    const still = new Set(queued());
    const gone = before.filter((item) => still.has(item));
    // Where these are more than were counted, some are alive, and nobody knows which.
    if (gone.length <= removed - told) await tell(gone);
  }
  return removed;
}

/** Drops what has expired of what is kept beside the queue. One that fails is asked again the next time. */
export async function expireAll(correlator: Correlator, state: KeyValueState): Promise<void> {
  await Promise.allSettled([correlator.expire(), state.expire?.()]);
}
