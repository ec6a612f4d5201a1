import { damagedRecord, type OnDamage } from '../record/damage';
import { decodeTomb } from '../record/records';
import type { Tables } from '../lmdb/tables';

/** Tells that some of a block are gone. */
export interface Tomb {
  readonly key: number;
  /** Their places in it; undefined: damaged. */
  readonly indexes: readonly number[] | undefined;
}

/** What went in earlier runs, by the first message of its block. */
export function readTombs({ tombs }: Tables, onDamage: OnDamage): Map<number, Tomb[]> {
  const found = new Map<number, Tomb[]>();
  for (const [[seq, key], octets] of tombs.entries()) {
    const decoded = decodeTomb(octets);
    const indexes = 'value' in decoded ? decoded.value : undefined;
    if (!('value' in decoded)) {
      onDamage(damagedRecord(`What is gone of the messages from number ${seq} on`, decoded.unreadable));
    }
    const ofBlock = found.get(seq);
    if (ofBlock) ofBlock.push({ key, indexes });
    else found.set(seq, [{ key, indexes }]);
  }
  return found;
}
