/** The store that lives and dies with the process. */
export { isMemoryStore, openMemoryStore, type MemoryStore, type MemoryStoreOptions } from './store';
