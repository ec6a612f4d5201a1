import assert from 'node:assert/strict';
import type { Message } from '../../../src/index';
import { until } from '../../support/until';
import { HELLO, Scenes, type Scene } from '../setup';

const OLD = { interfaceVersion: '3.3', bindType: 'pair' } as const;
/** 3.3 section 6.2: a message_id is 8 hexadecimal digits; SMSCs write it as a decimal number in receipts. */
const HEX = '0a0b0c0d';
const DECIMAL = '168496141';
const NAMED = { message_id: HEX, source_addr: '1234' } as const;

describe('A peer of SMPP 3.3', () => {
  const scenes = new Scenes();
  afterEach(() => scenes.end());

  const bound = (script: object = {}): Promise<Scene> =>
    scenes.bound({ submit_sm: () => ({ message_id: HEX }), ...script }, OLD);
  const requests = ({ peer }: Scene, command: string) => peer.links.flatMap((link) => link.requests(command));

  it('is bound as a pair, with its version', async () => {
    const scene = await bound();
    for (const command of ['bind_transmitter', 'bind_receiver']) {
      await until(() => requests(scene, command).length > 0, command);
      const [bind] = requests(scene, command);
      assert.equal(bind?.['interface_version'], 0x33, command);
    }
    await assert.rejects(scenes.idle({}, { interfaceVersion: '3.3' }), { code: 'INVALID_CONFIG' });
  });

  it('gives ids of 8 hexadecimal digits, and their receipts name them in decimal', async () => {
    const { client, peer, told } = await bound();
    const { id, message_id } = await client.send(HELLO);
    assert.equal(message_id, HEX);
    for (const link of peer.links) if (link.requests('bind_receiver').length > 0) link.receipt(DECIMAL);
    await until(() => told('receipt').length > 0);
    const [receipt] = told('receipt');
    assert.deepEqual([receipt?.matched, receipt?.id, receipt?.state], [true, id, 'DELIVRD']);
  });

  it('gets submit_sm without TLVs, long ones in parts by user data headers', async () => {
    const scene = await bound();
    const { client } = scene;
    await client.send({ ...HELLO, user_message_reference: 7 });
    await client.send({ ...HELLO, short_message: 'x'.repeat(200) });
    const submits = requests(scene, 'submit_sm');
    assert.equal(submits.length, 3);
    for (const { tlvs } of submits) assert.deepEqual({ ...tlvs }, {});
    assert.deepEqual(
      submits.map((pdu) => pdu['esm_class']),
      [0, 0x40, 0x40],
    );
  });

  it('is not sent a text, parts or a USSD reply that only TLVs can carry', async () => {
    const { client, ...scene } = await bound();
    const wrong: Message[] = [
      { ...HELLO, long_messages: 'sar', short_message: 'x'.repeat(200) },
      { ...HELLO, long_messages: 'payload-always' },
      { ...HELLO, ussd_service_op: 17 },
    ];
    for (const message of wrong) {
      const error = { code: 'NO_TLVS', message: /takes no optional parameters \(SMPP 3\.3\)/ };
      await assert.rejects(client.send(message), error);
    }
    const replace: Message = { command: 'replace_sm', ...NAMED, message_payload: 'x' };
    await assert.rejects(client.send(replace), { code: 'NO_TLVS', message: /give it as short_message/ });
    for (const command of ['submit_sm', 'replace_sm'])
      assert.deepEqual(requests({ client, ...scene }, command), []);
  });

  it('gets submit_multi, query_sm, cancel_sm and replace_sm', async () => {
    const scene = await bound({
      submit_multi: () => ({ message_id: HEX }),
      query_sm: () => ({ message_id: HEX, message_state: 2 }),
    });
    const to = { destination_addr: '491511234567' };
    const all: Message[] = [
      { ...HELLO, command: 'submit_multi', destination_addr: ['491511234567', '491511234568'] },
      { command: 'query_sm', ...NAMED },
      { command: 'cancel_sm', ...NAMED, ...to },
      { command: 'replace_sm', ...NAMED, short_message: 'Better' },
    ];
    for (const message of all) {
      assert.equal((await scene.client.send(message)).event, 'accepted', message.command);
      const [pdu] = requests(scene, String(message.command));
      assert.deepEqual({ ...pdu?.tlvs }, {}, message.command);
    }
  });

  it('gets the commands that only 3.3 has', async () => {
    const scene = await bound({ query_last_msgs: () => ({ message_ids: [HEX] }) });
    const query: Message = { command: 'query_last_msgs', source_addr: '1234', number_of_messages: 1 };
    const outcome: object & { message_ids?: unknown } = await scene.client.send(query);
    assert.equal(requests(scene, 'query_last_msgs').length, 1);
    assert.ok(Array.isArray(outcome.message_ids));
  });

  it('is not sent commands of 3.4 and 5.0', async () => {
    const scene = await bound();
    const newer: Message[] = [
      { ...HELLO, command: 'data_sm' },
      { command: 'query_broadcast_sm', ...NAMED },
      { command: 'cancel_broadcast_sm', ...NAMED },
      {
        command: 'broadcast_sm',
        short_message: 'x',
        broadcast_area_identifier: 'Lyon',
        broadcast_content_type: 'index',
        broadcast_rep_num: 1,
        broadcast_frequency_interval: '1 hour',
      },
    ];
    for (const message of newer) {
      const expected = { code: 'NOT_SUPPORTED', message: /binds as 3\.3 \(interfaceVersion\)/ };
      await assert.rejects(scene.client.send(message), expected);
      assert.deepEqual(requests(scene, String(message.command)), []);
    }
  });

  it('that was taken for one of 3.4 is found out by its answer to the bind', async () => {
    const script = { bind_transceiver: () => ({ tlvs: { sc_interface_version: 0x33 } }) };
    const scene = await scenes.bound(script);
    const data: Message = { ...HELLO, command: 'data_sm' };
    await assert.rejects(scene.client.send(data), {
      code: 'NOT_SUPPORTED',
      message: /does not know data_sm, a command of SMPP 3\.4: its sc_interface_version is 3\.3/,
    });
    await scene.client.send({ ...HELLO, user_message_reference: 7 });
    const [submit] = requests(scene, 'submit_sm');
    assert.deepEqual({ ...submit?.tlvs }, {});
  });
});
