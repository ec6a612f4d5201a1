import { copyDeliveryState, isUntouched } from '../../delivery-state';
import type { DeadLetter, DeliveryState, Lease, QueueItem, Settlement } from '../../types';
import type { StoreCore } from '../commit/core';
import type { StoreChange } from '../commit/requests';
import { NOTED } from '../commit/time';
import { addRecord, addRoom, roomFor, sumOf, type Room } from '../lmdb/space';
import { Block } from '../record/blocks';
import type { Extent } from '../../record/bytes';
import { LeaseHandle, type DelayedKey, type ReadEntry } from '../record/entries';
import type { Records } from '../record/records';
import type { Delayed } from './delayed';
import type { Messages } from './messages';
import type { Ready } from './ready';

/** What the removal of messages takes: of those of one block together little more than of one. */
function removalOf(entries: readonly ReadEntry[]): Room {
  const room = { octets: 0, rows: 0, touches: 0 };
  const blocks = new Set<Block>();
  for (const { block, recorded, notBefore } of entries) {
    room.touches += (recorded ? 1 : 0) + (notBefore === undefined ? 0 : 1);
    blocks.add(block);
  }
  for (const { count, tombstones } of blocks) {
    room.touches += 1 + tombstones.length;
    if (count > 1) addRecord(room, LARGEST_TOMBSTONE);
  }
  return room;
}

/** Octets, for as many messages as share a page. */
const LARGEST_TOMBSTONE = 256;

/** A history of twenty takes less. */
export const NOTE = roomFor([3999], 3);

type Kept = Exclude<Settlement, { readonly outcome: 'done' }>;

/** The changes that the queue consists of, and the counts that follow from them. */
export class QueueChanges {
  readonly #core: StoreCore;
  readonly #messages: Messages;
  readonly #delayed: Delayed;
  readonly #ready: Ready;
  readonly #adding: (letter: DeadLetter) => StoreChange;
  readonly #appending: AppendingParts;
  /** What is leased, by sequence number. */
  readonly leased = new Map<number, ReadEntry>();
  /** What is being dropped. */
  readonly dropping = new Map<number, ReadEntry>();
  /** Messages that are stored. */
  stored: number;
  /** Messages that are being written. */
  coming = 0;
  nextSeq: number;

  /** `adding` is the change that keeps a message which failed for good. */
  constructor(
    core: StoreCore,
    { messages, delayed, ready }: { messages: Messages; delayed: Delayed; ready: Ready },
    adding: (letter: DeadLetter) => StoreChange,
    counts: { readonly stored: number; readonly nextSeq: number },
  ) {
    this.#core = core;
    this.#messages = messages;
    this.#delayed = delayed;
    this.#ready = ready;
    this.#adding = adding;
    this.#appending = { queue: this, records: core.records, messages, ready };
    this.stored = counts.stored;
    this.nextSeq = counts.nextSeq;
  }

  /** Appends messages; `states` where something happened to them before. */
  appending(items: readonly QueueItem[], states?: readonly DeliveryState[]): Appending {
    const first = this.nextSeq;
    this.nextSeq += items.length;
    this.coming += items.length;
    return new Appending(this.#appending, items, first, states);
  }

  /** Removes a message that `Ready.dropOldest` took out. */
  drop(entry: ReadEntry): StoreChange {
    const { priority, seq, notBefore } = entry;
    this.dropping.set(seq, entry);
    return {
      room: removalOf([entry]),
      apply: () => this.#messages.remove(entry),
      done: () => {
        this.dropping.delete(seq);
        this.stored--;
        if (notBefore !== undefined) this.#delayed.synced([notBefore, priority, seq], false);
      },
      failed: () => {
        this.dropping.delete(seq);
        const waits = notBefore !== undefined && this.#delayed.synced([notBefore, priority, seq], true);
        if (!waits) this.#ready.putBack(entry);
      },
    };
  }

  lease(entry: ReadEntry): LeaseHandle {
    this.leased.set(entry.seq, entry);
    return new LeaseHandle(entry);
  }

  /** Ends the lease for good; undefined when it was over already. */
  takeBack(lease: Lease): ReadEntry | undefined {
    const handle = openHandle(lease);
    if (!handle) return undefined;
    handle.open = false;
    this.leased.delete(handle.entry.seq);
    return handle.entry;
  }

  /** Without those whose lease is over already. */
  settling(settlements: readonly Settlement[]): StoreChange[] {
    const done: LeaseHandle[] = [];
    const changes: StoreChange[] = [];
    for (const settlement of settlements) {
      const handle = openHandle(settlement.lease);
      if (!handle) continue;
      handle.open = false;
      if (settlement.outcome === 'done') done.push(handle);
      else changes.push(this.#ending([handle], this.#outcome(settlement, handle.entry)));
    }
    if (done.length > 0) changes.push(this.#ending(done, this.#removing(done)));
    return changes;
  }

  /** The change, with which these leases end; where it fails their holder may settle them again. */
  #ending(handles: readonly LeaseHandle[], change: StoreChange): StoreChange {
    return {
      room: change.room,
      apply: () => change.apply(),
      done: () => {
        for (const { entry } of handles) this.leased.delete(entry.seq);
        change.done?.();
      },
      failed: (refusal) => {
        for (const handle of handles) handle.open = true;
        change.failed?.(refusal);
      },
    };
  }

  #removing(handles: readonly LeaseHandle[]): StoreChange {
    return {
      room: removalOf(handles.map(({ entry }) => entry)),
      apply: () => {
        for (const { entry } of handles) this.#messages.remove(entry);
      },
      done: () => void (this.stored -= handles.length),
    };
  }

  /** Settles as other than done. */
  #outcome(settlement: Kept, entry: ReadEntry): StoreChange {
    const { clock, time } = this.#core;
    const state = copyDeliveryState(settlement.lease.state);
    if (settlement.outcome === 'retry')
      return this.#delaying(entry, state, Math.max(0, time.of(settlement.notBefore) || 0));
    const adding = this.#adding({
      item: entry.item,
      state,
      reason: settlement.reason,
      failedAt: clock.now(),
    });
    return {
      room: sumOf([adding.room, removalOf([entry])]),
      apply: () => (this.#messages.remove(entry), adding.apply()),
      done: () => (this.stored--, adding.done?.()),
      failed: (refusal) => adding.failed?.(refusal),
    };
  }

  #delaying(entry: ReadEntry, state: DeliveryState, notBefore: number): StoreChange {
    const { time, records } = this.#core;
    const { priority, seq } = entry;
    const key: DelayedKey = [notBefore, priority, seq];
    const alone = entry.block.count === 1 ? undefined : records.item(seq, entry.item);
    return {
      room: sumOf([NOTE, NOTED, ...(alone ? [roomFor([alone.length], 1), removalOf([entry])] : [])]),
      apply: () => {
        time.note();
        this.#messages.delay(entry, state, notBefore, alone);
      },
      done: () => {
        if (this.#delayed.synced(key, true)) return;
        const block = alone ? new Block(priority, seq, 1) : entry.block;
        this.#ready.putBack({ ...entry, block, index: 0, state, notBefore, recorded: true, fresh: false });
      },
      failed: () => void this.#delayed.synced(key, false),
    };
  }
}

interface AppendingParts {
  readonly queue: QueueChanges;
  readonly records: Records;
  readonly messages: Messages;
  readonly ready: Ready;
}

/** One for each call of enqueue, and so with as few objects as can be: it is its room itself. */
class Appending implements StoreChange, Room {
  readonly grows = true;
  octets = 0;
  rows = 0;
  touches = 0;
  readonly #parts: AppendingParts;
  readonly #items: readonly QueueItem[];
  readonly #first: number;
  /** Of one message its only record. */
  readonly #records: Extent | readonly Extent[];
  readonly #states: readonly DeliveryState[] | undefined;

  constructor(
    parts: AppendingParts,
    items: readonly QueueItem[],
    first: number,
    states: readonly DeliveryState[] | undefined,
  ) {
    this.#parts = parts;
    this.#items = items;
    this.#first = first;
    this.#states = states;
    const { records } = parts;
    // Now, for what the caller does to its items afterwards must not be seen.
    if (items.length === 1) this.#records = this.#encoded(records.packed(first, items[0] as QueueItem));
    else this.#records = items.map((item, at) => this.#encoded(records.packed(first + at, item)));
    if (states) for (const state of states) if (!isUntouched(state)) addRoom(this, NOTE);
  }

  #encoded(record: Extent): Extent {
    addRecord(this, record.end - record.start);
    return record;
  }

  get room(): Room {
    return this;
  }

  apply(): void {
    const records = this.#records;
    if ('slab' in records) this.#put(0, records);
    else for (let at = 0; at < records.length; at++) this.#put(at, records[at] as Extent);
  }

  #put(at: number, record: Extent): void {
    const { priority } = this.#items[at] as QueueItem;
    this.#parts.messages.put(priority, this.#first + at, record);
    const state = this.#states?.[at];
    if (state && !isUntouched(state)) this.#parts.messages.note(this.#first + at, state);
  }

  done(): void {
    this.#parts.queue.coming -= this.#items.length;
    this.#parts.queue.stored += this.#items.length;
    let seq = this.#first;
    for (const { priority } of this.#items) this.#parts.ready.appended(priority, seq++);
  }

  failed(): void {
    this.#parts.queue.coming -= this.#items.length;
  }
}

export function openHandle(lease: Lease): LeaseHandle | undefined {
  const handle = lease.token;
  return handle instanceof LeaseHandle && handle.open ? handle : undefined;
}
