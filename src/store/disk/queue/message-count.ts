import type { StoreCore } from '../commit/core';
import { MetaRecord } from '../commit/meta';
import { roomFor } from '../lmdb/space';
import type { Tables } from '../lmdb/tables';
import { damagedRecord } from '../record/damage';
import { decodeTombstone } from '../record/records';

/** Tells that some of a block are gone. */
export interface Tombstone {
  readonly key: number;
  /** Their places in it; undefined: damaged. */
  readonly indexes: readonly number[] | undefined;
}

/** What went in earlier runs, by the first message of its block. */
export function readTombstones({ tables, onDamage }: StoreCore): Map<number, Tombstone[]> {
  const found = new Map<number, Tombstone[]>();
  for (const [[seq, key], octets] of tables.tombstones.entries()) {
    const { value: indexes, unreadable } = decodeTombstone(octets);
    if (unreadable) onDamage(damagedRecord(`What is gone of the messages from number ${seq} on`, unreadable));
    const ofBlock = found.get(seq);
    if (ofBlock) ofBlock.push({ key, indexes });
    else found.set(seq, [{ key, indexes }]);
  }
  return found;
}

type Tombstones = ReadonlyMap<number, readonly Tombstone[]>;

/**
 * How many messages are stored, without looking at each: LMDB counts the blocks, and by how many
 * the messages in them are more (or fewer, when most of a block is gone) is written with every change.
 */
export class MessageCount {
  readonly #tables: Tables;
  readonly #record: MetaRecord<{ readonly excess: number }>;
  /** Messages less blocks. */
  #excess: number;
  /** Of the transaction that is being made. */
  #change = 0;
  readonly room = roomFor([64], 1);

  /** `trusted`: what is written is right, if it can be read. */
  constructor(core: StoreCore, tombstones: Tombstones, trusted: boolean) {
    const { tables } = core;
    this.#tables = tables;
    this.#record = new MetaRecord(core, 'message-count', 'The count of the queued messages');
    const isSound = trusted && [...tombstones.values()].flat().every(({ indexes }) => indexes);
    const read = isSound ? this.#record.read() : undefined;
    const isNew = isSound && read === undefined && tables.priorities.every((table) => table.count === 0);
    this.#excess = read?.excess ?? (isNew ? 0 : countExcess(tables, tombstones));
  }

  /** Messages that are stored, before anything is changed. */
  get total(): number {
    const blocks = this.#tables.priorities.reduce((sum, table) => sum + table.count, 0);
    return Math.max(0, blocks + this.#excess);
  }

  /** Writes what was counted, within a transaction: what was written before is not to be trusted. */
  recounted(): void {
    this.#record.put({ excess: this.#excess });
  }

  changed(by: number): void {
    this.#change += by;
  }

  /** Writes it, as a part of the transaction; what it returns is to be told whether that was synced. */
  write(): ((synced: boolean) => void) | undefined {
    const change = this.#change;
    if (change === 0) return undefined;
    this.#change = 0;
    this.#excess += change;
    this.recounted();
    return (synced) => {
      if (!synced) this.#excess -= change;
    };
  }
}

function countExcess({ priorities }: Tables, tombstones: Tombstones): number {
  let excess = 0;
  for (const table of priorities) {
    for (const { seq, count } of table.keys()) {
      excess += count - 1;
      if (count > 1) for (const { indexes } of tombstones.get(seq) ?? []) excess -= indexes?.length ?? 0;
    }
  }
  return excess;
}
