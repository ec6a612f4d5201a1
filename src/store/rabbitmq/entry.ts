import { EntryLease } from '../entry-lease';
import type { DeliveryState, QueueItem } from '../types';
import type { BrokerRecord } from './record';
import type { Source } from './source';

/** By what a message that was delivered is acknowledged. */
export interface Delivery {
  readonly source: Source;
  readonly tag: number;
  /** How often the broker has had it back. */
  readonly returns: number;
}

/** A message that the broker has given to this process, and that is not acknowledged. */
export class Entry {
  readonly item: QueueItem;
  readonly serial: number;
  /** Place among the sources, the most urgent first, and within it. */
  readonly rank: number;
  readonly order: number;
  /** Undefined: the link that it came over is lost. */
  delivery: Delivery | undefined;
  state: DeliveryState | undefined;
  /** Monotonic milliseconds, of one that waits for its time. */
  dueAt: number | undefined;
  wasLeased = false;
  /** What its last delivery said. */
  returns: number;

  constructor({ item, serial, state }: BrokerRecord, delivery: Delivery, order: number) {
    this.item = item;
    this.serial = serial;
    this.state = state;
    this.delivery = delivery;
    this.returns = delivery.returns;
    this.rank = delivery.source.rank;
    this.order = order;
  }

  get id(): string {
    return this.item.id;
  }
}

export class RabbitLease extends EntryLease<Entry> {}
