/** A binary heap: the least value first, by the order given. */
export class Heap<T> implements Iterable<T> {
  readonly #values: T[] = [];
  readonly #before: (a: T, b: T) => boolean;

  constructor(before: (a: T, b: T) => boolean) {
    this.#before = before;
  }

  get length(): number {
    return this.#values.length;
  }

  peek(): T | undefined {
    return this.#values[0];
  }

  push(value: T): void {
    const values = this.#values;
    let at = values.length;
    values.push(value);
    while (at > 0) {
      const parent = (at - 1) >> 1;
      const above = values[parent] as T;
      if (!this.#before(value, above)) break;
      values[at] = above;
      at = parent;
    }
    values[at] = value;
  }

  pop(): T | undefined {
    const values = this.#values;
    const top = values[0];
    const last = values.pop();
    if (values.length > 0 && last !== undefined) this.#sink(last);
    return top;
  }

  /** Takes out the first found of which this is true, wherever it is. */
  remove(isIt: (value: T) => boolean): T | undefined {
    const values = this.#values;
    const at = values.findIndex(isIt);
    if (at < 0) return undefined;
    const rest = values.splice(0);
    const [found] = rest.splice(at, 1);
    for (const value of rest) this.push(value);
    return found;
  }

  #sink(value: T): void {
    const values = this.#values;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= values.length) break;
      const right = child + 1;
      if (right < values.length && this.#before(values[right] as T, values[child] as T)) child = right;
      if (!this.#before(values[child] as T, value)) break;
      values[at] = values[child] as T;
      at = child;
    }
    values[at] = value;
  }

  /** In no particular order. */
  [Symbol.iterator](): Iterator<T> {
    return this.#values[Symbol.iterator]();
  }
}
