import { damagedRecord, type OnDamage } from './damage';
import type { NumberTable, Tables } from './tables';
import { decodeBatch } from './records';

/** Walks the batches of correlations from the oldest on, each message_id once. */
export class OldestFirst {
  readonly #table: NumberTable;
  readonly #onDamage: OnDamage;
  /** 0: none yet. */
  #batch = 0;
  #messageIds: readonly string[] = [];
  #at = 0;
  #passed: number[] = [];

  constructor({ correlationAge }: Tables, onDamage: OnDamage) {
    this.#table = correlationAge;
    this.#onDamage = onDamage;
  }

  /** The oldest not passed yet; undefined when there is none. */
  peek(): { readonly messageId: string; readonly batch: number } | undefined {
    while (this.#at === this.#messageIds.length) if (!this.#nextBatch()) return undefined;
    return { messageId: this.#messageIds[this.#at] as string, batch: this.#batch };
  }

  pass(): void {
    this.#at++;
    if (this.#at === this.#messageIds.length) this.#passed.push(this.#batch);
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
    this.#messageIds = [];
    this.#at = 0;
    this.#passed = [];
  }

  #nextBatch(): boolean {
    for (const [key, value] of this.#table.entries({ after: this.#batch, limit: 1 })) {
      const decoded = decodeBatch(value);
      const readable = 'value' in decoded;
      if (!readable) this.#onDamage(damagedRecord(`The list ${key} of correlations`, decoded.unreadable));
      this.#batch = key;
      this.#messageIds = readable ? decoded.value.messageIds : [];
      this.#at = 0;
      return true;
    }
    return false;
  }
}
