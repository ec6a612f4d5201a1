import type { Gone } from '../../errors';
import type { Priority, QueueItem } from '../../types';
import { refusedItem } from '../../refused';
import { addedAt, fieldsOf, readRecord, readState } from './record';

/** An entry that a script took out: [priority, [id, fields], state]. */
export function readRemoved(answer: unknown): Gone {
  const [p, [entry, list], state] = answer as [number, [Buffer, unknown], Buffer];
  const item = itemOf(p, String(entry), list);
  const written = String(state);
  return { item, state: written === '' ? undefined : readState(written, item) };
}

/** Of what another program has put there, and nobody has looked at yet, only when that was is known. */
function itemOf(p: number, entry: string, list: unknown): QueueItem {
  const { field, value } = fieldsOf(list);
  const read = field === 'm' ? readRecord(value) : undefined;
  return read && 'item' in read ? read.item : refusedItem(value, entry, addedAt(entry), p as Priority);
}
