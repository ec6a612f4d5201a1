import { damagedRecord, type OnDamage } from '../record/damage';
import { decodeJson, type Records } from '../record/records';
import { roomFor } from '../lmdb/space';
import type { Tables } from '../lmdb/tables';
import type { StoreChange } from './requests';

export interface MetaParts {
  readonly tables: Tables;
  readonly records: Records;
  readonly onDamage: OnDamage;
}

/** One record of the table `meta`, as JSON. */
export class MetaRecord<T> {
  readonly #core: MetaParts;
  readonly #key: Buffer;
  readonly #what: string;

  /** `what` names it where it is damaged. */
  constructor(core: MetaParts, key: string, what: string) {
    this.#core = core;
    this.#key = Buffer.from(key);
    this.#what = what;
  }

  /** Undefined: there is none; null: it is damaged, which was told. */
  read(): T | undefined | null {
    const { tables, onDamage } = this.#core;
    const octets = tables.meta.get(this.#key);
    if (!octets) return undefined;
    const { value, unreadable } = decodeJson<T>(octets);
    if (!unreadable) return value;
    onDamage(damagedRecord(this.#what, unreadable));
    return null;
  }

  /** Within a transaction. */
  put(value: T): void {
    this.#core.tables.meta.put(this.#key, this.#core.records.json(value));
  }

  /** The change that puts it, or removes it where it is undefined. */
  change(value: T | undefined): StoreChange {
    const { tables, records } = this.#core;
    const octets = value === undefined ? undefined : records.json(value);
    const apply = (): void => (octets ? tables.meta.put(this.#key, octets) : tables.meta.remove(this.#key));
    return { room: roomFor([octets?.length ?? 0], 1), apply };
  }
}
