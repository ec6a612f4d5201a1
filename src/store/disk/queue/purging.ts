import { tellRemoved, type Gone } from '../../errors';
import type { PurgeOptions, QueueItem } from '../../types';
import type { OnDamage } from '../record/damage';
import type { ReadEntry } from '../record/entries';
import { purgeMessages, type PurgeParts, type Spared } from './purge';
import type { Ready } from './ready';
import type { Records } from '../record/records';
import { writePurge, type PurgeMark } from './told';

type Tell = (gone: readonly Gone[]) => Promise<void>;

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
  #turn: Promise<void> = Promise.resolve();

  constructor(parts: PurgingParts) {
    this.#parts = parts;
    this.#unfinished = parts.unfinished;
  }

  /** Then no block must be opened: what is in it may be about to go. */
  get isUnfinished(): boolean {
    return this.#unfinished !== undefined;
  }

  /** One after the other, each of what was there when it was called: nothing is told twice. */
  purge(options: PurgeOptions): Promise<{ removed: number; items: QueueItem[] }> {
    const { ready, changes } = this.#parts;
    const mark = { ends: ready.clear(), spared: new Map(changes.onLoan) };
    const purged = this.#turn.then(() => this.#purge(options, mark));
    this.#turn = purged.then(ignore, ignore);
    return purged;
  }

  async #purge(
    options: PurgeOptions,
    { ends, spared }: { ends: readonly number[]; spared: ReadonlyMap<number, ReadEntry> },
  ): Promise<{ removed: number; items: QueueItem[] }> {
    const items: QueueItem[] = [];
    const tell = async (gone: readonly Gone[]): Promise<void> => {
      if (options.onRemoved) await tellRemoved(options, gone);
      else items.push(...gone.slice(0, RETURNED - items.length).map(({ item }) => item));
    };
    const before = await this.#finish(tell);
    const isEmpty = this.#parts.changes.stored === this.#parts.changes.onLoan.size;
    if (!isEmpty) await writePurge(this.#parts, { ends, spared: [...spared.keys()] });
    const removed = await this.#remove(ends, spared, tell);
    if (!isEmpty) await writePurge(this.#parts, undefined);
    return { removed: before + removed, items };
  }

  /** Ends what was cut short. Resolves with how many went, for the one who came first. */
  finish(options: PurgeOptions): Promise<number> {
    const finished = this.#turn.then(() => this.#finish((gone) => tellRemoved(options, gone)));
    this.#turn = finished.then(ignore, ignore);
    return finished;
  }

  async #finish(tell: Tell): Promise<number> {
    const unfinished = this.#unfinished;
    if (!unfinished) return 0;
    const { ends, spared } = unfinished;
    const unopened = new Map(spared.map((seq) => [seq, 'unopened'] as const));
    const removed = await this.#remove(ends, unopened, tell);
    await writePurge(this.#parts, undefined);
    this.#unfinished = undefined;
    return removed;
  }

  async #remove(ends: readonly number[], spared: Spared, tell: Tell): Promise<number> {
    let removed = 0;
    await purgeMessages(this.#parts, ends, spared, tell, (count) => {
      removed += count;
      this.#parts.changes.removed(count);
    });
    return removed;
  }
}

function ignore(): void {
  // Whoever asked for it hears of it.
}
