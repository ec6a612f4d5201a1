/**
 * A client that sends a message for each of some idempotency keys, all at once, until it is killed. Tells by whole lines:
 *
 *   s 17 5f… n          the message of key 17, with this id, goes out, marked as redelivered (r) or not (n)
 *   o 17 5f…            the outcome of key 17 is known, of the message with this id
 *   e                   all outcomes are known
 *
 * Its arguments are the client's options as JSON, and how many keys there are.
 */
import { SmppClient, type SmppClientOptions } from '../../src/index';
import { endWithParent } from '../support/child';
import { say } from '../support/say';

endWithParent();

async function main(): Promise<void> {
  const client = new SmppClient({
    ...{ windowSize: 10, logLevel: 'silent', idempotencyTtl: 3600 },
    ...(JSON.parse(process.argv[2] ?? '') as SmppClientOptions),
  });
  client.on('request', ({ correlation_id = '-', id = '-', redelivered }) =>
    say(`s ${correlation_id} ${id} ${redelivered ? 'r' : 'n'}`),
  );
  client.start().catch(() => undefined);
  const send = async (key: number): Promise<void> => {
    const message = {
      ...{ source_addr: 'Shop', destination_addr: '491511234567', short_message: `key ${key}` },
      ...{ idempotency_key: String(key), correlation_id: String(key) },
    };
    const { id } = await client.send(message);
    say(`o ${key} ${id}`);
  };
  await Promise.all(Array.from({ length: Number(process.argv[3]) }, (_, key) => send(key)));
  say('e');
  await client.stop();
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
  process.exit(1);
});
