import { SmppError } from '../../protocol';
import { nothingToCompact, type Claimable, type Compaction, type Store } from '../../store';
import type { StorePart } from './store-part';

type Parts = Pick<StorePart, 'store' | 'openStore'>;

/** Opens the store and takes over what another account left in it: it is sent, and its receipts matched, as ours. */
export const claimAll = ({ openStore }: Parts): Promise<void> => openStore(() => Promise.resolve(true));

/** Removes what is queued, by `purge`; of a store that another account has something in also what that awaits. */
export async function purgeAll(parts: Parts, purge: (store: Store) => Promise<number>): Promise<number> {
  const left = await settled(parts, async (store) => {
    const removed = await purge(store);
    await store.forgetAwaited();
    return removed;
  });
  return left ?? purge(parts.store);
}

/** Rejects with `NOT_SUPPORTED` where the store has no file. */
export async function compactStore(store: Store): Promise<Compaction> {
  if (!store.compact) throw nothingToCompact();
  return store.compact();
}

/** Removes the dead letters, also those of another account. */
export async function purgeLetters(parts: Parts): Promise<number> {
  const left = await settled(parts, async (store) => (await store.deadLetters?.purge()) ?? 0);
  return left ?? (await parts.store.deadLetters?.purge()) ?? 0;
}

/** What `work` gave, where another account had something in the store; undefined: it had not. */
async function settled<T>(
  { openStore }: Parts,
  work: (store: Store & Claimable) => Promise<T>,
): Promise<T | undefined> {
  let result: T | undefined;
  try {
    await openStore(async (store) => {
      result = await work(store);
      return false;
    });
  } catch (error) {
    // It did what was asked of it, and still holds something else.
    if (result === undefined || !(error instanceof SmppError) || error.code !== 'STORE_ACCOUNT') throw error;
  }
  return result;
}
