import { damagedRecord, type OnDamage } from '../record/damage';
import type { NumberTable } from '../lmdb/tables';
import { decodeBatch } from '../record/records';

/** Goes through batches of correlations from the oldest on, each of their keys once. */
export class ExpiryCursor {
  readonly #table: NumberTable;
  readonly #onDamage: OnDamage;
  /** 0: none yet. */
  #batch = 0;
  #keys: readonly Buffer[] = [];
  #at = 0;
  #passed: number[] = [];

  constructor(table: NumberTable, onDamage: OnDamage) {
    this.#table = table;
    this.#onDamage = onDamage;
  }

  /** The oldest not passed yet; undefined when there is none. */
  peek(): { readonly key: Buffer; readonly batch: number } | undefined {
    while (this.#at === this.#keys.length) if (!this.#nextBatch()) return undefined;
    return { key: this.#keys[this.#at] as Buffer, batch: this.#batch };
  }

  pass(): void {
    this.#at++;
    if (this.#at === this.#keys.length) this.#passed.push(this.#batch);
  }

  /** The batches that were passed as a whole since the last call. */
  takePassed(): number[] {
    const passed = this.#passed;
    this.#passed = [];
    return passed;
  }

  /** Begins with what the table has: its removal failed. */
  startAnew(): void {
    this.#batch = 0;
    this.#keys = [];
    this.#at = 0;
    this.#passed = [];
  }

  #nextBatch(): boolean {
    for (const [key, value] of this.#table.entries({ after: this.#batch, limit: 1 })) {
      const decoded = decodeBatch(value);
      const readable = 'value' in decoded;
      if (!readable) this.#onDamage(damagedRecord(`The list ${key} of correlations`, decoded.unreadable));
      this.#batch = key;
      this.#keys = readable ? decoded.value.keys : [];
      this.#at = 0;
      return true;
    }
    return false;
  }
}
