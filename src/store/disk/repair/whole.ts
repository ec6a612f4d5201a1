import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { endianness } from 'node:os';
import { join } from 'node:path';
import type { RootDatabase } from 'lmdb';
import type { OnDamage } from '../record/damage';
import { DATA_FILE } from '../lmdb/directory';
import {
  isOtherVersion,
  isSound,
  META_SIZE,
  PAGE_SIZES,
  readMeta,
  readNumber,
  type Snapshot,
} from './page-layout';
import { layOut, tryRoomForCopy } from '../lmdb/space';
import { discard, finishSwap, LOCK_FILE, REBUILT, type StoreFiles } from './swap';
import { rebuild } from './rebuild';
import { PageChecker, timeSlices, type Pause } from './page-checker';

/**
 * Makes sure that LMDB can trust the file in `directory`, which nobody has open.
 * A damaged one is put aside, and what can be read of it is taken over into a new one, which says so. `check` is shown
 * that before anything is changed; where it rejects, nothing is.
 */
export async function ensureWhole(
  { lmdb, directory, clock }: StoreFiles,
  onDamage: OnDamage,
  check: (root: RootDatabase<Buffer, Buffer>) => Promise<void>,
): Promise<void> {
  if (endianness() !== 'LE' || !WIDE.includes(process.arch)) return;
  const file = join(directory, DATA_FILE);
  const rebuilt = join(directory, REBUILT);
  const { snapshots, problem } = await inspect(file, timeSlices(clock));
  const [newest] = snapshots;
  if (problem === undefined) {
    await layOut(directory, newest && { count: newest.lastPage + 1, size: newest.pageSize });
    return;
  }
  await tryRoomForCopy(directory);
  const taken = await rebuild({ lmdb, clock, directory: rebuilt }, file, snapshots, check).catch(
    async (error: unknown) => {
      await discard(directory).catch(() => undefined);
      throw error;
    },
  );
  const aside = join(directory, `damaged-${clock.now()}.mdb`);
  await rename(file, aside);
  await rm(join(directory, LOCK_FILE), { force: true });
  await finishSwap(directory);
  const kept =
    taken === 0 ? 'Nothing of it can be read' : `${taken} entries could be read and were taken over`;
  const text = `The file ${file} is damaged: ${problem}. ${kept}; the damaged file is kept as ${aside}.`;
  onDamage({ kind: 'file', text });
}

/** Where numbers in the file have 64 bits. */
const WIDE: readonly string[] = ['x64', 'arm64', 'ppc64', 'riscv64', 'loong64'];

/** What the file has, and what is wrong with it: nothing, too, where it is not there or not ours to judge. */
async function inspect(file: string, pause: Pause): Promise<{ snapshots: Snapshot[]; problem?: string }> {
  let fd: number;
  try {
    fd = openSync(file, 'r');
  } catch {
    return { snapshots: [] };
  }
  try {
    const { size } = fstatSync(fd);
    const first = readAt(fd, 0);
    if (size === 0) return { snapshots: [] };
    const { snapshots, sound } = readSnapshots(fd, size, first);
    const [newest] = snapshots;
    if (!newest && isOtherVersion(first)) return { snapshots: [] };
    if (!newest) return { snapshots, problem: 'neither of its first two pages leads anywhere' };
    const checker = new PageChecker(fd, size, newest, pause);
    await checker.check();
    const problems = [...(sound ? [] : ['one of its first two pages is wrong']), ...checker.problems];
    const more = problems.length > 1 ? ` (and ${problems.length - 1} more findings)` : '';
    return problems.length === 0 ? { snapshots } : { snapshots, problem: `${problems[0]}${more}` };
  } finally {
    closeSync(fd);
  }
}

/**
 * What the two meta pages tell of, the newer first, those that lead nowhere left
 * out; and whether both are as they should be. The second begins where the first ends.
 */
function readSnapshots(
  fd: number,
  fileSize: number,
  first: Buffer,
): { snapshots: Snapshot[]; sound: boolean } {
  const sizes = [readMeta(first).pageSize, ...PAGE_SIZES].filter((size) => PAGE_SIZES.includes(size));
  const agreed = sizes.find((size) => readMeta(readAt(fd, size)).pageSize === size);
  const pageSize = agreed ?? sizes[0] ?? 4096;
  const second = readAt(fd, pageSize);
  const metas = [first, second].map((page) => ({ ...readMeta(page), pageSize }));
  const times = new Map(metas.map((snapshot) => [snapshot, timeOf(fd, fileSize, snapshot)]));
  const time = (snapshot: Snapshot): number => times.get(snapshot) ?? 0;
  const snapshots = metas.filter((meta) => time(meta) > 0).sort((a, b) => time(b) - time(a));
  const [newer, older] = [...metas].sort((a, b) => b.transaction - a.transaction) as [Snapshot, Snapshot];
  const inStep = newer.transaction - older.transaction <= 1 && (snapshots[0] ?? newer) === newer;
  const sound = inStep && readMeta(first).pageSize === agreed && isSound(first, 0) && isSound(second, 1);
  return { snapshots, sound };
}

/** The transaction that wrote the snapshot's list of tables, which is its own; 0 where that cannot be read. */
function timeOf(fd: number, fileSize: number, { main, pageSize }: Snapshot): number {
  // Nothing was ever written.
  if (main.root === undefined) return 1;
  if ((main.root + 1) * pageSize > fileSize) return 0;
  const root = readAt(fd, main.root * pageSize);
  return readNumber(root, 0) === main.root ? readNumber(root, 8) : 0;
}

/** Nothing beyond the end of the file. */
function readAt(fd: number, position: number): Buffer {
  const octets = Buffer.alloc(META_SIZE);
  readSync(fd, octets, 0, META_SIZE, position);
  return octets;
}
