import type { QueueItem } from '../types';
import type { Committer } from './committer';
import type { Delayed } from './delayed';
import type { DelayedKey } from './entries';
import { roomFor } from './space';
import type { Tables } from './tables';
import { decodeItem } from './records';

const RETURNED = 10_000;
/** Removed per transaction, so that nobody else waits long. */
const CHUNK = 5000;

/**
 * Removes, lane by lane, all up to the sequence numbers given except what is on
 * loan; damaged records go, too. `removed` is told after each chunk.
 */
export async function purgeMessages(
  { tables, committer, delayed }: { tables: Tables; committer: Committer; delayed: Delayed },
  ends: readonly number[],
  onLoan: ReadonlySet<number>,
  removed: (count: number) => void,
): Promise<QueueItem[]> {
  const last = Math.max(...ends);
  const keep = (seq: number): boolean => onLoan.has(seq) || seq > last;
  const items: QueueItem[] = [];
  for (const [lane, table] of tables.lanes.entries()) {
    const to = ends[lane] as number;
    let after: number | undefined;
    for (let more = true; more;) {
      const seqs = [...table.keys({ after, to, limit: CHUNK })];
      more = seqs.length === CHUNK;
      after = seqs.at(-1) ?? to;
      const gone = seqs.filter((seq) => !keep(seq));
      for (const seq of gone.slice(0, RETURNED - items.length)) {
        const decoded = decodeItem(table.get(seq) ?? Buffer.alloc(0));
        if ('value' in decoded) items.push(decoded.value.item);
      }
      const noted = tables.delivery.count > 0;
      const remove = (seq: number): void => {
        table.remove(seq);
        if (noted) tables.delivery.remove(seq);
      };
      await committer.write(roomFor([], 2 * gone.length), () => gone.forEach(remove), false);
      removed(gone.length);
    }
  }
  for (let keys = delayed.keysExcept(keep, CHUNK); keys.length > 0; keys = delayed.keysExcept(keep, CHUNK)) {
    await committer.write(
      roomFor([], keys.length),
      () => keys.forEach((key: DelayedKey) => delayed.remove(key)),
      false,
    );
  }
  delayed.recount();
  return items;
}
