import type { Store } from '../../store';
import type { DeadLetterReport } from '../events/outcome-form';

export type { DeadLetterReport } from '../events/outcome-form';

/** What {@link SmppClient.deadLetters} gives. */
export interface DeadLetterList {
  /** How many are kept. */
  total: number;
  /** Those asked for, oldest first. */
  letters: DeadLetterReport[];
}

/** What {@link SmppClient.replay} did. */
export interface Replayed {
  /** The ids of those that are queued again. */
  replayed: string[];
  /** Those that are not kept. */
  missing: string[];
}

/** Queues those with these ids again, or all; `ttl` in milliseconds from `now` on, 0: for ever. */
export async function replayLetters(
  store: Pick<Store, 'deadLetters'>,
  ids: readonly string[] | undefined,
  ttl: number,
  now: number,
): Promise<Replayed> {
  const wanted = ids ?? (await allDeadLetters(store));
  if (!store.deadLetters || wanted.length === 0) return { replayed: [], missing: [...wanted] };
  return store.deadLetters.replay(wanted, ttl === 0 ? {} : { expiresAt: now + ttl });
}

/** The ids of all that are kept, also where the store lists only some at a time. */
async function allDeadLetters({ deadLetters }: Pick<Store, 'deadLetters'>): Promise<string[]> {
  const ids = new Set<string>();
  for (let after: string | undefined; deadLetters;) {
    const { letters } = await deadLetters.list(after === undefined ? {} : { after });
    const known = ids.size;
    for (const { item } of letters) ids.add(item.id);
    // The last one may have gone meanwhile: then the list begins again.
    if (ids.size === known) break;
    after = letters.at(-1)?.item.id;
  }
  return [...ids];
}
