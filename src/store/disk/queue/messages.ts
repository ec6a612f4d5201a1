import type { StoreCore } from '../commit/core';
import type { DeliveryState } from '../../types';
import { Block, blockValue, MOST_IN_BLOCK, type BlockKey } from '../record/blocks';
import type { Extent } from '../../record/bytes';
import type { MessageCount, Tombstone } from './message-count';
import type { Delayed } from './delayed';
import { ENVELOPE_OVERHEAD } from '../record/envelope';
import type { TombstoneKey } from '../record/keys';
import type { Entry } from '../record/entries';
import { decodeTombstone, type Records, type StoredDelivery } from '../record/records';
import type { Room } from '../lmdb/space';
import type { PriorityTable, Tables } from '../lmdb/tables';

/** A block as it is being put together: its records lie one behind the other. */
interface PendingBlock extends Extent {
  readonly seq: number;
  count: number;
  end: number;
}

/** What LMDB writes before a value with a page of its own. */
const PAGE_HEADER = 24;

/**
 * The records of messages. Calls that change them belong into a transaction, which
 * {@link atEnd} ends: only then are blocks put, and told or removed what has gone.
 */
export class Messages {
  readonly #tables: Tables;
  readonly #records: Records;
  readonly #delayed: Delayed;
  readonly #messageCount: MessageCount;
  readonly #largest: number;
  #noted: boolean;
  /** What this transaction appends, by priority. */
  readonly #pending: (PendingBlock | undefined)[];
  /** What goes with this transaction. */
  #leaving = new Map<Block, number[]>();
  /** What went in earlier runs, of blocks that were not met yet. */
  readonly #tombstones: Map<number, Tombstone[]>;

  constructor(
    { tables, records }: StoreCore,
    delayed: Delayed,
    messageCount: MessageCount,
    tombstones: Map<number, Tombstone[]>,
  ) {
    this.#tables = tables;
    this.#records = records;
    this.#delayed = delayed;
    this.#messageCount = messageCount;
    this.#largest = tables.pageSize - PAGE_HEADER - (tables.sealing ? ENVELOPE_OVERHEAD : 0);
    this.#pending = tables.priorities.map(() => undefined);
    this.#noted = tables.delivery.count > 0;
    this.#tombstones = tombstones;
  }

  /** Whether there are any notes of what happened to messages. Most often there are none. */
  get noted(): boolean {
    return this.#noted;
  }

  /** Appends to what this transaction appends already. */
  put(priority: number, seq: number, record: Extent): void {
    const { slab, start, end } = record;
    const open = this.#pending[priority];
    const follows = open?.slab === slab && open.end === start;
    if (follows && end - open.start <= this.#largest && open.count < MOST_IN_BLOCK) {
      open.count++;
      open.end = end;
      return;
    }
    this.#putBlock(priority);
    this.#pending[priority] = { seq, count: 1, slab, start, end };
  }

  #putBlock(priority: number): void {
    const block = this.#pending[priority];
    if (!block) return;
    this.#pending[priority] = undefined;
    this.#messageCount.changed(block.count - 1);
    this.#priority(priority).put(block, blockValue(block, block.count));
  }

  /** A block that was found, and the places in it of what is gone. */
  open(
    priority: number,
    { seq, count }: BlockKey,
  ): { readonly block: Block; readonly gone: ReadonlySet<number> } {
    const block = new Block(priority, seq, count);
    const tombstones = count > 1 ? this.#tombstones.get(seq) : undefined;
    if (!tombstones) return { block, gone: NONE };
    this.#tombstones.delete(seq);
    const gone = new Set<number>();
    for (const { key, indexes } of tombstones) {
      block.tombstones.push(key);
      block.suspect ||= indexes === undefined;
      for (const index of indexes ?? []) gone.add(index);
    }
    block.left -= gone.size;
    return { block, gone };
  }

  /** The places in a block of what is gone, as far as that is synced; also of one that is not open. */
  goneOf({ seq, count }: BlockKey): ReadonlySet<number> {
    if (count === 1) return NONE;
    const gone = new Set<number>();
    for (const [, octets] of this.#tables.tombstones.entries(tombstonesOf(seq))) {
      for (const index of decodeTombstone(octets).value ?? []) gone.add(index);
    }
    return gone;
  }

  remove(entry: Entry): void {
    this.leave(entry.block, [entry.index]);
    if (entry.recorded) this.#tables.delivery.remove(entry.seq);
    this.#endDelay(entry);
  }

  /** These of a block go. */
  leave(block: Block, indexes: readonly number[]): void {
    if (block.count === 1) return this.#priority(block.priority).remove(block);
    const leaving = this.#leaving.get(block);
    if (leaving) leaving.push(...indexes);
    else this.#leaving.set(block, [...indexes]);
  }

  /** The same of one that is not open. */
  leaveUnopened({ seq }: BlockKey, indexes: readonly number[]): void {
    const key = Math.min(...indexes);
    this.#messageCount.changed(-indexes.length);
    this.#tables.tombstones.put([seq, key], this.#records.tombstone(indexes));
    this.#tombstones.set(seq, [...(this.#tombstones.get(seq) ?? []), { key, indexes }]);
  }

  /** Removes a block that is not open, whatever is in it. */
  discard(priority: number, key: BlockKey): void {
    this.#priority(priority).remove(key);
    if (key.count === 1) return;
    this.#messageCount.changed(1 + this.goneOf(key).size - key.count);
    this.#tombstones.delete(key.seq);
    for (const tombstone of this.#tables.tombstones.keys(tombstonesOf(key.seq)))
      this.#tables.tombstones.remove(tombstone);
  }

  /** Puts a message off; `alone` is its record where it lies among others, which are not to be kept by it. */
  delay(entry: Entry, state: DeliveryState, notBefore: number, alone: Buffer | undefined): void {
    const { priority, seq, block, index } = entry;
    if (alone) {
      this.#priority(priority).put({ seq, count: 1 }, alone);
      this.leave(block, [index]);
    }
    this.#endDelay(entry);
    this.#delayed.put([notBefore, priority, seq]);
    this.note(seq, state, notBefore);
  }

  /** Writes what happened to a message, and until when it is put off. */
  note(seq: number, state: DeliveryState, notBefore?: number): void {
    this.#noted = true;
    this.#tables.delivery.put(seq, this.#records.json({ state, notBefore } satisfies StoredDelivery));
  }

  #endDelay({ priority, seq, notBefore }: Entry): void {
    if (notBefore !== undefined) this.#delayed.remove([notBefore, priority, seq]);
  }

  /** What {@link atEnd} takes besides what was asked for. */
  get roomAtEnd(): Room {
    return this.#messageCount.room;
  }

  /** The last of each transaction. What it returns is to be told whether that was synced. */
  atEnd(): (synced: boolean) => void {
    for (let priority = 0; priority < this.#pending.length; priority++) this.#putBlock(priority);
    const leaving = this.#leaving;
    if (leaving.size > 0) this.#leaving = new Map();
    for (const [block, indexes] of leaving) this.#removeFrom(block, indexes);
    const counted = this.#messageCount.write();
    return (synced) => {
      counted?.(synced);
      if (!synced) return;
      for (const [block, indexes] of leaving) {
        block.left -= indexes.length;
        block.tombstones.push(Math.min(...indexes));
      }
    };
  }

  /** Tells what is gone, or removes the block where nothing is left of it. */
  #removeFrom(block: Block, indexes: readonly number[]): void {
    const { priority, seq, left, tombstones } = block;
    if (indexes.length < left) {
      this.#messageCount.changed(-indexes.length);
      this.#tables.tombstones.put([seq, Math.min(...indexes)], this.#records.tombstone(indexes));
      return;
    }
    this.#messageCount.changed(1 - left);
    this.#priority(priority).remove(block);
    for (const tombstone of tombstones) this.#tables.tombstones.remove([seq, tombstone]);
  }

  #priority(priority: number): PriorityTable {
    return this.#tables.priorities[priority] as PriorityTable;
  }
}

const NONE: ReadonlySet<number> = new Set();

const tombstonesOf = (seq: number): { from: TombstoneKey; to: TombstoneKey } => ({
  from: [seq, 0],
  to: [seq, MOST_IN_BLOCK],
});
