/** Where sequence numbers come from: 1 … 0x7FFFFFFF, then 1 again. Plugin type `smpp-sequence`. */
export interface SequenceGenerator {
  /** The next sequence number, from 1 to 2147483647. */
  next(): number;
}

const HIGHEST = 0x7fffffff;

/** Counts from 1 (SMPP 3.4 section 2.7.3). */
export class SequenceCounter implements SequenceGenerator {
  #last: number;

  constructor(last = 0) {
    this.#last = last;
  }

  /** The next number; after 2147483647 comes 1. */
  next(): number {
    this.#last = this.#last >= HIGHEST ? 1 : this.#last + 1;
    return this.#last;
  }
}
