import { newDeliveryState } from '../../delivery-state';
import type { DeliveryState, QueueItem } from '../../types';
import { Block, recordsOf, uncountedIn, type BlockKey } from '../record/blocks';
import type { StoreCore } from '../commit/core';
import { damagedRecord, type OnDamage } from '../record/damage';
import type { Delayed } from './delayed';
import type { DelayedKey } from '../record/entries';
import type { Entry, ReadEntry } from '../record/entries';
import { DiskPriority } from './priority';
import type { PriorityTable, Tables } from '../lmdb/tables';
import type { LeaseWatermark } from './lease-watermark';
import type { Messages } from './messages';
import {
  decodeItem,
  decodeJson,
  type Decoded,
  type StoredDelivery,
  type StoredItem,
} from '../record/records';

/** So that a million messages that come due together do not all come into memory. */
const RIPE_AT_ONCE = 10_000;

/** What can be taken: all priorities, and those put off whose time has come. */
export class Ready {
  readonly #tables: Tables;
  readonly #delayed: Delayed;
  readonly #watermark: LeaseWatermark;
  readonly #messages: Messages;
  readonly #onDamage: OnDamage;
  readonly #priorities: readonly DiskPriority[];
  #unreadable = 0;

  constructor(
    { tables, onDamage }: StoreCore,
    messages: Messages,
    delayed: Delayed,
    watermark: LeaseWatermark,
  ) {
    this.#tables = tables;
    this.#delayed = delayed;
    this.#watermark = watermark;
    this.#messages = messages;
    this.#onDamage = onDamage;
    const end = watermark.firstFreeSeq - 1;
    this.#priorities = tables.priorities.map(
      (table, priority) =>
        new DiskPriority(priority, table, end, (key, octets) => this.#foundIn(priority, key, octets)),
    );
    for (const priority of this.#priorities) priority.lookBehind();
  }

  /** Messages that were met and cannot be read. */
  get unreadable(): number {
    return this.#unreadable;
  }

  isEmpty(priority: number): boolean {
    return this.#priority(priority).isEmpty;
  }

  /** One more is synced, at the end of its priority. */
  appended(priority: number, seq: number): void {
    this.#priority(priority).appended(seq);
  }

  putBack(entry: Entry): void {
    this.#priority(entry.priority).putBack(entry);
  }

  /** Up to `max` of the most urgent, each priority's first first. */
  take(max: number, now: number): ReadEntry[] {
    this.ripen(now);
    return this.#shiftFrom(
      this.#priorities,
      max,
      (entry) => !entry.fresh || this.#watermark.allows(entry.priority, entry.seq),
    );
  }

  /** Up to `max` of the least urgent priorities, each priority's first first, and those put off last. */
  dropOldest(max: number, now: number): ReadEntry[] {
    this.ripen(now);
    const dropped = this.#shiftFrom([...this.#priorities].reverse(), max, () => true);
    if (dropped.length === max) return dropped;
    const early = this.#delayed.takeOut(max - dropped.length).map((key) => this.#putOff(key));
    return [...dropped, ...early.filter((entry) => this.#complete(entry))];
  }

  /** Up to which sequence number there are messages of this priority. */
  endOf(priority: number): number {
    return this.#priority(priority).end;
  }

  /** Takes out a message that was found in this block and is not leased; undefined: it has gone meanwhile. */
  takeOut(block: FoundBlock, seq: number): ReadEntry | undefined {
    const { priority, key, octets } = block;
    const notBefore = this.#delivery(seq)?.notBefore;
    const isPutOff = notBefore !== undefined && this.#delayed.takeOutOne([notBefore, priority, seq]);
    if (notBefore === undefined) this.#priority(priority).openEarly(key, octets);
    const entry = isPutOff ? this.#putOff([notBefore, priority, seq]) : this.#priority(priority).takeOut(seq);
    return entry && this.#complete(entry) ? entry : undefined;
  }

  /** Until when a message is put off, and what happened to it. */
  knownOf(
    priority: number,
    stored: StoredItem,
  ): { notBefore?: number | undefined; state?: DeliveryState | undefined } {
    const { notBefore } = this.#delivery(stored.seq) ?? {};
    return { notBefore, state: this.stateOf(priority, stored) };
  }

  #shiftFrom(
    priorities: readonly DiskPriority[],
    max: number,
    allows: (entry: Entry) => boolean,
  ): ReadEntry[] {
    const taken: ReadEntry[] = [];
    for (const priority of priorities) {
      while (taken.length < max) {
        const entry = priority.peek(max - taken.length);
        if (!entry) break;
        if (!allows(entry)) return taken;
        priority.shift(entry);
        if (this.#complete(entry)) taken.push(entry);
      }
    }
    return taken;
  }

  /** Moves those whose time has come to their priorities, as long as these do not hold too many. */
  ripen(now: number): void {
    while (this.#priorities.reduce((total, priority) => total + priority.returned, 0) < RIPE_AT_ONCE) {
      const keys = this.#delayed.ripen(now);
      if (keys.length === 0) return;
      for (const key of keys) this.putBack(this.#putOff(key));
    }
  }

  #putOff([notBefore, priority, seq]: DelayedKey): Entry {
    // It is no longer among others.
    const block = new Block(priority, seq, 1);
    const unread = { item: undefined, state: undefined, recorded: true, notBefore, fresh: false };
    return { priority, seq, block, index: 0, ...unread };
  }

  /** Reads what is not read yet. */
  #complete(entry: Entry): entry is ReadEntry {
    if (entry.item) return true;
    const octets = this.#tables.priorities[entry.priority]?.get(entry.block);
    const read = octets && this.#found(entry, octets);
    if (!read) return false;
    entry.item = read.item;
    entry.state = read.state;
    return true;
  }

  /** The entries of a block, without what is gone. */
  #foundIn(priority: number, key: BlockKey, octets: Buffer): ReadEntry[] {
    const { block, gone } = this.#messages.open(priority, key);
    const found: ReadEntry[] = [];
    let { seq } = key;
    for (const [index, record] of recordsOf(octets, key.count).entries()) {
      if (gone.has(index)) continue;
      // Its number is not known before it is read, but it is behind that of the one before.
      const entry = this.#found({ block, index, seq, notBefore: undefined }, record);
      if (!entry) continue;
      found.push(entry);
      seq = entry.seq + 1;
    }
    const end = key.count + uncountedIn(octets, key.count);
    for (let index = key.count; index < end; index++)
      this.#found({ block, index, seq, notBefore: undefined }, undefined);
    return found;
  }

  /**
   * An entry of a record, or undefined: not readable, or put off. Those put off
   * come by their index alone, which tells until when.
   */
  #found(place: Place, octets: Buffer | undefined): ReadEntry | undefined {
    const { block, index, notBefore } = place;
    const { priority, count } = block;
    const decoded: Decoded<StoredItem> = octets ? decodeItem(octets) : { unreadable: 'damaged' };
    const fits = ({ seq, item }: StoredItem): boolean =>
      item.priority === priority && (count > 1 ? seq >= place.seq : seq === place.seq);
    const read = decoded.value && fits(decoded.value) ? decoded.value : undefined;
    // Among others it tells its number itself.
    const seq = count > 1 ? read?.seq : place.seq;
    const delivery = seq === undefined ? undefined : this.#delivery(seq);
    if (delivery?.notBefore !== notBefore) return undefined;
    if (!read || seq === undefined) {
      this.#unreadable++;
      this.#onDamage(damagedRecord(nameOf(place), decoded.unreadable ?? 'damaged'));
      return undefined;
    }
    const { item } = read;
    const recorded = delivery !== undefined;
    const suspect = block.suspect || this.#watermark.suspects(priority, seq, notBefore);
    const state = stateFrom(item, delivery, suspect);
    return { priority, seq, block, index, item, state, recorded, notBefore, fresh: notBefore === undefined };
  }

  /** What happened to a message, as far as is known. */
  stateOf(priority: number, { seq, item }: StoredItem): DeliveryState | undefined {
    const delivery = this.#delivery(seq);
    return stateFrom(item, delivery, this.#watermark.suspects(priority, seq, delivery?.notBefore));
  }

  #delivery(seq: number): Partial<StoredDelivery> | undefined {
    const octets = this.#messages.noted ? this.#tables.delivery.get(seq) : undefined;
    if (!octets) return undefined;
    const { value, unreadable } = decodeJson<StoredDelivery>(octets);
    if (value) return value;
    this.#onDamage(damagedRecord(`What happened to the queued message number ${seq}`, unreadable));
    return {};
  }

  /** The oldest that is not leased; epoch milliseconds. */
  oldestAt(leased: ReadonlyMap<number, unknown>): number | undefined {
    const times = this.#tables.priorities
      .map((table) => this.#oldestOf(table, leased))
      .filter((at) => at !== undefined);
    return times.length === 0 ? undefined : Math.min(...times);
  }

  #oldestOf(table: PriorityTable, leased: ReadonlyMap<number, unknown>): number | undefined {
    for (const [key, octets] of table.entries()) {
      const gone = this.#messages.goneOf(key);
      for (const [index, record] of recordsOf(octets, key.count).entries()) {
        const found = record && !gone.has(index) ? decodeItem(record).value : undefined;
        if (found && !leased.has(found.seq)) return found.item.enqueuedAt;
      }
    }
    return undefined;
  }

  /** Forgets all that is not leased; returns the last sequence number that this goes for, per priority. */
  clear(): number[] {
    this.#delayed.clear();
    this.#unreadable = 0;
    return this.#priorities.map((priority) => priority.clear());
  }

  #priority(priority: number): DiskPriority {
    return this.#priorities[priority] as DiskPriority;
  }
}

/** A block in the table of its priority. */
export interface FoundBlock {
  readonly priority: number;
  readonly key: BlockKey;
  readonly octets: Buffer;
}

/** Where a record was found; the number is at least this. */
type Place = Pick<Entry, 'block' | 'index' | 'seq' | 'notBefore'>;

function nameOf({ block, index, seq }: Place): string {
  const { priority, count } = block;
  if (count === 0) return `A queued message of priority ${priority}, whose number is not known,`;
  if (count === 1) return `The queued message number ${seq} of priority ${priority}`;
  return `A queued message of priority ${priority}, the ${index + 1}. of ${count} from number ${block.seq} on,`;
}

/** `suspect`: it may have been sent, and nobody wrote that down; the same where what was written is lost. */
function stateFrom(
  item: QueueItem,
  delivery: Partial<StoredDelivery> | undefined,
  suspect: boolean,
): DeliveryState | undefined {
  const lost = delivery !== undefined && !delivery.state;
  const state = delivery?.state ?? (suspect || lost ? newDeliveryState(item) : undefined);
  if (state && (suspect || lost)) state.redelivered = true;
  return state;
}
