import { Fifo, Heap } from '../../../collections';
import type { BlockKey } from '../record/blocks';
import { bySeq, type Entry } from '../record/entries';
import { endOf } from '../record/keys';
import type { PriorityTable } from '../lmdb/tables';

/** Read at once at least: a range read costs as much as twenty of its entries. */
const READ_AHEAD = 32;

/**
 * One priority: its table, read from the front to the back once, and beside it
 * what came back. The cursor never turns back, so entries that are leased or
 * put off cost nothing: they lie behind it.
 *
 *   table   ░░ leased, put off ░░│ read ahead │ not read yet │ not synced yet
 *                                ▲ front      ▲ cursor       ▲ end
 */
export class DiskPriority {
  readonly priority: number;
  readonly #table: PriorityTable;
  readonly #read: (key: BlockKey, octets: Buffer) => readonly Entry[];
  readonly #ahead = new Fifo<Entry>();
  readonly #returned = new Heap(bySeq);
  #cursor: BlockKey = endOf(0);
  #end = 0;
  /** Blocks behind the cursor that were read before their turn. */
  readonly #early = new Set<string>();
  /** Damaged keys that were told of. */
  readonly #strange = new Set<string>();
  /** Whether there may be any between cursor and end. */
  #more: boolean;

  /** `read` makes entries of a block, without those that are not ready or not readable. */
  constructor(
    priority: number,
    table: PriorityTable,
    end: number,
    read: (key: BlockKey, octets: Buffer) => readonly Entry[],
  ) {
    this.priority = priority;
    this.#table = table;
    this.#more = table.count > 0;
    this.#end = end;
    this.#read = read;
  }

  appended(seq: number): void {
    this.#more = true;
    this.#end = Math.max(this.#end, seq);
  }

  putBack(entry: Entry): void {
    this.#returned.push(entry);
  }

  get returned(): number {
    return this.#returned.length;
  }

  get isEmpty(): boolean {
    return !this.#more && this.#ahead.length === 0 && this.#returned.length === 0;
  }

  /** The last message that is synced: its sequence number. */
  get end(): number {
    return this.#end;
  }

  /** Reads a block before its turn, unless that is over: its entries are among those that came back then. */
  openEarly(key: BlockKey, octets: Buffer): void {
    const isPassed =
      key.seq < this.#cursor.seq || (key.seq === this.#cursor.seq && key.count <= this.#cursor.count);
    if (isPassed || this.#early.has(nameOf(key))) return;
    this.#early.add(nameOf(key));
    for (const entry of this.#read(key, octets)) this.#returned.push(entry);
  }

  /** Takes out a message that was read and waits; undefined: there is none. */
  takeOut(seq: number): Entry | undefined {
    const isIt = (entry: Entry): boolean => entry.seq === seq;
    return this.#returned.remove(isIt) ?? this.#ahead.remove(isIt);
  }

  /** The next entry; it stays. `want` is how many are likely to be asked for. */
  peek(want: number): Entry | undefined {
    if (this.#ahead.length === 0 && this.#more) this.#refill(Math.max(want, READ_AHEAD));
    const fresh = this.#ahead.peek();
    const returned = this.#returned.peek();
    return returned && (!fresh || returned.seq < fresh.seq) ? returned : fresh;
  }

  /** Takes away what {@link peek} showed. */
  shift(entry: Entry): void {
    if (entry === this.#returned.peek()) this.#returned.pop();
    else this.#ahead.shift();
  }

  #refill(count: number): void {
    while (this.#more && this.#ahead.length === 0) {
      let seen = 0;
      const onStrange = (key: Buffer, octets: Buffer): void =>
        this.#foundStrange(key.toString('hex'), octets);
      const range = { after: this.#cursor, to: endOf(this.#end), limit: count, onStrange };
      for (const [key, octets] of this.#table.entries(range)) {
        seen += Math.max(1, key.count);
        this.#cursor = key;
        if (this.#early.size > 0 && this.#early.delete(nameOf(key))) continue;
        for (const entry of this.#read(key, octets)) this.#ahead.push(entry);
        if (seen >= count) break;
      }
      // What was put off lies on its own behind its block, so how many there are is not known.
      this.#more = seen >= count;
    }
  }

  /** Before anything is appended: what lies behind the last message has a damaged key, and is never come to. */
  lookBehind(): void {
    for (const [{ seq, count }, octets] of this.#table.entries({ after: endOf(this.#end) }))
      this.#foundStrange(`${seq}:${count}`, octets);
  }

  /** Reads what cannot be taken, so that it is told of. */
  #foundStrange(key: string, octets: Buffer): void {
    if (this.#strange.has(key)) return;
    this.#strange.add(key);
    this.#read(NO_BLOCK, octets);
  }

  /** Forgets all that is not leased; returns the sequence number up to which that goes. */
  clear(): number {
    while (this.#ahead.shift());
    while (this.#returned.pop());
    this.#early.clear();
    this.#cursor = endOf(this.#end);
    this.#more = false;
    return this.#end;
  }
}

/** What a key stands for that says nothing. */
const NO_BLOCK: BlockKey = { seq: NaN, count: 0 };

const nameOf = ({ seq, count }: BlockKey): string => `${seq}:${count}`;
