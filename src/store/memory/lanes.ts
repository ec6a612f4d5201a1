import { Fifo } from '../fifo';
import { Heap } from '../heap';
import type { DeliveryState, Lane, QueueItem } from '../types';

/** A message in the queue or on loan. `order` never changes: it is its place in the lane. */
export interface Entry {
  readonly item: QueueItem;
  readonly order: number;
  /** Absent until the first loan: a backlog of a million costs less so. */
  state: DeliveryState | undefined;
}

const LANES: readonly Lane[] = [0, 1, 2, 3, 4];
const byOrder = (a: Entry, b: Entry): boolean => a.order < b.order;

/**
 * One lane. New messages come in ascending order and need no more than a list;
 * those that come back go into a heap beside it, and the lesser front is next.
 */
class SingleLane {
  readonly #fresh = new Fifo<Entry>();
  readonly #returned = new Heap(byOrder);

  get length(): number {
    return this.#fresh.length + this.#returned.length;
  }

  append(entry: Entry): void {
    this.#fresh.push(entry);
  }

  putBack(entry: Entry): void {
    this.#returned.push(entry);
  }

  peek(): Entry | undefined {
    const fresh = this.#fresh.peek();
    const returned = this.#returned.peek();
    return returned && (!fresh || returned.order < fresh.order) ? returned : fresh;
  }

  shift(): Entry | undefined {
    const next = this.peek();
    if (next && next === this.#returned.peek()) return this.#returned.pop();
    return this.#fresh.shift();
  }
}

/** All lanes: what is ready to be taken. */
export class Lanes {
  readonly #lanes = LANES.map(() => new SingleLane());
  #length = 0;

  get length(): number {
    return this.#length;
  }

  append(entry: Entry): void {
    this.#of(entry).append(entry);
    this.#length++;
  }

  putBack(entry: Entry): void {
    this.#of(entry).putBack(entry);
    this.#length++;
  }

  #of(entry: Entry): SingleLane {
    return this.#lanes[entry.item.lane] as SingleLane;
  }

  /** Up to `max` of the most urgent, each lane's first first. */
  take(max: number): Entry[] {
    return this.#shiftFrom(this.#lanes, max);
  }

  /** Up to `max` of the least urgent lanes, each lane's first first. */
  dropOldest(max: number): Entry[] {
    return this.#shiftFrom([...this.#lanes].reverse(), max);
  }

  #shiftFrom(lanes: readonly SingleLane[], max: number): Entry[] {
    const taken: Entry[] = [];
    for (const lane of lanes) {
      while (taken.length < max) {
        const entry = lane.shift();
        if (!entry) break;
        taken.push(entry);
      }
    }
    this.#length -= taken.length;
    return taken;
  }

  oldestAt(): number | undefined {
    const fronts = this.#lanes.flatMap((lane) => lane.peek()?.item.enqueuedAt ?? []);
    return fronts.length === 0 ? undefined : Math.min(...fronts);
  }
}
