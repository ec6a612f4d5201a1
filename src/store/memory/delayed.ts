import { RecordWriter } from '../record/bytes';
import { Heap } from '../../collections';
import { UNPACKED, type Entry, type Returned } from './entry';
import { returned } from './packed';

interface Delayed extends Returned {
  readonly dueAt: number;
}

/** Messages that were put off: the one whose time comes first, and of these the one that was enqueued first. */
export class DelayedEntries {
  readonly #heap = new Heap<Delayed>(
    (a, b) => a.dueAt < b.dueAt || (a.dueAt === b.dueAt && a.order < b.order),
  );

  #writer: RecordWriter | undefined;

  get length(): number {
    return this.#heap.length;
  }

  push(entry: Entry, dueAt: number): void {
    this.#heap.push({ dueAt, ...returned(entry, this.#packing) });
  }

  get #packing(): RecordWriter | undefined {
    return this.length < UNPACKED ? undefined : (this.#writer ??= new RecordWriter());
  }

  /** The first that is due. */
  peek(): Delayed | undefined {
    return this.#heap.peek();
  }

  pop(): Returned | undefined {
    return this.#heap.pop();
  }

  /** The `enqueuedAt` of the oldest; Infinity: there is none. */
  oldestAt(): number {
    let oldest = Infinity;
    for (const { enqueuedAt } of this.#heap) oldest = Math.min(oldest, enqueuedAt);
    return oldest;
  }
}
