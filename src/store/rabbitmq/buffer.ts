import { Heap } from '../../collections';
import type { Entry } from './entry';
import { RANKS } from './names';

const byOrder = (a: Entry, b: Entry): boolean => a.order < b.order;

/** What was delivered and is not leased: by rank and order, and beside that what waits for its time. */
export class EntryBuffer {
  readonly #ready = Array.from({ length: RANKS }, () => new Heap<Entry>(byOrder));
  readonly #delayed = new Heap<Entry>((a, b) => {
    const [one = 0, other = 0] = [a.dueAt, b.dueAt];
    return one < other || (one === other && a.order < b.order);
  });

  ready(rank: number): number {
    return this.#of(rank).length;
  }

  /** From a rank on. */
  readyFrom(rank: number): number {
    let count = 0;
    for (let at = rank; at < RANKS; at++) count += this.ready(at);
    return count;
  }

  get delayed(): number {
    return this.#delayed.length;
  }

  get length(): number {
    return this.#ready.reduce((sum, heap) => sum + heap.length, this.#delayed.length);
  }

  #of(rank: number): Heap<Entry> {
    return this.#ready[rank] as Heap<Entry>;
  }

  push(entry: Entry): void {
    entry.dueAt = undefined;
    this.#of(entry.rank).push(entry);
  }

  peek(rank: number): Entry | undefined {
    return this.#of(rank).peek();
  }

  pop(rank: number): Entry | undefined {
    return this.#of(rank).pop();
  }

  /** Until its time, in monotonic milliseconds, has come. */
  delay(entry: Entry, dueAt: number): void {
    entry.dueAt = dueAt;
    this.#delayed.push(entry);
  }

  /** Those whose time has come take their places. */
  ripen(now: number): void {
    for (
      let next = this.#delayed.peek();
      next?.dueAt !== undefined && next.dueAt <= now;
      next = this.#delayed.peek()
    ) {
      this.#delayed.pop();
      this.push(next);
    }
  }

  /** Monotonic; undefined: nothing waits. */
  get dueAt(): number | undefined {
    return this.#delayed.peek()?.dueAt;
  }

  /** All from a rank on, in their order; those that wait keep their `dueAt`. */
  drain(least = 0): Entry[] {
    const drained: Entry[] = [];
    const kept: Entry[] = [];
    for (let next = this.#delayed.pop(); next; next = this.#delayed.pop())
      (next.rank < least ? kept : drained).push(next);
    for (const entry of kept) this.#delayed.push(entry);
    for (let rank = least; rank < RANKS; rank++)
      for (let next = this.pop(rank); next; next = this.pop(rank)) drained.push(next);
    return drained.sort((a, b) => a.rank - b.rank || a.order - b.order);
  }

  /** The `enqueuedAt` of the oldest; Infinity: there is none. */
  oldestAt(): number {
    let oldest = Infinity;
    for (const heap of [...this.#ready, this.#delayed])
      for (const { item } of heap) oldest = Math.min(oldest, item.enqueuedAt);
    return oldest;
  }
}
