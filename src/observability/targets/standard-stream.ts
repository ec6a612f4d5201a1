import { systemClock } from '../../clock';
import { LineWriter } from './line-writer';

type Name = 'stdout' | 'stderr';

const NUMBERS = { stdout: 1, stderr: 2 } as const;
/** One for all clients of the process: lines of two writers could get into each other in a pipe. */
const writers = new Map<Name, LineWriter>();

/** Takes lines for standard output or error, off the main thread: who does not read them holds up nobody. */
export function standardStream(name: Name): (line: string) => void {
  return (line) => {
    const stream = process[name];
    // Something else was put in its place, or there is no such descriptor, as in a worker.
    if (Object.hasOwn(stream, 'write') || stream.fd !== NUMBERS[name]) stream.write(line);
    else writerOf(name).write(line);
  };
}

function writerOf(name: Name): LineWriter {
  const known = writers.get(name);
  if (known) return known;
  const fd = NUMBERS[name];
  const to = { name, open: () => Promise.resolve(fd), openSync: () => fd, close: () => Promise.resolve() };
  const told = (text: string): void => process.emitWarning(`log: ${text}`, 'SmppWarning');
  const writer = new LineWriter(to, { clock: systemClock, told });
  writers.set(name, writer);
  return writer;
}
