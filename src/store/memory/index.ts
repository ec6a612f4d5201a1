/** The store that lives and dies with the process. */
export { openMemoryStore, type MemoryStore, type MemoryStoreOptions } from './store';
