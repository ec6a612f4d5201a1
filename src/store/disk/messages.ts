import type { DeliveryState, QueueItem } from '../types';
import type { Delayed } from './delayed';
import type { Entry } from './entries';
import type { NumberTable, Tables } from './tables';
import type { Records } from './records';

/** The records of messages, each call within a transaction. */
export class Messages {
  readonly #tables: Tables;
  readonly #records: Records;
  readonly #delayed: Delayed;
  #noted: boolean;

  constructor(tables: Tables, records: Records, delayed: Delayed) {
    this.#tables = tables;
    this.#records = records;
    this.#delayed = delayed;
    this.#noted = tables.delivery.count > 0;
  }

  /** Whether there are any notes of what happened to messages. Most often there are none. */
  get noted(): boolean {
    return this.#noted;
  }

  encode(seq: number, item: QueueItem): Buffer {
    return this.#records.item(seq, item);
  }

  put(lane: number, seq: number, octets: Buffer): void {
    this.#lane(lane).put(seq, octets);
  }

  remove(entry: Entry): void {
    this.#lane(entry.lane).remove(entry.seq);
    if (entry.recorded) this.#tables.delivery.remove(entry.seq);
    this.#endDelay(entry);
  }

  /** Writes what happened to a message; it stays where it is. */
  note(entry: Entry, state: DeliveryState): void {
    this.#note(entry.seq, state, entry.notBefore);
  }

  /** The same for one that is being put. */
  noteNew(seq: number, state: DeliveryState): void {
    this.#note(seq, state, undefined);
  }

  delay(entry: Entry, state: DeliveryState, notBefore: number): void {
    this.#endDelay(entry);
    this.#delayed.put([notBefore, entry.lane, entry.seq]);
    this.#note(entry.seq, state, notBefore);
  }

  #note(seq: number, state: DeliveryState, notBefore: number | undefined): void {
    this.#noted = true;
    this.#tables.delivery.put(seq, this.#records.delivery({ state, notBefore }));
  }

  #endDelay({ lane, seq, notBefore }: Entry): void {
    if (notBefore !== undefined) this.#delayed.remove([notBefore, lane, seq]);
  }

  #lane(lane: number): NumberTable {
    return this.#tables.lanes[lane] as NumberTable;
  }
}
