import assert from 'node:assert/strict';
import { SmppClient, type MessageEvent, type UssdEvent } from '../../src';
import { ask, startPeerServer, type PeerPdu, type PeerServer, type PeerSession } from '../support/node-smpp';
import { until } from '../support/until';

const PHONE = '447700900123';

describe('npm smpp, as a USSD gateway', () => {
  let server: PeerServer;
  let client: SmppClient;
  let gateway: PeerSession;
  let submits: PeerPdu[];
  let messages: MessageEvent[];
  let ended: UssdEvent[];

  beforeEach(async () => {
    submits = [];
    messages = [];
    ended = [];
    server = await startPeerServer((session) => {
      gateway = session;
      session.on('bind_transceiver', (pdu) => void session.send(pdu.response({ system_id: 'peer' })));
      session.on('submit_sm', (pdu) => {
        submits.push(pdu);
        session.send(pdu.response({ message_id: `peer-${submits.length}` }));
      });
      session.on('enquire_link', (pdu) => void session.send(pdu.response()));
      session.on('unbind', (pdu) => {
        session.send(pdu.response());
        session.close();
      });
    });
    client = new SmppClient({ port: server.port, systemId: 'us', logLevel: 'silent' });
    client.on('message', (event) => void messages.push(event));
    client.on('ussd', (event) => void ended.push(event));
    await client.start({ failFast: true });
  });
  afterEach(async () => {
    await client.stop();
    await server.stop();
  });

  const say = (short_message: string, tlvs: Record<string, unknown>): Promise<PeerPdu> =>
    ask(gateway, 'deliver_sm', {
      ...{ service_type: 'USSD', source_addr: PHONE, source_addr_ton: 1, source_addr_npi: 1 },
      ...{ destination_addr: '100', dest_addr_ton: 3, dest_addr_npi: 0, short_message },
      ...tlvs,
    });

  const textOf = ({ short_message: content }: PeerPdu): string => content?.message.toString() ?? '';

  it('opens a dialogue, goes on with it and sees it closed', async () => {
    const info = (end: number): object => ({ its_session_info: Buffer.from([0x12, 0x34 | end]) });
    assert.equal((await say('*100#', { ussd_service_op: 1, ...info(0) })).command_status, 0);
    await until(() => messages.length === 1, 'the code');
    const session_id = messages[0]?.session_id ?? '';
    await client.send({ session_id, short_message: '1 Balance' });
    await say('1', { ussd_service_op: 18, ...info(0) });
    await until(() => messages.length === 2, 'the answer');
    await client.send({ session_id, short_message: 'You have 5', session: 'close' });
    assert.deepEqual(
      messages.map(({ session, payload, session_id: id }) => [session, payload, id === session_id]),
      [
        ['new', '*100#', true],
        ['continue', '1', true],
      ],
    );
    assert.deepEqual(
      submits.map((pdu) => [
        textOf(pdu),
        pdu['service_type'],
        pdu['ussd_service_op'],
        (pdu['its_session_info'] as Buffer).toString('hex'),
        pdu['source_addr'],
        pdu['source_addr_ton'],
        pdu['destination_addr'],
        pdu['dest_addr_ton'],
        pdu['registered_delivery'],
      ]),
      [
        ['1 Balance', 'USSD', 2, '1234', '100', 3, PHONE, 1, 0],
        ['You have 5', 'USSD', 17, '1235', '100', 3, PHONE, 1, 0],
      ],
    );
  });

  it('names the dialogue by user_message_reference', async () => {
    await say('*100#', { ussd_service_op: 1, user_message_reference: 4711 });
    await until(() => messages.length === 1, 'the code');
    await client.send({ session_id: messages[0]?.session_id ?? '', short_message: 'Yes?' });
    assert.equal(submits[0]?.['user_message_reference'], 4711);
    assert.equal(submits[0]?.['its_session_info'], undefined);
  });

  it('tells that the phone has gone', async () => {
    await say('*100#', { ussd_service_op: 1 });
    await until(() => messages.length === 1, 'the code');
    await say('', { ussd_service_op: 129 });
    await until(() => ended.length === 1, 'the end');
    assert.deepEqual([ended[0]?.payload, ended[0]?.topic], ['abort', PHONE]);
  });

  it('shows a screen that the application sends of its own accord', async () => {
    const { session_id } = await client.send({
      session: 'new',
      source_addr: '100',
      destination_addr: PHONE,
      short_message: 'Happy?',
    });
    const [pdu] = submits;
    assert.deepEqual([pdu && textOf(pdu), pdu?.['ussd_service_op']], ['Happy?', 2]);
    const reference = pdu?.['user_message_reference'];
    assert.equal(typeof reference, 'number');
    await say('yes', { ussd_service_op: 18, user_message_reference: reference });
    await until(() => messages.length === 1, 'the answer');
    assert.deepEqual([messages[0]?.session, messages[0]?.session_id], ['continue', session_id]);
  });
});
