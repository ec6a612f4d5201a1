import { writeSync } from 'node:fs';

/**
 * Writes a line to the standard output at once, for a process that is killed writes nothing
 * any more; again and again where whoever reads it does not keep up.
 */
export function say(line: string): void {
  for (;;) {
    try {
      return void writeSync(1, `${line}\n`);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error;
    }
  }
}
