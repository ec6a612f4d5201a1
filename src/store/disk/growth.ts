import { fstatSync, writeSync } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';

/** A file grows by so much at a time at least. */
const BLOCK = 64 * 1024;
const ZEROS = Buffer.alloc(1024 * 1024);

/** Makes the file so long at least, with zeros; throws where the disk has no room for them. */
export function extend(fd: number, wanted: number): void {
  const end = Math.ceil(wanted / BLOCK) * BLOCK;
  let { size } = fstatSync(fd);
  while (size < end) size += writeSync(fd, ZEROS, 0, Math.min(ZEROS.length, end - size), size);
}

/**
 * Appends zeros while transactions go on, for their syncs are fast only where the file does not grow. It is
 * opened for appending, so that whatever LMDB writes meanwhile nothing of it is overwritten.
 */
export class Growth {
  readonly #file: string;
  #handle: FileHandle | undefined;
  #going: Promise<void> | undefined;
  #closed = false;

  constructor(file: string) {
    this.#file = file;
  }

  /** Unless it grows already. Where there is no room, nobody is told: nothing needs it yet. */
  start(octets: number): void {
    this.#going ??= this.#grow(octets)
      .catch(() => undefined)
      .finally(() => (this.#going = undefined));
  }

  /** Synced piece by piece: a transaction's own sync waits for one of them at most. */
  async #grow(octets: number): Promise<void> {
    this.#handle ??= await open(this.#file, 'a');
    const pieces = Math.ceil(octets / ZEROS.length);
    for (let piece = 0; piece < pieces && !this.#closed; piece++) {
      await this.#handle.write(ZEROS);
      await this.#handle.datasync();
    }
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#going;
    await this.#handle?.close();
  }
}
