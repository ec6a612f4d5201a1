import { chmodSync, closeSync, existsSync, openSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { DATA_FILE } from './directory';

const DIRECTORY_MODE = 0o700;
const FILE_MODE = 0o600;
const OTHERS = 0o077;

/** What others than the owner can read, and why that stays so. */
export interface Exposure {
  /** Of the file or directory. */
  readonly path: string;
  /** For people. */
  readonly text: string;
}

/**
 * Takes the directory of a queue and all files in it from everybody but their owner, whatever the umask and whoever
 * made them. Returns what could not be taken, for a file system without modes or another owner is no reason not to send.
 */
export function secure(directory: string): Exposure | undefined {
  if (process.platform === 'win32') return undefined;
  const first = restrict(directory, DIRECTORY_MODE);
  const exposed = filesIn(directory)
    .map((path) => restrict(path, FILE_MODE))
    .find((exposure) => exposure !== undefined);
  return first ?? exposed;
}

function filesIn(directory: string): string[] {
  return readdirSync(directory, { withFileTypes: true })
    .filter((entry) => entry.isFile() || entry.isSocket())
    .map((entry) => join(directory, entry.name));
}

/** Makes the file of the tables before LMDB does, which asks for more than its owner. */
export function makeDataFile(directory: string): void {
  const file = join(directory, DATA_FILE);
  if (existsSync(file)) return;
  closeSync(openSync(file, 'wx', FILE_MODE));
  chmodQuietly(file, FILE_MODE);
}

function restrict(path: string, mode: number): Exposure | undefined {
  const before = modeOf(path);
  if (before === undefined || before === mode) return undefined;
  const failure = chmodQuietly(path, mode);
  const after = modeOf(path) ?? mode;
  if ((after & OTHERS) === 0) return undefined;
  const why = failure ?? 'its file system keeps no modes';
  return {
    path,
    text:
      `${path} has the mode ${after.toString(8).padStart(4, '0')}, which others than its owner can use, and that ` +
      `cannot be changed (${why}). Texts and numbers of people lie there: make it ${mode.toString(8).padStart(4, '0')} and ` +
      'owned by the user of this process, choose a queueDirectory on a file system with modes, or set a queueKey.',
  };
}

/** Undefined: done; else why not. */
export function chmodQuietly(path: string, mode = FILE_MODE): string | undefined {
  try {
    chmodSync(path, mode);
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}

function modeOf(path: string): number | undefined {
  return statSync(path, { throwIfNoEntry: false })?.mode && statSync(path).mode & 0o777;
}
