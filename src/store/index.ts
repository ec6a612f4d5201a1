/**
 * What must outlive a step of the road, and where possible the process: the
 * outbound queue, the correlation of message ids, dead letters, and small
 * state (reassembly, reference numbers). A store opens one handle and gives all of them.
 */
export type {
  AttemptRecord,
  CorrelationEntry,
  Correlator,
  DeadLetter,
  DeadLetters,
  DeadReason,
  DeliveryState,
  KeyValueState,
  Lane,
  Lease,
  OutboundQueue,
  PurgeOptions,
  QueuedCommand,
  QueueItem,
  QueueLimits,
  QueueStats,
  Settlement,
  Store,
  StoreCapabilities,
  WhenFull,
} from './types';
export { openMemoryStore, type MemoryStore, type MemoryStoreOptions } from './memory';
export {
  storeConformance,
  type ConformanceCheck,
  type ConformanceOptions,
  type OpenStore,
} from './conformance';
export {
  clientDirectory,
  listOrphans,
  openDiskStore,
  type DiskStore,
  type DiskStoreOptions,
  type OnDamage,
  type OrphanedQueue,
  type StoreAccount,
  type StoreDamage,
} from './disk';
export { deferStore, type DeferredStore } from './deferred';
export { moveMessages, type Moved } from './move';
