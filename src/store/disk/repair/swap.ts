import { chmodSync, closeSync, existsSync, fsyncSync, openSync, readdirSync, renameSync } from 'node:fs';
import { mkdir, open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '../../../clock';
import { DATA_FILE } from '../lmdb/directory';
import type { Lmdb } from '../lmdb/lmdb';

/** Where the file of a store is, and what it is opened and paused with. */
export interface StoreFiles {
  readonly lmdb: Lmdb;
  readonly directory: string;
  readonly clock: Clock;
}

/** Where a file that is to take the place of another is made. */
export const REBUILT = 'rebuilt';
export const LOCK_FILE = 'lock.mdb';
/** What another took the place of, until it is overwritten. */
const REPLACED = 'replaced.mdb';
const PIECE = Buffer.alloc(1024 * 1024);

/**
 * One file takes the place of another, and no copy of the other is left:
 *
 *   rebuilt/data.mdb written, synced ─▶ data.mdb → replaced.mdb ─▶ rebuilt/data.mdb → data.mdb ─▶ replaced.mdb zeros, gone
 *          begun anew after a crash  │                finished after a crash                  │ finished after a crash
 *
 * Throws with everything as it was, or where not even that could be, with `stuck`: then only a new start helps.
 */
export function swapIn(directory: string): void {
  const rebuilt = join(directory, REBUILT);
  const file = join(directory, DATA_FILE);
  const replaced = join(directory, REPLACED);
  syncPath(join(rebuilt, DATA_FILE));
  renameSync(file, replaced);
  try {
    renameSync(join(rebuilt, DATA_FILE), file);
  } catch (error) {
    try {
      renameSync(replaced, file);
    } catch {
      throw Object.assign(error as Error, { stuck: true });
    }
    throw error;
  }
  // Of the one that is open it is what keeps others away, too.
  if (existsSync(join(rebuilt, LOCK_FILE))) renameSync(join(rebuilt, LOCK_FILE), join(directory, LOCK_FILE));
  syncPath(directory);
}

/** Also an end to what a crash left of a swap. Where nothing is left to do, it costs two looks. */
export async function finishSwap(directory: string): Promise<void> {
  const rebuilt = join(directory, REBUILT);
  const file = join(directory, DATA_FILE);
  const made = join(rebuilt, DATA_FILE);
  if (!existsSync(file) && existsSync(made)) {
    renameSync(made, file);
    syncPath(directory);
  }
  if (existsSync(rebuilt)) await discard(directory);
  const replaced = join(directory, REPLACED);
  if (!existsSync(replaced)) return;
  // Without its successor it is the queue.
  if (existsSync(file)) await shred(replaced);
  else renameSync(replaced, file);
}

/** A new and empty place for the file that is to come. */
export async function beginSwap(directory: string): Promise<string> {
  await discard(directory);
  const rebuilt = join(directory, REBUILT);
  await mkdir(rebuilt, { mode: 0o700 });
  chmodSync(rebuilt, 0o700);
  return rebuilt;
}

/** Gives up what was begun. */
export async function discard(directory: string): Promise<void> {
  const rebuilt = join(directory, REBUILT);
  if (existsSync(rebuilt)) for (const name of readdirSync(rebuilt)) await shred(join(rebuilt, name));
  await rm(rebuilt, { recursive: true, force: true });
}

/** Overwrites a file with zeros, and then removes it: nothing of it can be read any more, however the disk is read. */
export async function shred(path: string): Promise<void> {
  const file = await open(path, 'r+');
  try {
    const { size } = await file.stat();
    for (let at = 0; at < size;) {
      const { bytesWritten } = await file.write(PIECE, 0, Math.min(PIECE.length, size - at), at);
      at += bytesWritten;
    }
    await file.sync();
  } finally {
    await file.close();
  }
  await rm(path, { force: true });
}

function syncPath(path: string): void {
  // Windows has no descriptors of directories that can be synced.
  const flags = process.platform === 'win32' ? 'r+' : 'r';
  let fd: number;
  try {
    fd = openSync(path, flags);
  } catch (error) {
    if (process.platform === 'win32') return;
    throw error;
  }
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}
