import type { StoreCore } from '../commit/core';
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
    const decoded = decodeTombstone(octets);
    const indexes = 'value' in decoded ? decoded.value : undefined;
    if (!('value' in decoded))
      onDamage(damagedRecord(`What is gone of the messages from number ${seq} on`, decoded.unreadable));
    const ofBlock = found.get(seq);
    if (ofBlock) ofBlock.push({ key, indexes });
    else found.set(seq, [{ key, indexes }]);
  }
  return found;
}
