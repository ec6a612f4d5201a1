import { closeSync, openSync } from 'node:fs';
import { devNull } from 'node:os';
import { SmppError } from '../../../protocol';

/** What loading lmdb, its files, the lock and a second copy of the tables take at once, with some to spare. */
const NEEDED = 32;

/**
 * Throws `QUEUE_UNAVAILABLE` where this process, or its system, has not as many descriptors left as opening takes.
 * lmdb (3.5.6) has no answer where it finds none: its native code ends the process. Hence to be called in the same turn
 * as what needs them, so that nobody takes them meanwhile.
 */
export function probeDescriptors(directory: string): void {
  const open: number[] = [];
  try {
    while (open.length < NEEDED) open.push(openSync(devNull, 'r'));
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    // Without that device there is nothing to be found out.
    if (code !== 'EMFILE' && code !== 'ENFILE') return;
    const whose = code === 'EMFILE' ? 'this process' : 'the whole system';
    throw new SmppError(
      'QUEUE_UNAVAILABLE',
      `The queue in ${directory} takes up to ${NEEDED} file descriptors to open, and ${whose} has ${open.length} left ` +
        `(${code}). Close files and connections, or raise the limit (ulimit -n, LimitNOFILE); it is tried again.`,
      { cause, retriable: true },
    );
  } finally {
    for (const fd of open) closeSync(fd);
  }
}
