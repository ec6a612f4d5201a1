import { closeSync, fstatSync, openSync } from 'node:fs';
import type { Database, RootDatabase } from 'lmdb';
import type { Lmdb } from '../lmdb/lmdb';
import { allRecordsOf, type BlockKey } from '../record/blocks';
import { keyInside } from '../record/envelope';
import { decodeItem } from '../record/records';
import { blockKey } from '../record/keys';
import { LANE_TABLES, openDatabase, openEnvironment, REPAIRED_KEY } from '../lmdb/tables';
import type { Snapshot } from './page-layout';
import { Walker } from './page-checker';

/**
 * Copies what can be read of a damaged file into a new environment in
 * `directory`: from the newest snapshot, or from the one before where the
 * newest has nothing left. Returns the number of entries. `check` is shown the
 * new environment, which says that it was repaired, and may reject.
 */
export async function rebuild(
  lmdb: Lmdb,
  file: string,
  snapshots: readonly Snapshot[],
  directory: string,
  check: (root: RootDatabase<Buffer, Buffer>) => Promise<void>,
): Promise<number> {
  const root = openEnvironment(lmdb, directory);
  const databases = new Map<string, Database<Buffer, Buffer>>();
  const fd = openSync(file, 'r');
  let taken = 0;
  try {
    const { size } = fstatSync(fd);
    for (const told of snapshots) {
      if (taken > 0) break;
      // Where it is wrong about itself, its records tell what they are.
      const snapshot = { ...told, lastPage: Math.ceil(size / told.pageSize) - 1, transaction: Infinity };
      // Twice, for a table cannot be opened within the transaction that fills it.
      new Walker(fd, size, snapshot, (table) => {
        if (!databases.has(table)) databases.set(table, openDatabase(root, table));
      }).walk();
      root.transactionSync(() =>
        new Walker(fd, size, snapshot, (table, key, value) => {
          databases.get(table)?.putSync(placeOf(table, key, value), Buffer.from(value));
          taken++;
        }).walk(),
      );
    }
    const meta = openDatabase(root, 'meta');
    root.transactionSync(() => meta.putSync(REPAIRED_KEY, Buffer.of(1)));
    await check(root);
  } finally {
    closeSync(fd);
    await root.close();
  }
  return taken;
}

const toKey = blockKey();

/** Messages tell their place themselves; the key may be what is damaged. */
function placeOf(table: string, key: Buffer, value: Buffer): Buffer {
  if (!LANE_TABLES.includes(table)) return Buffer.from(key);
  const sealed = keyInside(value);
  const place = sealed ? undefined : placeInLane(value);
  return Buffer.from(sealed ?? (place ? toKey(place) : key));
}

function placeInLane(value: Buffer): BlockKey | undefined {
  const one = decodeItem(value);
  if ('value' in one) return { seq: one.value.seq, count: 1 };
  const records = allRecordsOf(value);
  const first = records?.[0] && decodeItem(records[0]);
  return records && first && 'value' in first ? { seq: first.value.seq, count: records.length } : undefined;
}
