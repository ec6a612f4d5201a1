/** What values that are not told one by one are counted as. */
export const OTHER = 'other';

export interface CountsOptions<K> {
  /** Values that always have a count of their own. */
  readonly known: (value: K) => boolean;
  /** How many others have one; those that come later are one together. */
  readonly others: number;
  /** Known values that are counted as 0 from the beginning. */
  readonly first?: readonly K[];
}

/** Counts by a value that a peer may choose freely: of bounded size whatever it sends. */
export class Counts<K> {
  readonly #options: CountsOptions<K>;
  readonly #counts = new Map<K, number>();
  #others = 0;
  #rest = 0;

  constructor(options: CountsOptions<K>) {
    this.#options = options;
    for (const value of options.first ?? []) this.#counts.set(value, 0);
  }

  add(value: K, count = 1): void {
    const before = this.#counts.get(value);
    if (before !== undefined) this.#counts.set(value, before + count);
    else if (this.#isOwn(value)) this.#counts.set(value, count);
    else this.#rest += count;
  }

  #isOwn(value: K): boolean {
    if (this.#options.known(value)) return true;
    if (this.#others >= this.#options.others) return false;
    this.#others++;
    return true;
  }

  /** Of the values that have no count of their own. */
  get rest(): number {
    return this.#rest;
  }

  [Symbol.iterator](): IterableIterator<[K, number]> {
    return this.#counts[Symbol.iterator]();
  }
}
