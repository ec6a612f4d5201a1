import type { DeliveryState, QueueItem } from '../../types';
import type { Block } from './blocks';

/** [notBefore, priority, sequence number]: the order is that of time. */
export type DelayedKey = [notBefore: number, priority: number, seq: number];

/** A message that can be leased. */
export interface Entry {
  readonly priority: number;
  /** Its place: never changes. */
  readonly seq: number;
  /** Where its record is: this one of that block. */
  readonly block: Block;
  readonly index: number;
  /** Absent: not read yet. */
  item: QueueItem | undefined;
  /** Absent: nothing happened to it yet. */
  state: DeliveryState | undefined;
  /** Whether the table of deliveries has a record of it. */
  recorded: boolean;
  /** Set: it was put off until then, and the index of the delayed still says so. */
  notBefore: number | undefined;
  /** Whether it was found in its priority, and not leased since. */
  fresh: boolean;
}

export type ReadEntry = Entry & { readonly item: QueueItem };

/** What a lease's token is here. A new one for each lease, so that an old lease says nothing about a new one. */
export class LeaseHandle {
  open = true;
  constructor(readonly entry: ReadEntry) {}
}

export const bySeq = (a: Entry, b: Entry): boolean => a.seq < b.seq;
