/**
 * What must outlive a step of the road, and where possible the process: the
 * outbound queue, the correlation of message ids, dead letters, and small
 * state (reassembly, reference numbers). A store opens one handle and gives all of them.
 */
export type {
  AttemptRecord,
  Compaction,
  CorrelationEntry,
  Correlator,
  DeadLetter,
  DeadLetters,
  DeadReason,
  DeliveryState,
  FinalOf,
  EnqueueOptions,
  FoundMessage,
  KnownStates,
  Priority,
  Eventually,
  Lease,
  OutboundQueue,
  PurgeOptions,
  QueueItem,
  QueueLimits,
  QueueStats,
  Settlement,
  Store,
  StoreCapabilities,
  Untaken,
  Untold,
  WhenFull,
} from './types';
export { ClaimedError, noClaims } from './claims';
export type { Unsuccess } from './unsuccess';
export type { Claim, KeyValueState, StoredFact } from './key-value';
export type { Home, HomeAddress, Notice, SharedLimiter } from './sharing';
export {
  isMemoryStore,
  openMemoryStore,
  type MemoryBackend,
  type MemoryStore,
  type MemoryStoreOptions,
} from './memory';
export {
  storeConformance,
  type ConformanceCheck,
  type ConformanceOptions,
  type OpenStore,
} from './conformance';
export {
  clientDirectory,
  listOrphans,
  nameFor,
  openDiskStore,
  type DiskStore,
  type DiskStoreOptions,
  type Exposure,
  type Lmdb,
  type OnDamage,
  type OrphanedQueue,
  type StoreDamage,
} from './disk';
export type { Backend, BackendContext, BackendOptions } from './backend';
export { BACKENDS, isBackend, type BackendName } from './backends';
export { deferStore, type DeferredStore } from './deferred';
export {
  IN_MEMORY,
  canonicalHost,
  claimStore,
  type Claimable,
  type Foreign,
  type Holdings,
  type SettleForeign,
  type StoreAccount,
} from './account';
export { acceptSegment, addUnsuccess, isAccepted, messageIdsOf, newDeliveryState } from './delivery-state';
export { moveMessages, moveStore, type Moved, type MovedStore } from './move';
export { foldedId } from './candidates';
export { nothingToCompact, PURGED } from './errors';
export { isForNow, reasonOf, refusedItem } from './refused';
export { newSealing, readQueueKeys, sealingOf, type Random, type Sealing, type StoredSeal } from './sealing';
