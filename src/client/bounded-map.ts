/** A map that forgets what has not been changed for longest, once it is full. */
export class BoundedMap<T> {
  readonly #capacity: number;
  readonly #entries = new Map<string, T>();
  /** One for all: a new one walks over all that was deleted in front, which takes longer the larger the map is. */
  #oldest = this.#entries.keys();

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  get(key: string): T | undefined {
    return this.#entries.get(key);
  }

  set(key: string, value: T): void {
    this.#entries.delete(key);
    this.#entries.set(key, value);
    while (this.#entries.size > this.#capacity) {
      const next = this.#oldest.next();
      // At its end it stays there.
      if (next.done) this.#oldest = this.#entries.keys();
      else this.#entries.delete(next.value);
    }
  }

  delete(key: string): void {
    this.#entries.delete(key);
  }
}
