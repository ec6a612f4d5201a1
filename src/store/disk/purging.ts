import { tellRemoved } from '../errors';
import type { PurgeOptions, QueueItem } from '../types';
import type { OnDamage } from './damage';
import { purgeMessages, type PurgeParts, type Spared } from './purge';
import type { Ready } from './ready';
import type { Records } from './records';
import { readPurge, writePurge, type PurgeMark } from './told';

/** What a purge returns at most. */
const RETURNED = 10_000;

interface PurgingParts extends PurgeParts {
  readonly ready: Ready;
  readonly records: Records;
  readonly onDamage: OnDamage;
  /** A purge that was cut short by the end of an earlier run. */
  readonly unfinished: PurgeMark | undefined;
}

/**
 * Empties the queue. What is about to go is written down first, so that after a kill the rest goes, too, and can be
 * told: nothing of which it was told that it is removed is ever sent.
 */
export class Purging {
  readonly #parts: PurgingParts;
  #unfinished: PurgeMark | undefined;
  #finishing: Promise<number> | undefined;
  /** Purges that are going on. */
  #active = 0;

  constructor(parts: PurgingParts) {
    this.#parts = parts;
    this.#unfinished = parts.unfinished;
  }

  /** Then no block must be opened: what is in it may be about to go. */
  get isUnfinished(): boolean {
    return this.#unfinished !== undefined;
  }

  async purge(options: PurgeOptions): Promise<{ removed: number; items: QueueItem[] }> {
    const items: QueueItem[] = [];
    const tell = async (gone: readonly QueueItem[]): Promise<void> => {
      if (options.onRemoved) await tellRemoved(options, gone);
      else items.push(...gone.slice(0, RETURNED - items.length));
    };
    const before = await this.finish({ onRemoved: tell });
    const { ready, changes } = this.#parts;
    const spared = new Map(changes.onLoan);
    const isEmpty = changes.stored === spared.size;
    const ends = ready.clear();
    this.#active++;
    try {
      // Where several go on at a time, the last one's covers all.
      if (!isEmpty) await writePurge(this.#parts, { ends, spared: [...spared.keys()] });
      const removed = await this.#remove(ends, spared, tell);
      if (this.#active === 1 && readPurge(this.#parts)) await writePurge(this.#parts, undefined);
      return { removed: before + removed, items };
    } finally {
      this.#active--;
    }
  }

  /** Ends what was cut short. Resolves with how many went, for the one who came first. */
  async finish(options: PurgeOptions): Promise<number> {
    const unfinished = this.#unfinished;
    if (!unfinished) return 0;
    if (this.#finishing) return this.#finishing.then(() => 0);
    this.#finishing = this.#finish(unfinished, options).finally(() => (this.#finishing = undefined));
    return this.#finishing;
  }

  async #finish({ ends, spared }: PurgeMark, options: PurgeOptions): Promise<number> {
    const unopened = new Map(spared.map((seq) => [seq, 'unopened'] as const));
    const removed = await this.#remove(ends, unopened, (gone) => tellRemoved(options, gone));
    await writePurge(this.#parts, undefined);
    this.#unfinished = undefined;
    return removed;
  }

  async #remove(
    ends: readonly number[],
    spared: Spared,
    tell: (items: readonly QueueItem[]) => Promise<void>,
  ): Promise<number> {
    let removed = 0;
    await purgeMessages(this.#parts, ends, spared, tell, (count) => {
      removed += count;
      this.#parts.changes.removed(count);
    });
    return removed;
  }
}
