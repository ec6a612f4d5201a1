#!/usr/bin/env node
import { constants } from 'node:os';
import { Interruption, OutputClosed, SIGNALS, type SignalName } from './exit-codes';
import { dispatch } from './dispatch';

/** The first signal asks the command to end in good order, the second ends the process. */
const ending = new AbortController();
for (const name of (Object.keys(SIGNALS) as SignalName[]).filter((one) => one in constants.signals)) {
  process.on(name, () => {
    const interruption = new Interruption(name);
    // What a signal ends at once is not waited for.
    if (ending.signal.reason instanceof Interruption) process.exit(interruption.exitCode);
    ending.abort(interruption);
  });
}
for (const stream of [process.stdout, process.stderr])
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') ending.abort(new OutputClosed());
  });

const surroundings = {
  stdin: process.stdin,
  stdout: process.stdout,
  stderr: process.stderr,
  env: process.env,
  cwd: process.cwd(),
  signal: ending.signal,
};
void dispatch(process.argv.slice(2), surroundings).then((code) => {
  process.exitCode = code;
  // A terminal or pipe that was read from would keep the process.
  process.stdin.destroy();
});
