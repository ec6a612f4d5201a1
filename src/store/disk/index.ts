/**
 * The store on disk: lmdb, one handle per directory and process; what it acknowledges is synced.
 *
 * - `record`       octets of messages, correlations, facts, and their keys
 * - `lmdb`         the tables and what they need of the system: directory, lock, room
 * - `commit`       transactions, one at a time, each of all that has come meanwhile
 * - `queue`        the outbound queue, its tombstones, purges, dead letters
 * - `correlation`  the correlator and the small state
 * - `repair`       what is damaged, written anew, or made smaller
 */
import { probeDescriptors } from './lmdb/descriptors';
import type { DiskStore, DiskStoreOptions } from './store';

export type { Exposure } from './lmdb/access';
export type { Lmdb } from './lmdb/lmdb';
export type { OnDamage, StoreDamage } from './record/damage';
export { clientDirectory, listOrphans, nameFor, type OrphanedQueue } from './lmdb/directory';
export type { DiskStore, DiskStoreOptions };

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
  // What is loaded now are files, too.
  probeDescriptors(options.directory);
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- fifty modules, of no use to a memory queue
  const { openStore } = require('./store') as typeof import('./store');
  return openStore(options);
}
