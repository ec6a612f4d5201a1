import { tellRemoved, type Gone as Removed } from '../../errors';
import type { PurgeOptions, QueueItem } from '../../types';
import type { StoreCore } from '../commit/core';
import { MetaRecord } from '../commit/meta';
import { roomFor } from '../lmdb/space';
import { recordsOf, type Block, type BlockKey } from '../record/blocks';
import type { DelayedKey, ReadEntry } from '../record/entries';
import { endOf } from '../record/keys';
import { decodeItem } from '../record/records';
import type { QueueChanges } from './changes';
import type { Delayed } from './delayed';
import type { Messages } from './messages';
import type { Ready } from './ready';

/** What a purge returns at most. */
const RETURNED = 10_000;
/** Blocks looked at per transaction, so that nobody else waits long. */
const CHUNK = 400;
const DELAYED_CHUNK = 5000;

/** Priority by priority up to where a purge goes, and what in there it spares because it is leased, by sequence number. */
export interface PurgeMark {
  readonly ends: readonly number[];
  readonly spared: readonly number[];
}

/** A message that is to go; without number and content where it cannot be read. */
interface Gone {
  readonly index: number;
  readonly seq?: number;
  readonly item?: QueueItem;
}

/** What is leased; of an earlier run it is not known where it lies. */
type Spared = ReadonlyMap<number, ReadEntry | 'unopened'>;

/** Whose message it is, where it stays. */
type Kept = (seq: number) => ReadEntry | 'unopened' | undefined;

/** What is to go of a block; all of it, unless it is in use, too. */
interface Part {
  readonly key: BlockKey;
  readonly gone: readonly Gone[];
  readonly inUse: Block | 'unopened' | undefined;
}

/** Hears of each chunk what of it can be read. */
type Tell = (gone: readonly Removed[]) => Promise<void>;

interface PurgingParts {
  readonly core: StoreCore;
  readonly messages: Messages;
  readonly delayed: Delayed;
  readonly changes: QueueChanges;
  readonly ready: Ready;
  /** Of a purge that was cut short by the end of an earlier run. */
  readonly unfinished: PurgeMark | undefined;
}

export const purgeMark = (core: StoreCore): MetaRecord<PurgeMark> =>
  new MetaRecord(core, 'purge', 'The mark "purge" of what is being removed');

/**
 * Empties the queue. What is about to go is written down first, so that after a kill the rest goes, too, and can be
 * told: nothing of which it was told that it is removed is ever sent.
 */
export class Purging {
  readonly #parts: PurgingParts;
  readonly #mark: MetaRecord<PurgeMark>;
  #unfinished: PurgeMark | undefined;
  #turn: Promise<unknown> = Promise.resolve();

  constructor(parts: PurgingParts) {
    this.#parts = parts;
    this.#mark = purgeMark(parts.core);
    this.#unfinished = parts.unfinished;
  }

  /** Then no block must be opened: what is in it may be about to go. */
  get isUnfinished(): boolean {
    return this.#unfinished !== undefined;
  }

  /** One after the other, each of what was there when it was called: nothing is told twice. */
  purge(options: PurgeOptions): Promise<{ removed: number; items: QueueItem[] }> {
    const { ready, changes } = this.#parts;
    const ends = ready.clear();
    const spared = new Map(changes.leased);
    return this.#inTurn(() => this.#purge(options, ends, spared));
  }

  /** Ends what was cut short. Resolves with how many went, for the one who came first. */
  finish(options: PurgeOptions): Promise<number> {
    return this.#inTurn(() => this.#finish((gone) => tellRemoved(options, gone, this.#parts.core.clock)));
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#turn.then(work);
    // Whoever asked for it hears of its failure.
    this.#turn = done.catch(() => undefined);
    return done;
  }

  async #purge(
    options: PurgeOptions,
    ends: readonly number[],
    spared: ReadonlyMap<number, ReadEntry>,
  ): Promise<{ removed: number; items: QueueItem[] }> {
    const { core, changes } = this.#parts;
    const items: QueueItem[] = [];
    const tell: Tell = async (gone) => {
      if (options.onRemoved) await tellRemoved(options, gone, core.clock);
      else items.push(...gone.slice(0, RETURNED - items.length).map(({ item }) => item));
    };
    const before = await this.#finish(tell);
    const isEmpty = changes.stored === changes.leased.size;
    if (!isEmpty) await this.#write({ ends, spared: [...spared.keys()] });
    const removed = await this.#remove(ends, spared, tell);
    if (!isEmpty) await this.#write(undefined);
    return { removed: before + removed, items };
  }

  /** From now on these are removed, whatever happens; undefined: they are. */
  #write(mark: PurgeMark | undefined): Promise<void> {
    return this.#parts.core.committer.make([this.#mark.change(mark)]);
  }

  async #finish(tell: Tell): Promise<number> {
    const unfinished = this.#unfinished;
    if (!unfinished) return 0;
    const unopened = new Map(unfinished.spared.map((seq) => [seq, 'unopened'] as const));
    const removed = await this.#remove(unfinished.ends, unopened, tell);
    await this.#write(undefined);
    this.#unfinished = undefined;
    return removed;
  }

  /**
   * Removes, priority by priority, all up to the sequence numbers given except what is leased; damaged records go, too.
   * `tell` is waited for before they go: after a kill nobody could tell of them any more.
   */
  async #remove(ends: readonly number[], spared: Spared, tell: Tell): Promise<number> {
    const { core, delayed, changes } = this.#parts;
    const kept: Kept = (seq) => spared.get(seq) ?? changes.dropping.get(seq);
    let removed = 0;
    for (const priority of ends.keys()) removed += await this.#removeFrom(priority, ends, kept, tell);
    const last = Math.max(...ends);
    const keep = (seq: number): boolean => kept(seq) !== undefined || seq > last;
    const keysLeft = (): DelayedKey[] => delayed.keysExcept(keep, DELAYED_CHUNK);
    for (let keys = keysLeft(); keys.length > 0; keys = keysLeft()) {
      const apply = (): void => keys.forEach((key) => delayed.remove(key));
      await core.committer.make([{ room: roomFor([], keys.length), apply }]);
    }
    delayed.recount();
    return removed;
  }

  async #removeFrom(priority: number, ends: readonly number[], kept: Kept, tell: Tell): Promise<number> {
    const { core, messages, changes, ready } = this.#parts;
    const { delivery, priorities } = core.tables;
    const to = endOf(ends[priority] as number);
    let removed = 0;
    let after: BlockKey | undefined;
    for (let more = true; more;) {
      const parts: Part[] = [];
      for (const [key, octets] of priorities[priority]?.entries({ after, to, limit: CHUNK }) ?? []) {
        parts.push(partOf(key, octets, messages.goneOf(key), kept));
        after = key;
      }
      if (parts.length === 0) break;
      more = parts.length === CHUNK;
      const gone = parts.flatMap((part) => part.gone);
      const readable = gone.flatMap(({ seq, item }) =>
        item && seq !== undefined ? { item, state: ready.stateOf(priority, { seq, item }) } : [],
      );
      const noted = delivery.count > 0;
      const apply = (): void => {
        for (const part of parts) removePart(messages, priority, part);
        if (noted) for (const { seq } of gone) if (seq !== undefined) delivery.remove(seq);
      };
      await tell(readable);
      await core.committer.make([{ room: roomFor([], 2 * gone.length), apply }]);
      removed += gone.length;
      changes.stored -= gone.length;
    }
    return removed;
  }
}

function partOf(key: BlockKey, octets: Buffer, goneBefore: ReadonlySet<number>, kept: Kept): Part {
  const gone: Gone[] = [];
  let inUse: Part['inUse'];
  for (const [index, record] of recordsOf(octets, key.count).entries()) {
    if (goneBefore.has(index)) continue;
    const read = record && decodeItem(record).value;
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
