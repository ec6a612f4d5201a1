/** The store that lives and dies with the process. */
export type { MemoryBackend } from './backend';
export { isMemoryStore, openMemoryStore, type MemoryStore, type MemoryStoreOptions } from './store';
