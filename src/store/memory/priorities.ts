import { RecordWriter } from '../record/bytes';
import { Fifo, Heap } from '../../collections';
import type { Priority } from '../types';
import { UNPACKED, type Entry, type Returned } from './entry';
import { PackedFifo, entryOf, returned } from './packed';

/** Unpacked in one go. */
const AT_ONCE = 128;

const PRIORITIES: readonly Priority[] = [0, 1, 2, 3, 4];
const byOrder = (a: Returned, b: Returned): boolean => a.order < b.order;

/**
 * One priority. New messages come in ascending order and need no more than a list, of which the end is packed where it is
 * long; those that come back go into a heap beside it, and the lesser front is next.
 *
 *   ◀─ shift   fresh: first … │ packed: … last ◀─ append      returned ◀─ putBack
 */
class SinglePriority {
  readonly #fresh = new Fifo<Entry>();
  readonly #packed = new PackedFifo();
  readonly #returned = new Heap(byOrder);

  append(entry: Entry, packs: boolean): void {
    if (packs || this.#packed.length > 0) this.#packed.push(entry);
    else this.#fresh.push(entry);
  }

  putBack(entry: Returned): void {
    this.#returned.push(entry);
  }

  #peekFresh(): Entry | undefined {
    if (this.#fresh.length === 0 && this.#packed.length > 0)
      for (const entry of this.#packed.shift(AT_ONCE)) this.#fresh.push(entry);
    return this.#fresh.peek();
  }

  shift(): Entry | undefined {
    const fresh = this.#peekFresh();
    const back = this.#returned.peek();
    if (!back || (fresh && fresh.order < back.order)) return this.#fresh.shift();
    this.#returned.pop();
    return entryOf(back);
  }

  *unpacked(): Iterable<Entry> {
    yield* this.#fresh;
    for (const back of this.#returned) yield entryOf(back);
  }

  get packed(): PackedFifo {
    return this.#packed;
  }

  /** The first; undefined: there is none. */
  peek(): Pick<Returned, 'order' | 'enqueuedAt'> | undefined {
    const fresh = this.#peekFresh();
    const back = this.#returned.peek();
    if (back && (!fresh || back.order < fresh.order)) return back;
    return fresh && { order: fresh.order, enqueuedAt: fresh.item.enqueuedAt };
  }
}

/** All priorities: what is ready to be taken. */
export class PriorityLists {
  readonly #priorities = PRIORITIES.map(() => new SinglePriority());
  #writer: RecordWriter | undefined;
  #length = 0;
  /** By their order: removed out of turn, and left where they lie until it is their turn. */
  readonly #gone = new Set<number>();

  get length(): number {
    return this.#length;
  }

  /** What is packed; it may be walked through while others are taken. */
  *packed(): Iterable<Entry> {
    for (const { packed } of this.#priorities) yield* packed;
  }

  /** Whether one of {@link packed} still is. */
  isPacked({ item, order }: Entry): boolean {
    return this.#of(item.priority).packed.has(order) && !this.#gone.has(order);
  }

  /** All others; nothing may be taken meanwhile. */
  *unpacked(): Iterable<Entry> {
    for (const priority of this.#priorities)
      for (const entry of priority.unpacked()) if (!this.#gone.has(entry.order)) yield entry;
  }

  /** Takes out one that is there. */
  remove({ order }: Entry): void {
    this.#gone.add(order);
    this.#length--;
  }

  append(entry: Entry): void {
    this.#of(entry.item.priority).append(entry, this.#length >= UNPACKED);
    this.#length++;
  }

  putBack(entry: Entry): void {
    const packs = this.#length >= UNPACKED;
    this.putReturned(returned(entry, packs ? (this.#writer ??= new RecordWriter()) : undefined));
  }

  putReturned(entry: Returned): void {
    this.#of(entry.priority).putBack(entry);
    this.#length++;
  }

  #of(priority: Priority): SinglePriority {
    return this.#priorities[priority] as SinglePriority;
  }

  /** Up to `max` of the most urgent, each priority's first first. */
  take(max: number): Entry[] {
    return this.#shiftFrom(this.#priorities, max);
  }

  /** Up to `max` of the least urgent priorities, each priority's first first. */
  dropOldest(max: number): Entry[] {
    return this.#shiftFrom([...this.#priorities].reverse(), max);
  }

  #shiftFrom(priorities: readonly SinglePriority[], max: number): Entry[] {
    const taken: Entry[] = [];
    for (const priority of priorities) {
      while (taken.length < max) {
        const entry = priority.shift();
        if (!entry) break;
        if (this.#gone.size > 0 && this.#gone.delete(entry.order)) continue;
        taken.push(entry);
      }
    }
    this.#length -= taken.length;
    return taken;
  }

  oldestAt(): number | undefined {
    let oldest: number | undefined;
    for (const priority of this.#priorities) {
      let first = priority.peek();
      for (; first && this.#gone.delete(first.order); first = priority.peek()) priority.shift();
      if (first) oldest = Math.min(oldest ?? Infinity, first.enqueuedAt);
    }
    return oldest;
  }
}
