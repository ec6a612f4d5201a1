import * as lmdb from 'lmdb';
import { openDiskStore, type DiskStore, type DiskStoreOptions } from '../../src/store';
import type { Lmdb } from '../../src/store/disk/lmdb/lmdb';

/** The disk stores that one test opens. */
export class DiskStores {
  readonly #opened: DiskStore[] = [];

  async open(options: Partial<DiskStoreOptions> & Pick<DiskStoreOptions, 'directory'>): Promise<DiskStore> {
    const store = await openDiskStore({
      account: { host: 'smsc.example', systemId: 'user' },
      capacity: 0,
      whenFull: 'reject',
      ...options,
    });
    this.#opened.push(store);
    return store;
  }

  /** The test has closed it, or could not. */
  forget(store: DiskStore): void {
    this.#opened.splice(this.#opened.indexOf(store), 1);
  }

  async close(): Promise<void> {
    for (const store of this.#opened.splice(0)) await store.close();
  }
}

/** Works on a table behind the back of a store, which is closed. */
export async function behind<T>(
  directory: string,
  name: string,
  work: (table: lmdb.Database<Buffer, Buffer>) => T | Promise<T>,
): Promise<T> {
  const encodings = { encoding: 'binary', keyEncoding: 'binary' } as const;
  const root = lmdb.open<Buffer, Buffer>({ path: directory, noSubdir: false, maxDbs: 64, ...encodings });
  try {
    return await work(root.openDB<Buffer, Buffer>(name, encodings));
  } finally {
    await root.close();
  }
}

/** The package, but with something changed in what it opens. */
export const lmdbWith = (change: (root: lmdb.RootDatabase) => void) => async (): Promise<Lmdb> => ({
  open: ((...options: Parameters<typeof lmdb.open>) => {
    const root = lmdb.open(...options);
    change(root);
    return root;
  }) as typeof lmdb.open,
});

/** The package, whose commits go through `commit`: they come late, fail or, as after a crash, were never made. */
export const lmdbCommitting = (commit: (own: () => Promise<unknown>) => Promise<unknown>) =>
  lmdbWith((root) => {
    const batch = root.batch.bind(root) as (work: () => unknown) => Promise<unknown>;
    root.batch = ((work: () => unknown) => commit(() => batch(work))) as typeof root.batch;
  });

/** What no item is without, as `fc.record` takes it. */
export const REQUIRED_OF_ITEM = [
  'id',
  'command',
  'segments',
  'source',
  'destination',
  'priority',
  'enqueuedAt',
  'receiptRequested',
] as const;
