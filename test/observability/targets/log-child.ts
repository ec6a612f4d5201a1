// Logs lines to files and to standard output, each time "log" comes in, and ends at once when "exit" does.
import { LogFile, createLog, standardStream, type OpenLog } from '../../../src/observability';
import { systemClock } from '../../../src/clock';
import { endWithParent } from '../../support/child';

endWithParent();
const [count = '1', ...paths] = process.argv.slice(2);
const told = (text: string): void => void process.stderr.write(`${text}\n`);
const logs: OpenLog[] = paths.map((path) => {
  if (path === 'stdout') return createLog({ lines: standardStream('stdout') });
  const file = new LogFile(path, { clock: systemClock, told });
  return createLog({ lines: (line) => file.write(line) });
});

process.stdin.on('data', (data) => {
  for (const word of String(data).trim().split('\n')) {
    if (word === 'log')
      for (let n = 0; n < Number(count); n++) for (const log of logs) log.info({ n }, 'a line');
    if (word === 'exit') process.exit(0);
  }
});
process.stderr.write('ready\n');
