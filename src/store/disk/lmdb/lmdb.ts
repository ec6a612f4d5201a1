import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { SmppError } from '../../../protocol';
import { probeDescriptors } from './descriptors';

/** What is used of the package `lmdb`, which is optional and loaded when a disk store is opened. */
export type Lmdb = Pick<typeof import('lmdb'), 'open'>;

/** Not by import: what has failed there is remembered, and fails until the process ends; this is tried anew. */
const required = (): Lmdb => createRequire(__filename)('lmdb') as Lmdb;

/** `load` is how it is found; `directory` is the queue that it is for. */
export async function loadLmdb(load?: () => Promise<Lmdb>, directory = 'its directory'): Promise<Lmdb> {
  probeDescriptors(directory);
  try {
    return load ? await load() : required();
  } catch (cause) {
    throw new SmppError(
      'QUEUE_UNAVAILABLE',
      'The disk queue needs the package lmdb, which cannot be loaded here ' +
        `(${(cause as Error).message.split('\n', 1)[0]}). Install it (npm install lmdb) where there is a build ` +
        'of it for this platform, or set the queue to "memory", which does not survive a restart.',
      { cause, retriable: true },
    );
  }
}

/** LMDB's own lock file, larger than it needs on any platform. */
const LOCK_FILE_SIZE = 16_384;

/**
 * LMDB writes to its lock file through memory; where the disk has no block for
 * it, that ends the process. Hence all its blocks are written before, while nobody has it open.
 */
export async function layOutLockFile(directory: string): Promise<void> {
  const file = await open(join(directory, 'lock.mdb'), constants.O_RDWR | constants.O_CREAT, 0o600);
  try {
    await file.chmod(0o600).catch(() => undefined);
    await file.write(Buffer.alloc(LOCK_FILE_SIZE), 0, LOCK_FILE_SIZE, 0);
  } finally {
    await file.close();
  }
}
