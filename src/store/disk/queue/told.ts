import type { Committer } from '../commit/committer';
import { damagedRecord, type OnDamage } from '../record/damage';
import { decodeJson, type Records } from '../record/records';
import { roomFor } from '../lmdb/space';
import type { Tables } from '../lmdb/tables';

const TOLD = Buffer.from('told');
const PURGE = Buffer.from('purge');

/** Priority by priority up to where a purge goes, and what in there it spares because it is on loan, by sequence number. */
export interface PurgeMark {
  readonly ends: readonly number[];
  readonly spared: readonly number[];
}

interface ToldParts {
  readonly tables: Tables;
  readonly committer: Committer;
  readonly records: Records;
  readonly onDamage: OnDamage;
}

/**
 * Up to which dead letter whoever sent them knows of it. Written behind the telling, for as many as there are by then:
 * at a kill in between too many are told again, never too few.
 */
export class ToldMark {
  readonly #parts: ToldParts;
  #upTo: number;
  #isWriting = false;
  /** Absent: there is no mark yet. */
  #written: number | undefined;
  /** The last one of an earlier run, as long as not all of them are told. */
  #untold: number | undefined;
  /** Told of this run meanwhile. */
  #ahead = 0;

  /** `last` is the number of the last letter: of a store that has no mark yet all are told. */
  constructor(parts: ToldParts, last: number) {
    this.#parts = parts;
    this.#written = (read(parts, TOLD) as { upTo: number } | undefined)?.upTo;
    this.#upTo = this.#written ?? last;
    if (last > this.#upTo) this.#untold = last;
  }

  /** The last letter of an earlier run that nobody was told of; undefined: there is none. */
  get untold(): number | undefined {
    return this.#untold;
  }

  get upTo(): number {
    return this.#upTo;
  }

  /** From now on it is known which are told. */
  async begin(): Promise<void> {
    if (this.#written === undefined) await this.#put();
  }

  async #put(): Promise<void> {
    const { tables, records, committer } = this.#parts;
    const upTo = this.#upTo;
    const octets = records.json({ upTo });
    await committer.write(roomFor([octets.length], 1), () => tables.meta.put(TOLD, octets), false);
    this.#written = upTo;
  }

  tell(upTo: number): void {
    if (this.#untold !== undefined && upTo > this.#untold) this.#ahead = Math.max(this.#ahead, upTo);
    else this.#moveTo(upTo);
  }

  #moveTo(upTo: number): void {
    this.#upTo = Math.max(this.#upTo, upTo);
    if (this.#untold !== undefined && this.#upTo >= this.#untold) {
      this.#untold = undefined;
      this.#upTo = Math.max(this.#upTo, this.#ahead);
    }
    // Whoever never asked what is untold does not want to know.
    if (!this.#isWriting && this.#written !== undefined) void this.#write();
  }

  async #write(): Promise<void> {
    this.#isWriting = true;
    try {
      while (this.#written !== this.#upTo) await this.#put();
    } catch {
      // With the next one.
    }
    this.#isWriting = false;
  }
}

/** What a purge is about to remove; undefined where none was cut short. */
export function readPurge(parts: Pick<ToldParts, 'tables' | 'onDamage'>): PurgeMark | undefined {
  return read(parts, PURGE) as PurgeMark | undefined;
}

/** From now on these are removed, whatever happens; undefined: they are. */
export async function writePurge(
  { tables, committer, records }: Omit<ToldParts, 'onDamage'>,
  mark: PurgeMark | undefined,
): Promise<void> {
  const octets = mark && records.json(mark);
  const apply = (): void => (octets ? tables.meta.put(PURGE, octets) : tables.meta.remove(PURGE));
  await committer.write(roomFor([octets?.length ?? 0], 1), apply, false);
}

function read({ tables, onDamage }: Pick<ToldParts, 'tables' | 'onDamage'>, key: Buffer): unknown {
  const octets = tables.meta.get(key);
  const decoded = octets && decodeJson<unknown>(octets);
  if (!decoded) return undefined;
  if ('value' in decoded) return decoded.value;
  onDamage(damagedRecord(`The mark "${key.toString()}" of what is told`, decoded.unreadable));
  return undefined;
}
