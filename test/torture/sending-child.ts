/**
 * A client that sends what comes into its queue until it gets SIGTERM. Tells by whole lines:
 *
 *   b                   it is bound
 *   s 17 r              message 17 goes out, marked as redelivered (else n)
 *   r 17 y              a receipt, matched to message 17
 *   f 17 INVALID        message 17 failed
 *   m 12.5 80.1         megabytes after a collection of garbage: objects and buffers, all that is resident
 *   e                   it has stopped in good order
 *
 * Its argument are the client's options as JSON. Of its memory it tells only with --expose-gc; it stops after the last
 * sample then, else at once.
 */
import { join } from 'node:path';
import { settled } from '../support/resident';
import { endWithParent } from '../support/child';
import { say } from '../support/say';
import { pass } from '../support/until';

type Library = typeof import('../../src/index');
// eslint-disable-next-line @typescript-eslint/no-require-imports -- the compiled code, as users run it
const { SmppClient } = require(join(__dirname, '..', '..', 'dist', 'src', 'index.js')) as Library;

const EVERY = 1000;
const labelOf = (label: unknown): string => (typeof label === 'string' ? label : '-');

endWithParent();

async function main(): Promise<void> {
  const client = new SmppClient({
    ...{ queueCapacity: 0, windowSize: 50, logLevel: 'silent' },
    ...(JSON.parse(process.argv[2] ?? '') as object),
  });
  client.on('request', ({ correlation_id, redelivered }) =>
    say(`s ${labelOf(correlation_id)} ${redelivered ? 'r' : 'n'}`),
  );
  client.on('receipt', ({ correlation_id, matched }) =>
    say(`r ${labelOf(correlation_id)} ${matched ? 'y' : 'n'}`),
  );
  client.on('failure', ({ correlation_id, code }) => say(`f ${labelOf(correlation_id)} ${code}`));
  const stop = (): Promise<void> => client.stop().then(() => say('e'));
  let runs = true;
  process.once('SIGTERM', () => {
    runs = false;
    if (!global.gc) void stop();
  });
  await client.start();
  say('b');
  if (!global.gc) return;
  while (runs) {
    const { heap, rss } = await settled();
    say(`m ${heap / 1e6} ${rss / 1e6}`);
    await pass(EVERY);
  }
  await stop();
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
  process.exit(1);
});
