/** A map that forgets what has not been changed for longest, once it is full. */
export class BoundedMap<T> {
  readonly #capacity: number;
  readonly #entries = new Map<string, T>();
  /**
   * One for many: a new one walks over all that was deleted in front, which takes longer the larger the map is. None while
   * nothing is to go: one that rests keeps all alive that is deleted meanwhile.
   */
  #oldest: Iterator<string> | undefined;

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  get size(): number {
    return this.#entries.size;
  }

  get(key: string): T | undefined {
    return this.#entries.get(key);
  }

  set(key: string, value: T): void {
    this.#entries.delete(key);
    this.#entries.set(key, value);
    if (this.#entries.size <= this.#capacity) this.#oldest = undefined;
    while (this.#entries.size > this.#capacity) {
      const next = (this.#oldest ??= this.#entries.keys()).next();
      if (next.done) this.#oldest = undefined;
      else this.#entries.delete(next.value);
    }
  }

  delete(key: string): void {
    this.#entries.delete(key);
  }
}
