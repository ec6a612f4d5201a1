import { readdir, stat } from 'node:fs/promises';
import { isAbsolute, join } from 'node:path';
import { SmppError } from '../../protocol';

export const DATA_FILE = 'data.mdb';

/** What every file system takes as a name, and what never climbs out of its directory. */
const SAFE_NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;
/** Names of devices on Windows, also with an extension. */
const DEVICE_NAME = /^(con|prn|aux|nul|com\d|lpt\d)(\.|$)/i;

/** A queue directory that no client uses any more. */
export interface OrphanedQueue {
  readonly clientId: string;
  readonly directory: string;
  /** The size of its file. */
  readonly octets: number;
  /** Epoch milliseconds of the last write. */
  readonly writtenAt: number;
}

/** The directory of one client below `base`; refuses names and paths that are not safe. */
export function clientDirectory(base: string, clientId: string): string {
  checkDirectory(base);
  if (!SAFE_NAME.test(clientId) || DEVICE_NAME.test(clientId) || clientId.endsWith('.')) {
    throw new SmppError(
      'INVALID_OPTION',
      `clientId ${JSON.stringify(clientId)} cannot name a directory. Use 1 to 64 letters, digits, ".", "_" and ` +
        '"-", with a letter or digit first and no "." last; names of Windows devices (con, nul, com1 …) are taken.',
    );
  }
  return join(base, clientId);
}

export function checkDirectory(directory: unknown): asserts directory is string {
  if (typeof directory === 'string' && isAbsolute(directory) && !directory.includes('\0')) return;
  const given = directory === undefined || directory === '' ? 'missing' : JSON.stringify(directory);
  throw new SmppError(
    'INVALID_OPTION',
    `queueDirectory is ${given}: give an absolute path, such as /var/lib/smpp, so that the queue is found again ` +
      'wherever the process is started.',
  );
}

/** The queues below `base` that belong to none of `knownIds`; they hold messages perhaps, and are left alone. */
export async function listOrphans(base: string, knownIds: Iterable<string>): Promise<OrphanedQueue[]> {
  checkDirectory(base);
  const known = new Set(knownIds);
  const names = await readdir(base, { withFileTypes: true }).catch(() => []);
  const orphans: OrphanedQueue[] = [];
  for (const { name: clientId } of names.filter((entry) => entry.isDirectory() && !known.has(entry.name))) {
    const directory = join(base, clientId);
    const file = await stat(join(directory, DATA_FILE)).catch(() => undefined);
    if (file) orphans.push({ clientId, directory, octets: file.size, writtenAt: file.mtimeMs });
  }
  return orphans;
}
