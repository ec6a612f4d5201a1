/**
 * A client with a queue that outlives it, which lives to be killed. Tells by whole lines, written before it goes on:
 *
 *   a 17 18 19          these are acknowledged: they must arrive
 *   s 17 0 r            segment 0 of message 17 goes out, marked as redelivered (else n)
 *   r 4711 m17 y        a receipt for message_id 4711, matched to m17
 *   f 17 OUTCOME_UNKNOWN    message 17 failed
 *   x QUEUE_UNAVAILABLE     some could not be enqueued
 *   e                   nothing is left to be sent
 *
 * Its argument is a {@link Life} as JSON. SIGTERM: no new ones, and the end when nothing is left.
 */
import { join } from 'node:path';
import { endWithParent } from '../support/child';
import { say } from '../support/say';
import { pass } from '../support/until';

type Library = typeof import('../../src/index');
// The compiled code: hundreds of children start faster so.
// eslint-disable-next-line @typescript-eslint/no-require-imports
const { SmppClient } = require(join(__dirname, '..', '..', 'dist', 'src', 'index.js')) as Library;

type Client = InstanceType<Library['SmppClient']>;

/** What the child is to be and to do. */
export interface Life {
  /** Of the SMSC. */
  readonly port: number;
  /** The number of the first message. */
  readonly first: number;
  readonly sends: boolean;
  /** Milliseconds between two batches. */
  readonly pause: number;
  /** So many milliseconds nothing must have been queued: as long as leases of others may come back. */
  readonly idle: number;
  /** The client's. */
  readonly options: Readonly<Record<string, unknown>>;
}

const life = JSON.parse(process.argv[2] ?? '') as Life;
const BATCH = 20;
/** Every part of a long one has the number. */
const textOf = (number: number): string => `${number} `.repeat(number % 7 === 0 ? 60 : 1);

let sends = life.sends;
process.once('SIGTERM', () => (sends = false));

endWithParent();

async function main(): Promise<void> {
  const client = new SmppClient({
    port: life.port,
    systemId: 'torture',
    clientId: 'torture',
    queueCapacity: 0,
    windowSize: 20,
    reconnectMin: 0.02,
    reconnectMax: 0.1,
    logLevel: 'silent',
    ...life.options,
  });
  client.on('request', ({ correlation_id, segment, redelivered }) => {
    say(`s ${String(correlation_id).slice(1)} ${segment} ${redelivered ? 'r' : 'n'}`);
  });
  client.on('failure', ({ correlation_id, code }) => say(`f ${String(correlation_id).slice(1)} ${code}`));
  client.on('receipt', ({ message_id, correlation_id, matched }) => {
    say(`r ${message_id} ${correlation_id ?? '-'} ${matched ? 'y' : 'n'}`);
  });
  await client.start();
  for (let next = life.first; sends; next += BATCH) {
    const numbers = Array.from({ length: BATCH }, (_, at) => next + at);
    try {
      await client.enqueue(numbers.map(message));
      say(`a ${numbers.join(' ')}`);
    } catch (error) {
      // Whether they are in the queue nobody knows.
      say(`x ${(error as { code?: string }).code}`);
      await pass(50);
    }
    if (life.pause > 0) await pass(life.pause);
  }
  await drain(client);
}

const message = (number: number) => ({
  short_message: textOf(number),
  destination_addr: '447700900123',
  priority: number % 3 === 0 ? 1 : 2,
  correlation_id: `m${number}`,
});

async function drain(client: Client): Promise<void> {
  let emptySince: number | undefined;
  for (;;) {
    const now = performance.now();
    emptySince = (await isEmpty(client)) ? (emptySince ?? now) : undefined;
    if (emptySince !== undefined && now - emptySince >= life.idle) break;
    await pass(20);
  }
  // The last receipts.
  await pass(500);
  await client.stop();
  say('e');
}

async function isEmpty(client: Client): Promise<boolean> {
  try {
    const { queued, in_flight } = await client.status();
    return queued + in_flight === 0;
  } catch {
    // The broker is away.
    return false;
  }
}

main().catch((error: unknown) => {
  process.stderr.write(`${String(error)}\n`);
  process.exit(1);
});
