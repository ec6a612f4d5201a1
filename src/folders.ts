import { existsSync, mkdirSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';

/**
 * Makes a folder with all above it; the topmost that was made, undefined where all were there. Node's own goes round for
 * ever where a file system answers ENOENT though the folder above is there, as /proc does: the first one is made alone.
 */
export async function makeFolder(path: string, mode: number): Promise<string | undefined> {
  const first = topmostMissing(path);
  if (first !== undefined) await mkdir(first, { mode }).catch(unlessThere);
  await mkdir(path, { recursive: true, mode });
  return first;
}

/** As {@link makeFolder}, at once. */
export function makeFolderSync(path: string, mode: number): void {
  const first = topmostMissing(path);
  try {
    if (first !== undefined) mkdirSync(first, { mode });
  } catch (error) {
    unlessThere(error);
  }
  mkdirSync(path, { recursive: true, mode });
}

function topmostMissing(path: string): string | undefined {
  let missing: string | undefined;
  for (let at = resolve(path); !existsSync(at); at = dirname(at)) {
    missing = at;
    if (dirname(at) === at) break;
  }
  return missing;
}

/** Another process may have made it meanwhile. */
function unlessThere(error: unknown): void {
  if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
}
