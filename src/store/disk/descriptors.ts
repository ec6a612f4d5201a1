import { closeSync, openSync } from 'node:fs';

/** What loading lmdb, its files, the lock and one more copy of the tables take at once, with some to spare. */
export const NEEDED_DESCRIPTORS = 32;

/**
 * Throws where there are no `count` descriptors left in this process or system. lmdb (3.5.6) has no answer where it
 * finds none: native code then ends the process. Hence as many are opened and closed before.
 */
export function probeDescriptors(count = NEEDED_DESCRIPTORS, path: string = process.execPath): void {
  const open: number[] = [];
  try {
    while (open.length < count) open.push(openSync(path, 'r'));
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code !== 'EMFILE' && code !== 'ENFILE') throw error;
    const whose = code === 'EMFILE' ? 'this process (ulimit -n)' : 'the system (fs.file-max)';
    throw new Error(
      `${open.length} of ${count} file descriptors that opening takes are left for ${whose}; close some or raise the ` +
        `limit: ${code}, ${message}`,
      { cause: error },
    );
  } finally {
    for (const fd of open) closeSync(fd);
  }
}
