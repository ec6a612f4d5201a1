/** Clients that others have written, and that of this package, at a server of this package. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { SmppClient } from '../../src';
import type { SubmittedMessage } from '../../src/server';
import { ask, connectPeer, type PeerPdu, type PeerSession } from '../support/node-smpp';
import { needs } from '../support/skip';
import { until } from '../support/until';
import { Scene } from '../server/setup';

const run = promisify(execFile);

/** A server with a password, that sends a receipt of what it takes, and greets who binds to receive. */
async function house(scene: Scene, heard: SubmittedMessage[]) {
  let count = 0;
  const server = await scene.server({
    authenticate: async ({ password }) => (
      await Promise.resolve(),
      password === 'secret' || 'ESME_RINVPASWD'
    ),
    submit: (message, session) => {
      heard.push(message);
      const message_id = `m${++count}`;
      const { source_addr, destination_addr } = message;
      const receipt = { message_id, source_addr: destination_addr, destination_addr: source_addr };
      // Behind the answer.
      if (message.wantsReceipt)
        setImmediate(() => void session.deliverReceipt(receipt).then(greet, () => undefined));
      const greet = (): unknown =>
        session.deliver({ source_addr: destination_addr, destination_addr: source_addr, text: 'Thank you' });
      return { message_id };
    },
  });
  return server;
}

describe('A server, to npm smpp as its client,', () => {
  let scene: Scene;
  let client: PeerSession;
  let heard: SubmittedMessage[];

  beforeEach(() => {
    scene = new Scene();
    heard = [];
  });
  afterEach(async () => {
    client.destroy();
    await scene.close();
  });

  const bound = async (password: string): Promise<PeerPdu> => {
    const server = await house(scene, heard);
    client = await connectPeer(server.port);
    return ask(client, 'bind_transceiver', { system_id: 'npm', password });
  };

  it('refuses a wrong password', async () => {
    assert.equal((await bound('wrong')).command_status, 0x0e);
  });

  it('takes a message, and sends its receipt and a message', async () => {
    assert.equal((await bound('secret')).command_status, 0);
    const delivered: PeerPdu[] = [];
    client.on('deliver_sm', (pdu) => {
      client.send(pdu.response());
      delivered.push(pdu);
    });
    const response = await ask(client, 'submit_sm', {
      source_addr: 'Shop',
      destination_addr: '447700900123',
      data_coding: 8,
      short_message: 'Слово 🙂',
      registered_delivery: 1,
    });
    assert.deepEqual([response.command_status, response['message_id']], [0, 'm1']);
    assert.equal(heard[0]?.text, 'Слово 🙂');
    await until(() => delivered.length === 2, 'receipt and message');
    const [receipt, message] = delivered;
    assert.deepEqual([receipt?.['receipted_message_id'], receipt?.['message_state']], ['m1', 2]);
    assert.equal(message?.short_message?.message, 'Thank you');
    assert.equal((await ask(client, 'enquire_link')).command, 'enquire_link_resp');
    assert.equal((await ask(client, 'unbind')).command, 'unbind_resp');
  });
});

describe('A server, to Net::SMPP as its client,', () => {
  let perl: string;
  const scene = new Scene();
  before(function () {
    perl = needs(this, 'net-smpp');
  });
  after(() => scene.close());

  async function told(password: string, heard: SubmittedMessage[]): Promise<Record<string, unknown>[]> {
    const { port } = await house(scene, heard);
    const { stdout } = await run(perl, [join(__dirname, 'net-smpp-client.pl'), String(port), password]);
    return stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
  }

  it('refuses a wrong password', async () => {
    assert.equal((await told('wrong', []))[0]?.['bind'], 0x0e);
  });

  it('takes a message, sends its receipt and a message, answers enquire_link and unbind', async () => {
    const heard: SubmittedMessage[] = [];
    const lines = await told('secret', heard);
    assert.equal(heard[0]?.text, 'Hello from Perl');
    const [bind, submit, receipt, message, enquired, unbound] = lines;
    assert.deepEqual(bind, { bind: 0, system_id: 'smpp' });
    assert.deepEqual(submit, { submit: 0, message_id: 'm1' });
    assert.match(String(receipt?.['deliver']), /^id:m1 sub:001 dlvrd:001 .* stat:DELIVRD err:000/);
    assert.equal(receipt?.['esm_class'], 4);
    assert.equal(message?.['deliver'], 'Thank you');
    assert.deepEqual([enquired, unbound], [{ enquire_link: 0 }, { unbind: 0 }]);
  });
});

describe('A server, to the client of this package,', () => {
  it('takes a long message, and its receipts are matched', async () => {
    const scene = new Scene();
    const heard: SubmittedMessage[] = [];
    const { port } = await house(scene, heard);
    const client = new SmppClient({ port, systemId: 'own', password: 'secret', logLevel: 'silent' });
    const texts: unknown[] = [];
    client.on('message', ({ payload }) => texts.push(payload));
    await client.start({ failFast: true });
    const text = 'A long message. '.repeat(20).trim();
    const outcome = await client.send(
      {
        short_message: text,
        destination_addr: '447700900123',
        source_addr: 'Shop',
        registered_delivery: 'final',
      },
      { completeWhen: 'delivered' },
    );
    assert.equal(outcome.event, 'delivered');
    assert.deepEqual(
      outcome.message_ids,
      heard.map((_, at) => `m${at + 1}`),
    );
    assert.equal(heard.at(-1)?.text, text);
    await until(() => texts.length === heard.length, 'the messages');
    await client.stop();
    await scene.close();
  });
});
