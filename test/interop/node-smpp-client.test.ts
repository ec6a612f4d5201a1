import assert from 'node:assert/strict';
import { Smsc } from '../../src/simulator';
import { ask, connectPeer, type PeerPdu, type PeerSession } from '../support/node-smpp';
import { identity, pem } from '../support/tls';
import { next } from '../simulator/setup';

describe('npm smpp, as a client of the simulator', () => {
  let smsc: Smsc;
  let client: PeerSession;

  beforeEach(async () => {
    smsc = new Smsc({ systemId: 'peer', password: 'secret', receiptDelay: 0 });
    await smsc.start();
    client = await connectPeer(smsc.port);
  });
  afterEach(async () => {
    client.destroy();
    await smsc.stop();
  });

  const bind = (password = 'secret'): Promise<PeerPdu> =>
    ask(client, 'bind_transceiver', { system_id: 'peer', password });
  const nextDeliver = (): Promise<PeerPdu> =>
    new Promise((resolve) => {
      client.on('deliver_sm', (pdu) => {
        client.send(pdu.response());
        resolve(pdu);
      });
    });

  it('binds, and learns the version', async () => {
    const response = await bind();
    assert.equal(response.command_status, 0);
    assert.equal(response.sc_interface_version, 0x50);
    assert.equal((await ask(client, 'enquire_link')).command, 'enquire_link_resp');
  });

  it('is refused with a wrong password', async () => {
    assert.equal((await bind('wrong')).command_status, 0x0e);
  });

  it('submits, and gets its receipt', async () => {
    await bind();
    const submit = next(smsc, 'submit');
    const deliver = nextDeliver();
    const response = await ask(client, 'submit_sm', {
      source_addr: 'sender',
      source_addr_ton: 5,
      destination_addr: '491510001',
      // By itself it would call the same GSM octets ASCII, data_coding 1.
      data_coding: 0,
      short_message: 'Grüße an die Welt: {[€]}',
      registered_delivery: 1,
    });
    assert.equal(response.command_status, 0);
    const { text, message_id } = await submit;
    assert.equal(text, 'Grüße an die Welt: {[€]}');
    assert.equal(response.message_id, message_id);
    const receipt = await deliver;
    assert.equal(receipt.esm_class, 4);
    assert.equal(receipt.receipted_message_id, message_id);
    assert.equal(receipt.message_state, 2);
    assert.match(
      String(receipt.short_message?.message),
      new RegExp(`^id:${message_id} sub:001 .* stat:DELIVRD `),
    );
    assert.deepEqual([receipt.source_addr, receipt.destination_addr], ['491510001', 'sender']);
  });

  it('submits UCS2 and a long message in parts', async () => {
    await bind();
    const whole = new Promise((resolve) =>
      smsc.on('submit', ({ text }) => text !== undefined && resolve(text)),
    );
    const parts = ['Привет, ', 'мир 🙂'];
    for (const [index, message] of parts.entries()) {
      const udh = Buffer.from([5, 0, 3, 42, parts.length, index + 1]);
      await ask(client, 'submit_sm', {
        destination_addr: '4915',
        data_coding: 8,
        short_message: { udh, message },
      });
    }
    assert.equal(await whole, 'Привет, мир 🙂');
  });

  it('gets a message from a mobile, in its characters', async () => {
    await bind();
    const deliver = nextDeliver();
    const [response] = await smsc.deliver({
      source_addr: '+491510001',
      destination_addr: '1234',
      text: 'Слово 🙂',
    });
    assert.equal(response?.command_status, 0);
    const pdu = await deliver;
    assert.equal(pdu.short_message?.message, 'Слово 🙂');
    assert.deepEqual([pdu.source_addr, pdu.source_addr_ton], ['491510001', 1]);
  });

  it('asks for the state of a message, and unbinds', async () => {
    await bind();
    const { message_id } = await ask(client, 'submit_sm', { source_addr: '1', destination_addr: '4915' });
    const state = await ask(client, 'query_sm', { message_id, source_addr: '1' });
    assert.deepEqual([state.command_status, state.message_state], [0, 2]);
    const unbound = next(smsc, 'unbind');
    assert.equal((await ask(client, 'unbind')).command, 'unbind_resp');
    await unbound;
  });
});

describe('npm smpp, as a client that speaks TLS', () => {
  it('binds to the simulator by its certificate', async () => {
    const smsc = new Smsc({
      tls: { ...identity(), ca: pem('ca.cert'), requestCert: true, rejectUnauthorized: true },
    });
    const { port } = await smsc.start();
    const client = await connectPeer(port, {
      ca: pem('ca.cert'),
      cert: pem('client.cert'),
      key: pem('client.key'),
    });
    const response = await ask(client, 'bind_transceiver', { system_id: 'peer', password: 'secret' });
    assert.equal(response.command_status, 0);
    client.destroy();
    await smsc.stop();
  });
});
