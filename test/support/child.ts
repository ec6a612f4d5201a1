import { spawn, type ChildProcess, type ChildProcessByStdio } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { Readable, Writable } from 'node:stream';

const ROOT = join(__dirname, '..', '..');

/** What Node is given before a file of the tests or of the sources, to run it as mocha does. */
export const runsTypeScript = ['-r', join(ROOT, '.ci', 'compiled.cjs')] as const;

/** Runs a file in a process of its own, whose input and output are pipes; `flags` are Node's. */
export function startChild(
  file: string,
  args: readonly string[],
  flags: readonly string[] = [],
): ChildProcessByStdio<Writable, Readable, null> {
  return spawn(process.execPath, [...flags, ...runsTypeScript, file, ...args], {
    stdio: ['pipe', 'pipe', 'inherit'],
    cwd: ROOT,
  });
}

/** Resolves when a child that runs has ended. */
export async function endChild(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  const ended = once(child, 'exit');
  child.kill(signal);
  await ended;
}

/** For a child: it ends when the process that started it is gone, also where that was killed. */
export function endWithParent(): void {
  const parent = process.ppid;
  setInterval(() => process.ppid !== parent && process.exit(1), 500).unref();
}
