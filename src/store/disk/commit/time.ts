import { SteadyTime, type Clock } from '../../../clock';
import type { Committer } from './committer';
import { damagedRecord, type OnDamage } from '../record/damage';
import { decodeJson, type Records } from '../record/records';
import { roomFor, type Room } from '../lmdb/space';
import type { BinaryTable, Tables } from '../lmdb/tables';

const KEY = Buffer.from('time');
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
  readonly #table: BinaryTable;
  readonly #records: Records;
  readonly #committer: Committer;
  #noted = { at: -Infinity, lag: NaN };

  constructor(parts: {
    tables: Tables;
    committer: Committer;
    records: Records;
    clock: Clock;
    onDamage: OnDamage;
  }) {
    const { tables, clock, onDamage } = parts;
    const before = read(tables.time, onDamage);
    super(clock, before && Math.max(before.at, clock.now() + before.lag));
    this.#table = tables.time;
    this.#records = parts.records;
    this.#committer = parts.committer;
  }

  /** Within a transaction that writes what is kept by this time, with {@link NOTED} as room. */
  note(): void {
    const at = this.now();
    const { lag } = this;
    if (lag === this.#noted.lag && at < this.#noted.at + NOTED_EVERY) return;
    this.#noted = { at, lag };
    this.#table.put(KEY, this.#records.json({ at, lag } satisfies StoredTime));
  }

  /** For the next life of the store. */
  async keep(): Promise<void> {
    this.#noted.lag = NaN;
    await this.#committer.write(NOTED, () => this.note(), false);
  }
}

function read(table: BinaryTable, onDamage: OnDamage): StoredTime | undefined {
  const octets = table.get(KEY);
  if (!octets) return undefined;
  const decoded = decodeJson<StoredTime>(octets);
  if (!('value' in decoded)) {
    onDamage(damagedRecord("The store's own time", decoded.unreadable));
    return undefined;
  }
  const { at, lag } = decoded.value;
  return Number.isFinite(at) && Number.isFinite(lag) ? { at, lag } : undefined;
}
