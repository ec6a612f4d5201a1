import { SmppClient, type Message, type SmppClientOptions, type SmppError } from '../../../src/index';
import type { SendOptions } from '../../../src/client';
import { say } from '../../support/say';

/**
 * An instance in a process of its own. Takes lines of JSON: `{start: true}`, `{send: message, options}`, `{enqueue: messages}`.
 * Says lines of JSON: what became of each, and what events told of messages.
 */
export interface Order {
  readonly start?: true;
  readonly send?: Message;
  readonly options?: SendOptions;
  readonly enqueue?: Message[];
}

const told = (what: object): void => say(JSON.stringify(what));
const client = new SmppClient(JSON.parse(process.argv[2] ?? '{}') as SmppClientOptions);
client.on('failure', ({ id, code, metadata }) => told({ failure: { id, code, metadata } }));
client.on('receipt', ({ id, state, matched }) => told({ receipt: { id, state, matched } }));

async function obey({ start, send, options, enqueue }: Order): Promise<void> {
  if (start) {
    await client.start();
    told({ started: true });
  }
  if (enqueue) told({ queued: await client.enqueue(enqueue) });
  if (send)
    client.send(send, options).then(
      (outcome) => told({ outcome }),
      (error: unknown) => {
        const { code, message } = error as SmppError;
        told({ error: { code, message } });
      },
    );
}

let rest = '';
process.stdin.setEncoding('utf8').on('data', (chunk: string) => {
  const lines = (rest + chunk).split('\n');
  rest = lines.pop() ?? '';
  for (const line of lines) void obey(JSON.parse(line) as Order);
});
