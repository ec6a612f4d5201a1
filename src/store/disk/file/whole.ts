import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { rename, rm, stat } from 'node:fs/promises';
import { endianness } from 'node:os';
import { join } from 'node:path';
import type { OnDamage } from '../damage';
import { DATA_FILE } from '../directory';
import type { Lmdb } from '../lmdb';
import { isOtherVersion, META_SIZE, PAGE_SIZES, readMeta, readNumber, type Snapshot } from './layout';
import { rebuild } from './rebuild';
import { Walker } from './walker';

const REBUILT = 'rebuilt';
const LOCK_FILE = 'lock.mdb';

/**
 * Makes sure that LMDB can trust the file in `directory`, which nobody has open.
 * A damaged one is put aside, and what can be read of it is taken over into a new one. Says whether that was so.
 */
export async function ensureWhole(
  lmdb: Lmdb,
  directory: string,
  now: number,
  onDamage: OnDamage,
): Promise<boolean> {
  if (endianness() !== 'LE' || !WIDE.includes(process.arch)) return false;
  const file = join(directory, DATA_FILE);
  const rebuilt = join(directory, REBUILT);
  await finishEarlier(file, rebuilt);
  const found = inspect(file);
  if (!found) return false;
  const { snapshots, problem } = found;
  const taken = await rebuild(lmdb, file, snapshots, rebuilt);
  const aside = join(directory, `damaged-${now}.mdb`);
  await rename(file, aside);
  await rm(join(directory, LOCK_FILE), { force: true });
  await finishEarlier(file, rebuilt);
  const kept =
    taken === 0 ? 'Nothing of it can be read' : `${taken} entries could be read and were taken over`;
  const text = `The file ${file} is damaged: ${problem}. ${kept}; the damaged file is kept as ${aside}.`;
  onDamage({ kind: 'file', text });
  return true;
}

/** Where numbers in the file have 64 bits. */
const WIDE: readonly string[] = ['x64', 'arm64', 'ppc64', 'riscv64', 'loong64'];

/** Undefined where the file is whole, not there, or not ours to judge. */
function inspect(file: string): { snapshots: Snapshot[]; problem: string } | undefined {
  let fd: number;
  try {
    fd = openSync(file, 'r');
  } catch {
    return undefined;
  }
  try {
    const { size } = fstatSync(fd);
    const first = readAt(fd, 0);
    const snapshots = readSnapshots(fd, first);
    const [newest, before] = snapshots;
    if (size === 0 || (!newest && isOtherVersion(first))) return undefined;
    if (!newest) return { snapshots, problem: 'neither of its first two pages can be read' };
    const walker = new Walker(fd, size, newest);
    walker.walk();
    const distance = newest.transaction - (before?.transaction ?? Infinity);
    const inStep = distance === 0 || distance === 1;
    const problems = [...(inStep ? [] : ['one of its first two pages is wrong']), ...walker.problems];
    if (problems.length === 0) return undefined;
    const more = problems.length > 1 ? ` (and ${problems.length - 1} more findings)` : '';
    return { snapshots, problem: `${problems[0]}${more}` };
  } finally {
    closeSync(fd);
  }
}

/** What the two meta pages tell of, the newer first. The second lies where the first ends, whatever that is. */
function readSnapshots(fd: number, first: Buffer): Snapshot[] {
  const one = readMeta(first, 0);
  const sizes = one ? [one.pageSize] : PAGE_SIZES;
  const others = sizes
    .map((size) => readMeta(readAt(fd, size), 1))
    .filter((meta, at) => meta?.pageSize === sizes[at]);
  const found = [one, ...others].filter((meta) => meta !== undefined);
  const times = new Map(found.map((snapshot) => [snapshot, timeOf(fd, snapshot)]));
  return found.sort((a, b) => (times.get(b) ?? 0) - (times.get(a) ?? 0));
}

/** The transaction that wrote the snapshot's list of tables: so its own, and harder to be wrong about. */
function timeOf(fd: number, { main, pageSize, transaction }: Snapshot): number {
  const root = main.root === undefined ? Buffer.alloc(0) : readAt(fd, main.root * pageSize);
  const sound = root.length === META_SIZE && readNumber(root, 0) === main.root;
  return sound ? Math.min(readNumber(root, 8), transaction) : 0;
}

function readAt(fd: number, position: number): Buffer {
  const octets = Buffer.alloc(META_SIZE);
  return octets.subarray(0, readSync(fd, octets, 0, META_SIZE, position));
}

/** A crash between putting the damaged file aside and moving the new one in its place. */
async function finishEarlier(file: string, rebuilt: string): Promise<void> {
  const present = await stat(file).catch(() => undefined);
  if (!present) await rename(join(rebuilt, DATA_FILE), file).catch(() => undefined);
  await rm(rebuilt, { recursive: true, force: true });
}
