/** The store on disk: lmdb, one handle per directory and process; what it acknowledges is synced. */
export type { OnDamage, StoreDamage } from './record/damage';
export { clientDirectory, listOrphans, nameFor, type OrphanedQueue } from './lmdb/directory';
export { openDiskStore, type DiskStore, type DiskStoreOptions } from './store';
