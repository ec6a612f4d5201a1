import { SteadyTime, type Clock } from '../../../clock';
import { roomFor, type Room } from '../lmdb/space';
import type { Committer } from './committer';
import { MetaRecord, type MetaParts } from './meta';

/** Milliseconds: what lasts longer than it was given may do so by this much, and only after a crash. */
const NOTED_EVERY = 1000;
const LARGEST = 100;

interface StoredTime {
  /** What the time of the store was at least; epoch milliseconds. */
  readonly at: number;
  /** How far it was from the wall clock. */
  readonly lag: number;
}

/** What {@link StoreTime.note} takes. */
export const NOTED: Room = roomFor([LARGEST], 1);

/**
 * The time that pauses and lifetimes in the store run on. It goes on as time does when the wall clock is set, and in the
 * next life of the store from what it was at least: so a pause is never longer than it was given, whatever the wall
 * clock shows by then.
 */
export class StoreTime extends SteadyTime {
  readonly #stored: MetaRecord<StoredTime>;
  readonly #committer: Committer;
  #noted = { at: -Infinity, lag: NaN };

  constructor(core: MetaParts & { readonly committer: Committer; readonly clock: Clock }) {
    const stored = new MetaRecord<StoredTime>(core, 'time', "The store's own time");
    const { at = NaN, lag = NaN } = stored.read() ?? {};
    const isKnown = Number.isFinite(at) && Number.isFinite(lag);
    super(core.clock, isKnown ? Math.max(at, core.clock.now() + lag) : undefined);
    this.#stored = stored;
    this.#committer = core.committer;
  }

  /** Within a transaction that writes what is kept by this time, with {@link NOTED} as room. */
  note(): void {
    const at = this.now();
    const { lag } = this;
    if (lag === this.#noted.lag && at < this.#noted.at + NOTED_EVERY) return;
    this.#noted = { at, lag };
    this.#stored.put({ at, lag });
  }

  /** For the next life of the store. */
  async keep(): Promise<void> {
    this.#noted.lag = NaN;
    await this.#committer.make([{ room: NOTED, apply: () => this.note() }]);
  }
}
