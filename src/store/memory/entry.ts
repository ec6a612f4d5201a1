import type { DeliveryState, Priority, QueueItem } from '../types';

/** A message in the queue or leased. `order` never changes: it is its place in the priority. */
export interface Entry {
  readonly item: QueueItem;
  readonly order: number;
  /** Absent until the first lease: a backlog of a million costs less so. */
  state: DeliveryState | undefined;
}

/** A message out of the order of coming: put off, or given back. */
export interface Returned {
  readonly order: number;
  /** Epoch milliseconds. */
  readonly enqueuedAt: number;
  readonly priority: Priority;
  /** As it is, or packed. */
  readonly entry: Entry | string;
}

/** So many are kept as they are, of each kind; more than the default capacity, so that most queues never pack. */
export const UNPACKED = 12_000;
