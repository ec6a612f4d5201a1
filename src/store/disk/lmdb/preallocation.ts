import { close, constants, fdatasync, fstatSync, openSync, write, writeSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { promisify } from 'node:util';

/** A file grows by so much at a time at least. */
const BLOCK = 64 * 1024;
const ZEROS = Buffer.alloc(1024 * 1024);

const writeTo = promisify(write);
const sync = promisify(fdatasync);
const closed = promisify(close);

/** Makes the file so long at least, with zeros; throws where the disk has no room for them. */
export function extend(fd: number, wanted: number): void {
  const end = Math.ceil(wanted / BLOCK) * BLOCK;
  let { size } = fstatSync(fd);
  while (size < end) size += writeSync(fd, ZEROS, 0, Math.min(ZEROS.length, end - size), size);
}

/** Makes a file of that many zeros; rejects where the disk has no room for them. */
export async function fillWithZeros(path: string, octets: number): Promise<void> {
  const file = await open(path, 'w', 0o600);
  try {
    for (let at = 0; at < octets;)
      at += (await file.write(ZEROS, 0, Math.min(ZEROS.length, octets - at), at)).bytesWritten;
  } finally {
    await file.close();
  }
}

/**
 * Appends zeros while transactions go on, for their syncs are fast only where the file does not grow. It is
 * opened for appending, so that whatever LMDB writes meanwhile nothing of it is overwritten; and at once, so
 * that it stays the file that LMDB has open, whatever becomes of its name.
 */
export class Preallocation {
  readonly #fd: number;
  #going: Promise<void> | undefined;
  #closed = false;

  constructor(file: string) {
    this.#fd = openSync(file, constants.O_WRONLY | constants.O_APPEND);
  }

  /** Unless it grows already. Where there is no room, nobody is told: nothing needs it yet. */
  start(octets: number): void {
    this.#going ??= this.#grow(octets)
      .catch(() => undefined)
      .finally(() => (this.#going = undefined));
  }

  /** Synced piece by piece: a transaction's own sync waits for one of them at most. */
  async #grow(octets: number): Promise<void> {
    const pieces = Math.ceil(octets / ZEROS.length);
    for (let piece = 0; piece < pieces && !this.#closed; piece++) {
      await writeTo(this.#fd, ZEROS);
      await sync(this.#fd);
    }
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#going;
    await closed(this.#fd);
  }
}
