import type { DeliveryState, QueueItem } from '../../types';
import { Block, blockValue, MOST_IN_BLOCK, type BlockKey } from '../record/blocks';
import type { Extent } from '../record/bytes';
import type { Census } from './message-count';
import type { Delayed } from './delayed';
import { ENVELOPE_OVERHEAD } from '../record/envelope';
import type { TombKey } from '../record/keys';
import type { Entry, ReadEntry } from '../record/entries';
import { decodeTomb, type Records } from '../record/records';
import type { Room } from '../lmdb/space';
import type { PriorityTable, Tables } from '../lmdb/tables';
import type { Tomb } from './tombstones';

/** A block as it is being put together: its records lie one behind the other. */
interface Growing extends Extent {
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
  readonly #census: Census;
  readonly #largest: number;
  #noted: boolean;
  /** By priority. */
  readonly #growing: (Growing | undefined)[];
  /** What goes with this transaction. */
  #leaving = new Map<Block, number[]>();
  /** What went in earlier runs, of blocks that were not met yet. */
  readonly #tombs: Map<number, Tomb[]>;

  constructor(parts: {
    tables: Tables;
    records: Records;
    delayed: Delayed;
    census: Census;
    tombs: Map<number, Tomb[]>;
  }) {
    this.#tables = parts.tables;
    this.#records = parts.records;
    this.#delayed = parts.delayed;
    this.#census = parts.census;
    this.#largest = parts.tables.pageSize - PAGE_HEADER - (parts.tables.sealing ? ENVELOPE_OVERHEAD : 0);
    this.#growing = parts.tables.priorities.map(() => undefined);
    this.#noted = parts.tables.delivery.count > 0;
    this.#tombs = parts.tombs;
  }

  /** Whether there are any notes of what happened to messages. Most often there are none. */
  get noted(): boolean {
    return this.#noted;
  }

  encode(seq: number, item: QueueItem): Extent {
    return this.#records.packed(seq, item);
  }

  /** Appends to what this transaction appends already. */
  put(priority: number, seq: number, record: Extent): void {
    const { slab, start, end } = record;
    const open = this.#growing[priority];
    const follows = open?.slab === slab && open.end === start;
    if (follows && end - open.start <= this.#largest && open.count < MOST_IN_BLOCK) {
      open.count++;
      open.end = end;
      return;
    }
    this.#putBlock(priority);
    this.#growing[priority] = { seq, count: 1, slab, start, end };
  }

  #putBlock(priority: number): void {
    const block = this.#growing[priority];
    if (!block) return;
    this.#growing[priority] = undefined;
    this.#census.changed(block.count - 1);
    this.#priority(priority).put(block, blockValue(block, block.count));
  }

  /** A block that was found, and the places in it of what is gone. */
  open(
    priority: number,
    { seq, count }: BlockKey,
  ): { readonly block: Block; readonly gone: ReadonlySet<number> } {
    const block = new Block(priority, seq, count);
    const tombs = count > 1 ? this.#tombs.get(seq) : undefined;
    if (!tombs) return { block, gone: NONE };
    this.#tombs.delete(seq);
    const gone = new Set<number>();
    for (const { key, indexes } of tombs) {
      block.tombs.push(key);
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
    for (const [, octets] of this.#tables.tombs.entries(tombsOf(seq))) {
      const decoded = decodeTomb(octets);
      if ('value' in decoded) for (const index of decoded.value) gone.add(index);
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
    this.#census.changed(-indexes.length);
    this.#tables.tombs.put([seq, key], this.#records.tomb(indexes));
    this.#tombs.set(seq, [...(this.#tombs.get(seq) ?? []), { key, indexes }]);
  }

  /** Removes a block that is not open, whatever is in it. */
  discard(priority: number, key: BlockKey): void {
    this.#priority(priority).remove(key);
    if (key.count === 1) return;
    this.#census.changed(1 + this.goneOf(key).size - key.count);
    this.#tombs.delete(key.seq);
    for (const tomb of this.#tables.tombs.keys(tombsOf(key.seq))) {
      this.#tables.tombs.remove(tomb);
    }
  }

  /** Writes what happened to a message; it stays where it is. */
  note(entry: Entry, state: DeliveryState): void {
    this.#note(entry.seq, state, entry.notBefore);
  }

  /** The same for one that is being put. */
  noteNew(seq: number, state: DeliveryState): void {
    this.#note(seq, state, undefined);
  }

  /** What {@link delay} needs where the message lies among others, which are not to be kept by it. */
  alone({ seq, item, block }: ReadEntry): Buffer | undefined {
    return block.count === 1 ? undefined : this.#records.item(seq, item);
  }

  delay(entry: Entry, state: DeliveryState, notBefore: number, alone: Buffer | undefined): void {
    const { priority, seq, block, index } = entry;
    if (alone) {
      this.#priority(priority).put({ seq, count: 1 }, alone);
      this.leave(block, [index]);
    }
    this.#endDelay(entry);
    this.#delayed.put([notBefore, priority, seq]);
    this.#note(seq, state, notBefore);
  }

  #note(seq: number, state: DeliveryState, notBefore: number | undefined): void {
    this.#noted = true;
    this.#tables.delivery.put(seq, this.#records.delivery({ state, notBefore }));
  }

  #endDelay({ priority, seq, notBefore }: Entry): void {
    if (notBefore !== undefined) this.#delayed.remove([notBefore, priority, seq]);
  }

  /** What {@link atEnd} takes besides what was asked for. */
  get roomAtEnd(): Room {
    return this.#census.room;
  }

  /** The last of each transaction. What it returns is to be told whether that was synced. */
  atEnd(): (synced: boolean) => void {
    for (let priority = 0; priority < this.#growing.length; priority++) this.#putBlock(priority);
    const leaving = this.#leaving;
    if (leaving.size > 0) this.#leaving = new Map();
    for (const [block, indexes] of leaving) this.#bury(block, indexes);
    const counted = this.#census.write();
    return (synced) => {
      counted?.(synced);
      if (!synced) return;
      for (const [block, indexes] of leaving) {
        block.left -= indexes.length;
        block.tombs.push(Math.min(...indexes));
      }
    };
  }

  /** Tells what is gone, or removes the block where nothing is left of it. */
  #bury(block: Block, indexes: readonly number[]): void {
    const { priority, seq, left, tombs } = block;
    if (indexes.length < left) {
      this.#census.changed(-indexes.length);
      this.#tables.tombs.put([seq, Math.min(...indexes)], this.#records.tomb(indexes));
      return;
    }
    this.#census.changed(1 - left);
    this.#priority(priority).remove(block);
    for (const tomb of tombs) this.#tables.tombs.remove([seq, tomb]);
  }

  #priority(priority: number): PriorityTable {
    return this.#tables.priorities[priority] as PriorityTable;
  }
}

const NONE: ReadonlySet<number> = new Set();

const tombsOf = (seq: number): { from: TombKey; to: TombKey } => ({
  from: [seq, 0],
  to: [seq, MOST_IN_BLOCK],
});
