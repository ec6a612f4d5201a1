import { damagedRecord, type OnDamage } from '../record/damage';
import { decodeJson, type Records } from '../record/records';
import { roomFor, type Room } from '../lmdb/space';
import type { Tables } from '../lmdb/tables';
import type { Tomb } from './tombstones';

const KEY = Buffer.from('census');

/**
 * How many messages are stored, without looking at each: LMDB counts the blocks, and by how many
 * the messages in them are more (or fewer, when most of a block is gone) is written with every change.
 */
export class Census {
  readonly #tables: Tables;
  readonly #records: Records;
  /** Messages less blocks. */
  #excess: number;
  /** Of the transaction that is being made. */
  #change = 0;

  /** `trusted`: what is written is right, if it can be read. */
  constructor(parts: {
    tables: Tables;
    records: Records;
    tombs: ReadonlyMap<number, readonly Tomb[]>;
    onDamage: OnDamage;
    trusted: boolean;
  }) {
    const { tables, records, tombs, onDamage, trusted } = parts;
    this.#tables = tables;
    this.#records = records;
    const sound = trusted && [...tombs.values()].flat().every(({ indexes }) => indexes);
    this.#excess = (sound ? readExcess(tables, onDamage) : undefined) ?? countExcess(tables, tombs);
  }

  /** Messages that are stored, before anything is changed. */
  get total(): number {
    const blocks = this.#tables.priorities.reduce((sum, table) => sum + table.count, 0);
    return Math.max(0, blocks + this.#excess);
  }

  /** Writes what was counted, within a transaction: what was written before is not to be trusted. */
  recounted(): void {
    this.#tables.meta.put(KEY, this.#records.json({ excess: this.#excess }));
  }

  changed(by: number): void {
    this.#change += by;
  }

  get room(): Room {
    return roomFor([64], 1);
  }

  /** Writes it, as a part of the transaction; what it returns is to be told whether that was synced. */
  write(): ((synced: boolean) => void) | undefined {
    const change = this.#change;
    if (change === 0) return undefined;
    this.#change = 0;
    this.#excess += change;
    this.#tables.meta.put(KEY, this.#records.json({ excess: this.#excess }));
    return (synced) => {
      if (!synced) this.#excess -= change;
    };
  }
}

function readExcess({ meta, priorities }: Tables, onDamage: OnDamage): number | undefined {
  const octets = meta.get(KEY);
  if (!octets) return priorities.every((table) => table.count === 0) ? 0 : undefined;
  const decoded = decodeJson<{ excess: number }>(octets);
  if ('value' in decoded) return decoded.value.excess;
  onDamage(damagedRecord('The count of the queued messages', decoded.unreadable));
  return undefined;
}

function countExcess({ priorities }: Tables, tombs: ReadonlyMap<number, readonly Tomb[]>): number {
  let excess = 0;
  for (const table of priorities) {
    for (const { seq, count } of table.keys()) {
      excess += count - 1;
      if (count > 1) for (const { indexes } of tombs.get(seq) ?? []) excess -= indexes?.length ?? 0;
    }
  }
  return excess;
}
