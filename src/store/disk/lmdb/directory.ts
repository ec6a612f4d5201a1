import { createHash } from 'node:crypto';
import { readdir, stat } from 'node:fs/promises';
import { isAbsolute, join } from 'node:path';
import { SmppError } from '../../../protocol';

export const DATA_FILE = 'data.mdb';

/** What every file system takes as a name, and what never climbs out of its directory. */
const SAFE_NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;
/** Names of devices on Windows, also with an extension. */
const DEVICE_NAME = /^(con|prn|aux|nul|com\d|lpt\d)(\.|$)/i;

/** A queue directory that no client uses any more. */
export interface OrphanedQueue {
  /** Whose it was. */
  readonly clientId: string;
  /** Its path. */
  readonly directory: string;
  /** The size of its file. */
  readonly octets: number;
  /** Epoch milliseconds of the last write. */
  readonly writtenAt: number;
}

/** Characters of an id that stay readable in a name made of it. */
const READABLE = 20;
/** Hexadecimal digits: 128 bits, so that two ids never share a queue. */
const DIGEST = 32;

/**
 * The clientId of a client that was given none, from an id that is its own and may be of any length and characters:
 * the id itself where that is a safe name, else its beginning and a digest of all of it. Always the same for the same id.
 */
export function nameFor(id: string): string {
  if (isSafeName(id)) return id;
  const digest = createHash('sha256').update(id).digest('hex').slice(0, DIGEST);
  const readable = id.replace(/[^A-Za-z0-9]/g, '').slice(0, READABLE);
  return `id-${readable}-${digest}`;
}

function isSafeName(name: string): boolean {
  return SAFE_NAME.test(name) && !DEVICE_NAME.test(name) && !name.endsWith('.');
}

/** The directory of one client below `base`; refuses names and paths that are not safe. */
export function clientDirectory(base: string, clientId: string): string {
  checkDirectory(base);
  if (!isSafeName(clientId)) {
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
