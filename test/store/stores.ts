import type { Store } from '../../src/store';

/** The stores that one test opens; for those on disk there is `DiskStores`. */
export class Stores<S extends Store = Store> {
  readonly #opened: S[] = [];

  async add(opening: S | Promise<S>): Promise<S> {
    const store = await opening;
    this.#opened.push(store);
    return store;
  }

  async close(): Promise<void> {
    for (const store of this.#opened.splice(0)) await store.close();
  }
}
