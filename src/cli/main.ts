#!/usr/bin/env node
import { constants } from 'node:os';
import { Interruption, OutputClosed, SIGNALS, type SignalName } from './exit-codes';
import { dispatch } from './dispatch';
import { isPipe, outputFault } from './output';

/** The first signal asks the command to end in good order, the second ends the process. */
const ending = new AbortController();
let isTold = false;
for (const name of (Object.keys(SIGNALS) as SignalName[]).filter((one) => one in constants.signals)) {
  process.on(name, () => {
    const interruption = new Interruption(name);
    // What a signal ends at once is not waited for.
    if (isTold) process.exit(interruption.exitCode);
    isTold = true;
    ending.abort(interruption);
  });
}
process.stdout.on('error', (error: Error) => {
  ending.abort(isPipe(error) ? new OutputClosed() : outputFault(error));
});
// Notes that nobody reads end nothing.
process.stderr.on('error', () => undefined);

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
