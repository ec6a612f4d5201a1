import assert from 'node:assert/strict';
import { SmppClient } from '../../src';
import { Smsc } from '../../src/simulator';
import {
  ask,
  connectPeer,
  startPeerServer,
  type PeerPdu,
  type PeerServer,
  type PeerSession,
} from '../support/node-smpp';

const SOURCE = { source_addr: '112' };

describe('npm smpp, as a server of broadcasts', () => {
  let server: PeerServer;
  let client: SmppClient;
  const asked: PeerPdu[] = [];

  before(async () => {
    server = await startPeerServer((session) => serve(session));
    const { port } = server;
    client = new SmppClient({ port, systemId: 'us', interfaceVersion: '5.0', logLevel: 'silent' });
    await client.start({ failFast: true });
  });
  after(async () => {
    await client.stop();
    await server.stop();
  });

  function serve(session: PeerSession): void {
    const answer = (command: string, fields: Record<string, unknown>): void =>
      session.on(command, (pdu) => {
        asked.push(pdu);
        session.send(pdu.response(fields));
      });
    answer('bind_transceiver', { system_id: 'peer', sc_interface_version: 0x50 });
    answer('enquire_link', {});
    answer('broadcast_sm', {
      message_id: 'b1',
      broadcast_error_status: [0x0108],
      failed_broadcast_area_identifier: ['Atlantis'],
      congestion_state: 40,
    });
    answer('query_broadcast_sm', {
      message_id: 'b1',
      message_state: 1,
      broadcast_area_identifier: ['Lyon'],
      broadcast_area_success: 70,
      broadcast_end_time: new Date('2026-01-02T03:04:05Z'),
      user_message_reference: 9,
    });
    answer('cancel_broadcast_sm', {});
    session.on('unbind', (pdu) => {
      session.send(pdu.response());
      session.close();
    });
  }

  it('reads what we mean, and we what it answers', async () => {
    const outcome = await client.send({
      command: 'broadcast_sm',
      ...SOURCE,
      short_message: 'Flood',
      broadcast_area_identifier: ['Lyon', 'Atlantis'],
      broadcast_content_type: { network_type: 'gsm', content_type: 'emergency_broadcasts' },
      broadcast_rep_num: 3,
      broadcast_frequency_interval: '10 minutes',
      broadcast_message_class: 'class_1',
    });
    assert.equal(outcome.message_id, 'b1');
    const [failed] = outcome.failed_broadcast_area_identifier ?? [];
    assert.deepEqual(failed, {
      format: 'alias',
      alias: 'Atlantis',
      broadcast_error_status: 'ESME_RINVBCASTALIAS_NAME',
      broadcast_error_status_code: 0x0108,
    });
    assert.equal((await client.status()).sessions[0]?.congestion_state, 40);
    const alert = asked.at(-1);
    assert.deepEqual(alert?.broadcast_area_identifier, [
      { format: 0, data: 'Lyon' },
      { format: 0, data: 'Atlantis' },
    ]);
    assert.deepEqual(alert.broadcast_content_type, { network: 1, content_type: 1 });
    assert.deepEqual(alert.broadcast_frequency_interval, { unit: 9, interval: 10 });
    assert.deepEqual([alert.broadcast_rep_num, alert.broadcast_message_class], [3, 1]);
    assert.equal((alert.message_payload as { message: string }).message, 'Flood');
  });

  it('answers our query and our cancel', async () => {
    const named = { message_id: 'b1', ...SOURCE };
    const outcome: object = await client.send({ command: 'query_broadcast_sm', ...named });
    const { areas, state, broadcast_end_time } = outcome as Record<string, unknown>;
    assert.deepEqual(areas, [{ format: 'alias', alias: 'Lyon', success: 70 }]);
    assert.deepEqual([state, broadcast_end_time], ['ENROUTE', '2026-01-02T03:04:05.000Z']);
    assert.equal((await client.send({ command: 'cancel_broadcast_sm', ...named })).event, 'accepted');
    assert.equal(asked.at(-1)?.message_id, 'b1');
  });
});

describe('npm smpp, as a client that broadcasts by the simulator', () => {
  it('is told of the areas that are not reached, how far it is, and when it ends', async () => {
    const smsc = new Smsc({ receiptDelay: 60, rules: [{ type: 'bad-area', area: 'Atlantis' }] });
    const { port } = await smsc.start();
    const peer = (await connectPeer(port)) as PeerSession & Record<string, unknown>;
    try {
      await ask(peer, 'bind_transceiver', { system_id: 'a', interface_version: 0x50 });
      const call = (command: string, fields: object): Promise<PeerPdu> =>
        ask(peer, command as 'query_sm', { ...SOURCE, ...fields });
      const alert = await call('broadcast_sm', {
        message_payload: 'Flood',
        broadcast_area_identifier: ['Lyon', 'Atlantis'],
        broadcast_content_type: { network: 0, content_type: 1 },
        broadcast_rep_num: 1,
        broadcast_frequency_interval: { unit: 9, interval: 1 },
      });
      assert.equal(alert.command_status, 0);
      assert.deepEqual(alert.broadcast_error_status, [0x0108]);
      assert.deepEqual(alert.failed_broadcast_area_identifier, [{ format: 0, data: 'Atlantis' }]);
      const { message_id } = alert;
      const state = await call('query_broadcast_sm', { message_id });
      assert.deepEqual([state.message_state, state.broadcast_area_success], [1, 0]);
      assert.deepEqual(state.broadcast_area_identifier, [{ format: 0, data: 'Lyon' }]);
      assert.equal((await call('cancel_broadcast_sm', { message_id })).command_status, 0);
      assert.equal((await call('query_broadcast_sm', { message_id })).message_state, 4);
    } finally {
      peer.destroy();
      await smsc.stop();
    }
  });
});
