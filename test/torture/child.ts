/**
 * A client on a disk queue that lives to be killed. Tells by whole lines, written before it goes on:
 *
 *   a 17 18 19          these are acknowledged: they must arrive
 *   s 17 0 r            segment 0 of message 17 goes out, marked as redelivered (else n)
 *   r 4711 m17 y        a receipt for message_id 4711, matched to m17
 *   f 17 OUTCOME_UNKNOWN    message 17 failed
 *   e                   nothing is left to be sent
 *
 * Its last argument is the `delivery`.
 */
import { join } from 'node:path';
import { say } from '../support/say';

type Library = typeof import('../../src/index');
// The compiled code: hundreds of children start faster so.
// eslint-disable-next-line @typescript-eslint/no-require-imports
const { SmppClient } = require(join(__dirname, '..', '..', 'dist', 'src', 'index.js')) as Library;

const [port, queueDirectory, first, mode, delivery = 'at-least-once'] = process.argv.slice(2);
const BATCH = 20;
/** Every part of a long one has the number. */
const textOf = (number: number): string => `${number} `.repeat(number % 7 === 0 ? 60 : 1);

async function main(): Promise<void> {
  const client = new SmppClient({
    port: Number(port),
    systemId: 'torture',
    queue: 'disk',
    queueDirectory: queueDirectory ?? '',
    clientId: 'torture',
    queueCapacity: 0,
    windowSize: 20,
    delivery,
    reconnectMin: 0.02,
    reconnectMax: 0.1,
    logLevel: 'silent',
  });
  client.on('request', ({ correlation_id, segment, redelivered }) => {
    say(`s ${String(correlation_id).slice(1)} ${segment} ${redelivered ? 'r' : 'n'}`);
  });
  client.on('failure', ({ correlation_id, code }) => say(`f ${String(correlation_id).slice(1)} ${code}`));
  client.on('receipt', ({ message_id, correlation_id, matched }) => {
    say(`r ${message_id} ${correlation_id ?? '-'} ${matched ? 'y' : 'n'}`);
  });
  await client.start();
  if (mode === 'drain') return drain(client);
  for (let next = Number(first); ; next += BATCH) {
    const numbers = Array.from({ length: BATCH }, (_, at) => next + at);
    await client.enqueue(
      numbers.map((number) => ({
        short_message: textOf(number),
        destination_addr: '447700900123',
        priority: number % 3 === 0 ? 1 : 2,
        correlation_id: `m${number}`,
      })),
    );
    say(`a ${numbers.join(' ')}`);
  }
}

async function drain(client: InstanceType<Library['SmppClient']>): Promise<void> {
  for (;;) {
    const { queued, in_flight } = await client.status();
    if (queued + in_flight === 0) break;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  // The last receipts.
  await new Promise((resolve) => setTimeout(resolve, 500));
  await client.stop();
  say('e');
}

main().catch((error: unknown) => {
  process.stderr.write(`${String(error)}\n`);
  process.exitCode = 1;
});
