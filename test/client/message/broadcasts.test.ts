import assert from 'node:assert/strict';
import { SmppError, type Message } from '../../../src/index';
import type { Pdu } from '../../../src/protocol';
import { Scenes, type SceneOptions } from '../setup';

const ALERT = {
  command: 'broadcast_sm',
  short_message: 'Flood',
  source_addr: 'Shop',
  broadcast_area_identifier: 'Lyon',
  broadcast_content_type: 'emergency_broadcasts',
  broadcast_rep_num: 5,
  broadcast_frequency_interval: '10 minutes',
} as const satisfies Message;

describe('Broadcasts as messages', () => {
  const scenes = new Scenes();
  afterEach(() => scenes.end());

  async function wire(message: Message, options: SceneOptions = {}): Promise<Pdu & Record<string, unknown>> {
    const { client, peer } = await scenes.bound({}, { interfaceVersion: '5.0', ...options });
    await client.send(message);
    const [pdu] = (await peer.link()).requests(String(message.command));
    assert.ok(pdu);
    return pdu;
  }

  const refuses = async (message: Message, expected: object, options: SceneOptions = {}): Promise<void> => {
    const { client } = await scenes.idle({}, { interfaceVersion: '5.0', ...options });
    await assert.rejects(client.send(message), expected);
    assert.equal((await client.status()).queued, 0);
  };

  it('are said in words, and go out as the octets of the specification, the text in message_payload', async () => {
    const { tlvs } = await wire({
      ...ALERT,
      broadcast_area_identifier: [
        'Lyon',
        {
          format: 'polygon',
          points: [
            [45, 90],
            [46, 90],
            [46, 91],
          ],
        },
        { hex: '0041' },
        Buffer.from('\0B'),
      ],
      broadcast_content_type: { network_type: 'gsm', content_type: 'news_flashes' },
      broadcast_frequency_interval: { unit: 'hours', value: 1 },
      broadcast_message_class: 'class_1',
      broadcast_channel_indicator: 'extended',
      broadcast_service_group: 'north',
      user_message_reference: 7,
    });
    const areas = tlvs.broadcast_area_identifier as Buffer[];
    assert.equal(areas[1]?.subarray(0, 8).toString('hex'), '0253400000400000');
    assert.deepEqual(
      [areas[0], areas[2], areas[3]].map((octets) => String(octets)),
      ['\0Lyon', '\0A', '\0B'],
    );
    const { broadcast_content_type: type, broadcast_frequency_interval: interval } = tlvs;
    assert.deepEqual([type, interval], [Buffer.of(1, 0, 16), Buffer.of(10, 0, 1)]);
    assert.deepEqual([tlvs.broadcast_message_class, tlvs.broadcast_channel_indicator], [1, 1]);
    assert.equal(String(tlvs.broadcast_service_group), 'north');
    assert.equal(String(tlvs.message_payload), 'Flood');
    assert.deepEqual([tlvs.broadcast_rep_num, tlvs.user_message_reference], [5, 7]);
  });

  it('are said in the same words among the TLVs, and numbers may be texts', async () => {
    const { broadcast_area_identifier, broadcast_content_type, ...rest } = ALERT;
    const words = { broadcast_area_identifier, broadcast_content_type, broadcast_channel_indicator: '1' };
    const { tlvs } = await wire({ ...rest, broadcast_rep_num: '5', tlvs: words });
    assert.deepEqual(tlvs.broadcast_content_type, Buffer.of(0, 0, 1));
    assert.equal(String(tlvs.broadcast_area_identifier), '\0Lyon');
    assert.deepEqual([tlvs.broadcast_rep_num, tlvs.broadcast_channel_indicator], [5, 1]);
  });

  it('take octets that were written as a text, and areas as they were read', async () => {
    const unknown = { format: 'unknown', octets: Buffer.of(7, 1).toJSON() };
    const { tlvs } = await wire({
      ...ALERT,
      broadcast_area_identifier: ['\0Paris', unknown],
      broadcast_content_type: '\0\0\x33',
    });
    assert.deepEqual(tlvs.broadcast_area_identifier, [Buffer.from('\0Paris'), Buffer.of(7, 1)]);
    assert.deepEqual(tlvs.broadcast_content_type, Buffer.of(0, 0, 0x33));
  });

  it('without what they must have are refused before anything is queued', async () => {
    const names = [
      'broadcast_area_identifier',
      'broadcast_content_type',
      'broadcast_rep_num',
      'broadcast_frequency_interval',
    ];
    for (const name of names)
      await refuses(
        { ...ALERT, [name]: undefined },
        { code: 'MISSING_FIELD', field: name, message: new RegExp(`broadcast_sm needs ${name} .*; give `) },
      );
  });

  it('with what cannot be are refused, with what may be given', async () => {
    const wrong = async (fields: object, field: string, message: RegExp): Promise<void> =>
      refuses({ ...ALERT, ...fields }, { code: 'INVALID_FIELD', field, message });
    await wrong({ broadcast_area_identifier: { format: 'circle' } }, 'broadcast_area_identifier', /polygon/);
    await wrong({ broadcast_content_type: 'wether' }, 'broadcast_content_type', /did you mean "weather"/);
    await wrong({ broadcast_frequency_interval: 'often' }, 'broadcast_frequency_interval', /10 minutes/);
    await wrong({ broadcast_message_class: 'flash' }, 'broadcast_message_class', /none, class_1/);
    await wrong({ broadcast_rep_num: 70000 }, 'broadcast_rep_num', /0 to 65535/);
    await wrong({ broadcast_end_time: 'soon' }, 'broadcast_end_time', /no time/);
    await refuses({ ...ALERT, registered_delivery: 1 }, { code: 'UNKNOWN_FIELD' });
    const twice = { message_id: 'a', user_message_reference: 7, replace_if_present_flag: 1 };
    await wrong(twice, 'user_message_reference', /give one of them/);
  });

  it('have no receipt to wait for', async () => {
    const { client } = await scenes.bound({}, { interfaceVersion: '5.0' });
    await assert.rejects(client.send(ALERT, { completeWhen: 'delivered' }), {
      code: 'INVALID_FIELD',
      field: 'completeWhen',
      message: /broadcast_sm has no receipts.*complete when accepted/,
    });
  });

  it('are queries that name one, and cancels that name one or all of a kind', async () => {
    const query: Message = { command: 'query_broadcast_sm' };
    const cancel: Message = { command: 'cancel_broadcast_sm' };
    await refuses(query, { code: 'MISSING_FIELD', field: 'message_id', message: /user_message_reference$/ });
    await refuses(cancel, { code: 'MISSING_FIELD', message: /or service_type, broadcast_content_type/ });
    await refuses({ ...query, message_id: 'a', user_message_reference: 1 }, { code: 'INVALID_FIELD' });
    const named = await wire({ ...query, user_message_reference: 1, source_addr: 'Shop' });
    assert.deepEqual([named['message_id'], named.tlvs.user_message_reference], ['', 1]);
    const ofKind = await wire({ ...cancel, broadcast_content_type: 'weather', service_type: 'CBS' });
    assert.deepEqual(ofKind.tlvs.broadcast_content_type, Buffer.of(0, 0, 0x33));
  });

  it('belong to 5.0: an older connection takes none', async () => {
    const { source_addr } = ALERT;
    for (const interfaceVersion of ['3.3', '3.4'] as const) {
      const options: SceneOptions = { interfaceVersion, bindType: 'transmitter' };
      const all: Message[] = [
        ALERT,
        { command: 'query_broadcast_sm', message_id: 'a', source_addr },
        { command: 'cancel_broadcast_sm', message_id: 'a', source_addr },
      ];
      for (const message of all)
        await refuses(
          message,
          {
            code: 'NOT_SUPPORTED',
            message: new RegExp(`${message.command} .*5\\.0.*binds as ${interfaceVersion}.*interfaceVersion`),
          },
          options,
        );
    }
  });

  it('are not sent to an SMSC that said an older version', async () => {
    const script = { bind_transceiver: () => ({ tlvs: { sc_interface_version: 0x34 } }) };
    const { client, peer, told } = await scenes.bound(script, { interfaceVersion: '5.0' });
    const failed = await client.send(ALERT).catch((error: unknown) => error);
    assert.ok(failed instanceof SmppError);
    assert.equal(failed.code, 'NOT_SUPPORTED');
    assert.match(failed.message, /does not know broadcast_sm.*sc_interface_version is 3\.4/);
    assert.equal(told('failure')[0]?.code, 'NOT_SUPPORTED');
    const query: Message = { command: 'query_broadcast_sm', message_id: 'a', source_addr: 'Shop' };
    await assert.rejects(client.send(query), { code: 'NOT_SUPPORTED' });
    const link = await peer.link();
    assert.deepEqual([...link.requests('broadcast_sm'), ...link.requests('query_broadcast_sm')], []);
  });

  it('go to an SMSC that said no version, unless it is assumed to take no TLVs', async () => {
    const script = { bind_transceiver: () => ({}) };
    const silent = await scenes.bound(script, { interfaceVersion: '5.0' });
    assert.equal((await silent.client.send(ALERT)).event, 'accepted');
    const careful = await scenes.bound(script, { interfaceVersion: '5.0', assumeTlvs: false });
    await assert.rejects(careful.client.send(ALERT), { code: 'NOT_SUPPORTED', message: /said no version/ });
  });
});
