import { RecordWriter } from '../record/bytes';
import { Heap } from '../../collections';
import { UNPACKED, type Entry, type Returned } from './entry';
import { entryOf, returned } from './packed';

interface Delayed extends Returned {
  readonly dueAt: number;
}

/** Messages that were put off: the one whose time comes first, and of these the one that was enqueued first. */
export class DelayedEntries {
  readonly #heap = new Heap<Delayed>(
    (a, b) => a.dueAt < b.dueAt || (a.dueAt === b.dueAt && a.order < b.order),
  );

  #writer: RecordWriter | undefined;
  /** By their order: removed, and left where they lie. */
  readonly #gone = new Set<number>();

  get length(): number {
    return this.#heap.length - this.#gone.size;
  }

  *entries(): Iterable<Entry> {
    for (const one of this.#heap) if (!this.#gone.has(one.order)) yield entryOf(one);
  }

  /** Takes out one that is there. */
  remove({ order }: Entry): void {
    this.#gone.add(order);
  }

  #dropGone(): void {
    while (this.#gone.size > 0 && this.#gone.delete(this.#heap.peek()?.order ?? NaN)) this.#heap.pop();
  }

  push(entry: Entry, dueAt: number): void {
    this.#heap.push({ dueAt, ...returned(entry, this.#packing) });
  }

  get #packing(): RecordWriter | undefined {
    return this.length < UNPACKED ? undefined : (this.#writer ??= new RecordWriter());
  }

  /** The first that is due. */
  peek(): Delayed | undefined {
    this.#dropGone();
    return this.#heap.peek();
  }

  pop(): Returned | undefined {
    this.#dropGone();
    return this.#heap.pop();
  }

  /** The `enqueuedAt` of the oldest; Infinity: there is none. */
  oldestAt(): number {
    let oldest = Infinity;
    for (const { enqueuedAt, order } of this.#heap)
      if (!this.#gone.has(order)) oldest = Math.min(oldest, enqueuedAt);
    return oldest;
  }
}
