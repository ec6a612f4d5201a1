import { join } from 'node:path';

/** What Node is given before a file of the tests or of the sources, to run it as mocha does. */
export const runsTypeScript = ['-r', join(__dirname, '..', '..', '.ci', 'compiled.cjs')] as const;

/** For a child: it ends when the process that started it is gone, also where that was killed. */
export function endWithParent(): void {
  const parent = process.ppid;
  setInterval(() => process.ppid !== parent && process.exit(1), 500).unref();
}
