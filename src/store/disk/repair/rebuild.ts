import { closeSync, fstatSync, openSync } from 'node:fs';
import type { Database, RootDatabase } from 'lmdb';
import { nextTurn, type Clock } from '../../../clock';
import { allRecordsOf, type BlockKey } from '../record/blocks';
import { keyInside } from '../record/envelope';
import { decodeItem } from '../record/records';
import { blockKey } from '../record/keys';
import { PRIORITY_TABLES, openDatabase, openEnvironment, REPAIRED_KEY } from '../lmdb/tables';
import type { Snapshot } from './page-layout';
import { PageChecker, timeSlices, type Pause, type Visit } from './page-checker';
import type { StoreFiles } from './swap';

/** One transaction takes so many entries and octets at most: it is written in one go. */
const ENTRIES = 1000;
const OCTETS = 2 ** 20;

/**
 * Copies what can be read of a damaged file into a new environment in
 * `directory`: from the newest snapshot, or from the one before where the
 * newest has nothing left. Returns the number of entries. `check` is shown the
 * new environment, which says that it was repaired, and may reject.
 */
export async function rebuild(
  { lmdb, clock, directory }: StoreFiles,
  file: string,
  snapshots: readonly Snapshot[],
  check: (root: RootDatabase<Buffer, Buffer>) => Promise<void>,
): Promise<number> {
  const root = openEnvironment(lmdb, directory);
  const fd = openSync(file, 'r');
  let taken = 0;
  try {
    const { size } = fstatSync(fd);
    for (const told of snapshots) {
      if (taken > 0) break;
      // Where it is wrong about itself, its records tell what they are.
      const snapshot = { ...told, lastPage: Math.ceil(size / told.pageSize) - 1, transaction: Infinity };
      taken = await takeOver(root, clock, (pause, visit) =>
        new PageChecker(fd, size, snapshot, pause, visit).check(),
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

/** Writes what `read` visits, some at a time; resolves with how many entries that were. */
async function takeOver(
  root: RootDatabase<Buffer, Buffer>,
  clock: Clock,
  read: (pause: Pause, visit: Visit) => Promise<void>,
): Promise<number> {
  const databases = new Map<string, Database<Buffer, Buffer>>();
  let rows: { table: string; key: Buffer; value: Buffer }[] = [];
  let octets = 0;
  let taken = 0;
  const write = (): void => {
    // A table cannot be opened within the transaction that fills it.
    for (const { table } of rows) if (!databases.has(table)) databases.set(table, openDatabase(root, table));
    root.transactionSync(() => {
      for (const { table, key, value } of rows) databases.get(table)?.putSync(key, value);
    });
    taken += rows.length;
    octets = 0;
    rows = [];
  };
  const slices = timeSlices(clock);
  const pause: Pause = () => {
    if (rows.length < ENTRIES && octets < OCTETS) return slices();
    write();
    return nextTurn(clock);
  };
  await read(pause, (table, key, value) => {
    rows.push({ table, key: placeOf(table, key, value), value: Buffer.from(value) });
    octets += value.length;
  });
  write();
  return taken;
}

const toKey = blockKey();

/** Messages tell their place themselves; the key may be what is damaged. */
function placeOf(table: string, key: Buffer, value: Buffer): Buffer {
  if (!PRIORITY_TABLES.includes(table)) return Buffer.from(key);
  const sealed = keyInside(value);
  const place = sealed ? undefined : blockKeyIn(value);
  return Buffer.from(sealed ?? (place ? toKey(place) : key));
}

function blockKeyIn(value: Buffer): BlockKey | undefined {
  const one = decodeItem(value).value;
  if (one) return { seq: one.seq, count: 1 };
  const records = allRecordsOf(value);
  const first = records?.[0] && decodeItem(records[0]).value;
  return records && first && { seq: first.seq, count: records.length };
}
