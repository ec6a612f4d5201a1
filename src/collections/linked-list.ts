/** What a {@link LinkedList} strings together: in one list at a time. */
export interface Link<N> {
  older: N | undefined;
  newer: N | undefined;
}

/**
 * Values in the order of their coming, any of which leaves in constant time. A Map or Set has an order too, but its first
 * is found by walking over all that were deleted before it, which takes longer the larger it is.
 */
export class LinkedList<N extends Link<N>> implements Iterable<N> {
  #oldest: N | undefined;
  #newest: N | undefined;
  #length = 0;

  get length(): number {
    return this.#length;
  }

  get oldest(): N | undefined {
    return this.#oldest;
  }

  push(node: N): void {
    node.older = this.#newest;
    node.newer = undefined;
    if (this.#newest) this.#newest.newer = node;
    else this.#oldest = node;
    this.#newest = node;
    this.#length++;
  }

  /** Of one that is in no list nothing changes. */
  remove(node: N): void {
    if (!node.older && node !== this.#oldest) return;
    if (node.older) node.older.newer = node.newer;
    else this.#oldest = node.newer;
    if (node.newer) node.newer.older = node.older;
    else this.#newest = node.older;
    node.older = node.newer = undefined;
    this.#length--;
  }

  clear(): void {
    this.#oldest = this.#newest = undefined;
    this.#length = 0;
  }

  /** The oldest first. The one that was given last may be removed meanwhile. */
  *[Symbol.iterator](): Iterator<N> {
    for (let node = this.#oldest; node;) {
      const { newer } = node;
      yield node;
      node = newer;
    }
  }
}

class Entry<K, V> implements Link<Entry<K, V>> {
  older: Entry<K, V> | undefined;
  newer: Entry<K, V> | undefined;
  constructor(
    readonly key: K,
    readonly value: V,
  ) {}
}

/** A map in the order of setting, of which the oldest goes in constant time. */
export class LinkedMap<K, V> {
  readonly #entries = new Map<K, Entry<K, V>>();
  readonly #order = new LinkedList<Entry<K, V>>();

  get size(): number {
    return this.#entries.size;
  }

  get(key: K): V | undefined {
    return this.#entries.get(key)?.value;
  }

  has(key: K): boolean {
    return this.#entries.has(key);
  }

  /** The newest from now on. */
  set(key: K, value: V): void {
    const before = this.#entries.get(key);
    if (before) this.#order.remove(before);
    const entry = new Entry(key, value);
    this.#entries.set(key, entry);
    this.#order.push(entry);
  }

  delete(key: K): boolean {
    const entry = this.#entries.get(key);
    if (!entry) return false;
    this.#entries.delete(key);
    this.#order.remove(entry);
    return true;
  }

  get oldest(): readonly [key: K, value: V] | undefined {
    const { oldest } = this.#order;
    return oldest && [oldest.key, oldest.value];
  }

  /** The oldest go until no more than these are left. */
  shrink(capacity: number): void {
    for (let { oldest } = this.#order; oldest && this.size > capacity; { oldest } = this.#order)
      this.delete(oldest.key);
  }

  clear(): void {
    this.#entries.clear();
    this.#order.clear();
  }

  /** The oldest first. The one that was given last may be deleted meanwhile. */
  *[Symbol.iterator](): Iterator<readonly [key: K, value: V]> {
    for (const { key, value } of this.#order) yield [key, value];
  }
}
