import { closeSync, constants, openSync } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';
import { makeFolder, makeFolderSync } from '../../folders';
import { LineWriter, type Descriptor, type LineWriterOptions } from './line-writer';
import { reopenAtSignal } from './process-hooks';

/** For the user of the process, and for a log shipper in its group. */
const MODE = 0o640;
const FOLDER_MODE = 0o750;
/** A named pipe without a reader is an error, and no file to wait for. Windows has no such flag. */
const { O_WRONLY, O_APPEND, O_CREAT, O_NONBLOCK } = constants as {
  [flag in keyof typeof constants]?: number;
};
const FLAGS = (O_WRONLY ?? 0) | (O_APPEND ?? 0) | (O_CREAT ?? 0) | (O_NONBLOCK ?? 0);

/**
 * A file of JSON lines, made with its folder when the first line comes. Each line is appended whole, so that several may
 * write to one file.
 */
export class LogFile {
  readonly #writer: LineWriter;
  readonly #unhook: () => void;

  constructor(path: string, options: LineWriterOptions) {
    this.#writer = new LineWriter(fileAt(path), options);
    this.#unhook = reopenAtSignal(this);
  }

  write(line: string): void {
    this.#writer.write(line);
  }

  /** As {@link LineWriter.reopen}. */
  reopen(): Promise<void> {
    return this.#writer.reopen();
  }

  flush(): Promise<void> {
    return this.#writer.flush();
  }

  close(): Promise<void> {
    this.#unhook();
    return this.#writer.close();
  }
}

function fileAt(path: string): Descriptor {
  let handle: FileHandle | undefined;
  let descriptor: number | undefined;
  return {
    name: `the log file ${path}`,
    async open() {
      if (descriptor !== undefined) return descriptor;
      if (!handle) {
        await makeFolder(dirname(path), FOLDER_MODE);
        handle = await open(path, FLAGS, MODE);
      }
      return handle.fd;
    },
    openSync() {
      if (handle) return handle.fd;
      makeFolderSync(dirname(path), FOLDER_MODE);
      return (descriptor ??= openSync(path, FLAGS, MODE));
    },
    async close() {
      const open = handle;
      handle = undefined;
      if (descriptor !== undefined) closeSync(descriptor);
      descriptor = undefined;
      await open?.close();
    },
  };
}
