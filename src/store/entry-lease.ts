import { stateToLease } from './delivery-state';
import type { DeliveryState, Lease, QueueItem } from './types';

/**
 * A lease of an entry that this process holds. It is its own token, also in a copy: an old one says nothing about a new one.
 * Each queue has a class of its own, by which it knows those of others.
 */
export abstract class EntryLease<
  E extends { readonly item: QueueItem; readonly state: DeliveryState | undefined },
> implements Lease {
  readonly item: QueueItem;
  readonly state: DeliveryState;
  readonly token = this;
  readonly entry: E;

  constructor(entry: E) {
    this.entry = entry;
    this.item = entry.item;
    this.state = stateToLease(entry.item, entry.state);
  }
}
