import type { Gone as Removed } from '../../errors';
import type { QueueItem } from '../../types';
import { recordsOf, type Block, type BlockKey } from '../record/blocks';
import type { QueueChanges } from './changes';
import type { Committer } from '../commit/committer';
import type { Delayed } from './delayed';
import type { DelayedKey, ReadEntry } from '../record/entries';
import { endOf } from '../record/keys';
import type { Messages } from './messages';
import type { Ready } from './ready';
import { decodeItem } from '../record/records';
import { roomFor } from '../lmdb/space';
import type { Tables } from '../lmdb/tables';

/** Blocks looked at per transaction, so that nobody else waits long. */
const CHUNK = 400;
const DELAYED_CHUNK = 5000;

export interface PurgeParts {
  readonly tables: Tables;
  readonly committer: Committer;
  readonly messages: Messages;
  readonly delayed: Delayed;
  readonly changes: QueueChanges;
  readonly ready: Pick<Ready, 'stateOf'>;
}

/** A message that is to go; without number and content where it cannot be read. */
interface Gone {
  readonly index: number;
  readonly seq?: number;
  readonly item?: QueueItem;
}

/** What is on loan; of an earlier run it is not known where it lies. */
export type Spared = ReadonlyMap<number, ReadEntry | 'unopened'>;

/** Whose message it is, where it stays. */
type Kept = (seq: number) => ReadEntry | 'unopened' | undefined;

/** What is to go of a block; all of it, unless it is in use, too. */
interface Part {
  readonly key: BlockKey;
  readonly gone: readonly Gone[];
  readonly inUse: Block | 'unopened' | undefined;
}

/**
 * Removes, priority by priority, all up to the sequence numbers given except what is on
 * loan; damaged records go, too. `tell` hears of each chunk what of it can be read, and is waited for, before it goes:
 * after a kill nobody could tell of it any more. `removed` hears how many went.
 */
export async function purgeMessages(
  { tables, committer, messages, delayed, changes, ready }: PurgeParts,
  ends: readonly number[],
  onLoan: Spared,
  tell: (readable: readonly Removed[]) => Promise<void>,
  removed: (count: number) => void,
): Promise<void> {
  const kept: Kept = (seq) => onLoan.get(seq) ?? changes.dropping.get(seq);
  for (const [priority, table] of tables.priorities.entries()) {
    const to = endOf(ends[priority] as number);
    let after: BlockKey | undefined;
    for (let more = true; more;) {
      const parts: Part[] = [];
      for (const [key, octets] of table.entries({ after, to, limit: CHUNK })) {
        parts.push(partOf(key, octets, messages.goneOf(key), kept));
        after = key;
      }
      more = parts.length === CHUNK;
      const gone = parts.flatMap((part) => part.gone);
      const readable = gone.flatMap(({ seq, item }) =>
        item && seq !== undefined ? { item, state: ready.stateOf(priority, { seq, item }) } : [],
      );
      const noted = tables.delivery.count > 0;
      const apply = (): void => {
        for (const part of parts) removePart(messages, priority, part);
        if (noted) for (const { seq } of gone) if (seq !== undefined) tables.delivery.remove(seq);
      };
      await tell(readable);
      await committer.write(roomFor([], 2 * gone.length), apply, false);
      removed(gone.length);
    }
  }
  const last = Math.max(...ends);
  const keep = (seq: number): boolean => kept(seq) !== undefined || seq > last;
  const keysLeft = (): DelayedKey[] => delayed.keysExcept(keep, DELAYED_CHUNK);
  for (let keys = keysLeft(); keys.length > 0; keys = keysLeft()) {
    await committer.write(roomFor([], keys.length), () => keys.forEach((key) => delayed.remove(key)), false);
  }
  delayed.recount();
}

function partOf(key: BlockKey, octets: Buffer, goneBefore: ReadonlySet<number>, kept: Kept): Part {
  const gone: Gone[] = [];
  let inUse: Part['inUse'];
  for (const [index, record] of recordsOf(octets, key.count).entries()) {
    if (goneBefore.has(index)) continue;
    const decoded = record && decodeItem(record);
    const read = decoded && 'value' in decoded ? decoded.value : undefined;
    const user = read && kept(read.seq);
    if (user) inUse = user === 'unopened' ? user : user.block;
    else gone.push({ index, ...read });
  }
  return { key, gone, inUse };
}

function removePart(messages: Messages, priority: number, { key, gone, inUse }: Part): void {
  if (!inUse) return messages.discard(priority, key);
  if (gone.length === 0) return;
  const indexes = gone.map(({ index }) => index);
  if (inUse === 'unopened') messages.leaveUnopened(key, indexes);
  else messages.leave(inUse, indexes);
}
