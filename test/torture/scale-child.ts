/**
 * One of several clients on one queue. Tells by whole lines:
 *
 *   b                   it is bound
 *   s 17 r              message 17 goes out, marked as redelivered (else n)
 *   r 17 y              a receipt, matched to message 17
 *   e                   it has stopped in good order
 *
 * Its argument is a {@link Part} as JSON. SIGTERM: it stops.
 */
import { join } from 'node:path';
import { endWithParent } from '../support/child';
import { say } from '../support/say';

type Library = typeof import('../../src/index');
// eslint-disable-next-line @typescript-eslint/no-require-imports -- the compiled code: children start faster so
const { SmppClient } = require(join(__dirname, '..', '..', 'dist', 'src', 'index.js')) as Library;

export interface Part {
  /** The client's. */
  readonly options: Readonly<Record<string, unknown>>;
}

const part = JSON.parse(process.argv[2] ?? '') as Part;
const MAX_LABEL = 16;
const numberOf = (label: unknown): string => (typeof label === 'string' ? label.slice(1, MAX_LABEL) : '-');

endWithParent();

async function main(): Promise<void> {
  const client = new SmppClient({
    clientId: 'scale',
    systemId: 'scale',
    queueCapacity: 0,
    windowSize: 50,
    logLevel: 'silent',
    ...part.options,
  });
  client.on('request', ({ correlation_id, redelivered }) =>
    say(`s ${numberOf(correlation_id)} ${redelivered ? 'r' : 'n'}`),
  );
  client.on('receipt', ({ correlation_id, matched }) =>
    say(`r ${numberOf(correlation_id)} ${matched ? 'y' : 'n'}`),
  );
  process.once('SIGTERM', () => {
    void client.stop().then(() => say('e'));
  });
  await client.start();
  say('b');
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
  process.exit(1);
});
