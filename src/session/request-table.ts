import type { RequestHandler } from './response-view';

/** One request. */
export interface Slot {
  sequenceNumber: number;
  handler: RequestHandler;
  /** The command_id that answers it. */
  answerId: number;
  /** Since when it waits; monotonic milliseconds, without the time in which nothing was read. */
  since: number;
  /** By age. */
  older: Slot | undefined;
  newer: Slot | undefined;
  /** The next in the same bucket. */
  chained: Slot | undefined;
}

const SMALLEST = 16;
/** Of a slot that is free. */
const NOBODY: RequestHandler = { onResponse: () => undefined, onLost: () => undefined };
const EMPTY: Slot = {
  sequenceNumber: 0,
  handler: NOBODY,
  answerId: 0,
  since: 0,
  older: undefined,
  newer: undefined,
  chained: undefined,
};

/**
 * Requests by sequence number and by age. Numbers that follow each other never share a bucket; a sequence generator
 * of the user's may give any.
 *
 * ```
 * buckets, by the low bits   [0] ─▶ slot ─▶ slot    [1]    [2] ─▶ slot   …      as many as slots, at least
 * age                        oldest ⇄ slot ⇄ slot ⇄ newest
 * ```
 */
export class RequestTable {
  #buckets = emptyBuckets(SMALLEST);
  #size = 0;
  #oldest: Slot | undefined;
  #newest: Slot | undefined;
  /** Slots to be used again, chained; never more than were in use together. */
  #spare: Slot | undefined;

  get size(): number {
    return this.#size;
  }

  get oldest(): Slot | undefined {
    return this.#oldest;
  }

  find(sequenceNumber: number): Slot | undefined {
    let slot = this.#buckets[sequenceNumber & (this.#buckets.length - 1)];
    while (slot && slot.sequenceNumber !== sequenceNumber) slot = slot.chained;
    return slot;
  }

  /** As the newest; there must be none of this number. */
  add(sequenceNumber: number, answerId: number, handler: RequestHandler, since: number): void {
    if (this.#size >= this.#buckets.length) this.#grow();
    const slot = this.#unused();
    slot.sequenceNumber = sequenceNumber;
    slot.answerId = answerId;
    slot.handler = handler;
    slot.since = since;
    slot.older = this.#newest;
    if (this.#newest) this.#newest.newer = slot;
    else this.#oldest = slot;
    this.#newest = slot;
    this.#size++;
    this.#chain(slot);
  }

  /** The slot is another request's from now on. */
  remove(slot: Slot): void {
    const at = slot.sequenceNumber & (this.#buckets.length - 1);
    let before = this.#buckets[at];
    if (before === slot) this.#buckets[at] = slot.chained;
    else {
      while (before && before.chained !== slot) before = before.chained;
      if (before) before.chained = slot.chained;
    }
    if (slot.older) slot.older.newer = slot.newer;
    else this.#oldest = slot.newer;
    if (slot.newer) slot.newer.older = slot.older;
    else this.#newest = slot.older;
    this.#size--;
    slot.older = slot.newer = undefined;
    slot.handler = NOBODY;
    slot.chained = this.#spare;
    this.#spare = slot;
  }

  /** Removes all and returns them, the oldest first. */
  clear(): Slot[] {
    const all: Slot[] = [];
    for (let slot = this.#oldest; slot; slot = slot.newer) all.push(slot);
    this.#buckets = emptyBuckets(SMALLEST);
    this.#size = 0;
    this.#oldest = this.#newest = this.#spare = undefined;
    return all;
  }

  #unused(): Slot {
    const slot = this.#spare;
    if (slot) this.#spare = slot.chained;
    return slot ?? { ...EMPTY };
  }

  #chain(slot: Slot): void {
    const at = slot.sequenceNumber & (this.#buckets.length - 1);
    slot.chained = this.#buckets[at];
    this.#buckets[at] = slot;
  }

  #grow(): void {
    this.#buckets = emptyBuckets(this.#buckets.length * 2);
    for (let slot = this.#oldest; slot; slot = slot.newer) this.#chain(slot);
  }
}

function emptyBuckets(length: number): (Slot | undefined)[] {
  return new Array<Slot | undefined>(length).fill(undefined);
}
