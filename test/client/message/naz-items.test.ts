import assert from 'node:assert/strict';
import type { Message, Outcome } from '../../../src/index';
import type { Pdu } from '../../../src/protocol';
import { Scenes } from '../setup';

describe('A queue item of naz', () => {
  const scenes = new Scenes();
  afterEach(() => scenes.end());

  /** As `SubmitSM.to_json()` writes it, with every optional field. */
  const ITEM = {
    version: 1,
    smpp_command: 'submit_sm',
    short_message: 'Hello, thanks for your order',
    source_addr: '254722111111',
    destination_addr: '254722999999',
    log_id: 'order-7',
    hook_metadata: '{"customer": 7}',
    service_type: 'CMT',
    source_addr_ton: 1,
    source_addr_npi: 1,
    dest_addr_ton: 1,
    dest_addr_npi: 1,
    esm_class: 3,
    protocol_id: 0,
    priority_flag: 0,
    schedule_delivery_time: '',
    validity_period: '',
    registered_delivery: 1,
    replace_if_present_flag: 0,
    sm_default_msg_id: 0,
    encoding: 'gsm0338',
    errors: 'strict',
    user_message_reference: null,
    source_port: null,
    source_addr_subunit: null,
    destination_port: null,
    dest_addr_subunit: null,
    sar_msg_ref_num: null,
    sar_total_segments: null,
    sar_segment_seqnum: null,
    more_messages_to_send: null,
    payload_type: null,
    message_payload: null,
    privacy_indicator: null,
    callback_num: null,
    callback_num_pres_ind: null,
    callback_num_atag: null,
    source_subaddress: null,
    dest_subaddress: null,
    user_response_code: null,
    display_time: null,
    sms_signal: null,
    ms_validity: null,
    ms_msg_wait_facilities: null,
    number_of_messages: null,
    alert_on_message_delivery: false,
    language_indicator: null,
    its_reply_type: null,
    its_session_info: null,
    ussd_service_op: null,
  };

  async function sent(fields: object): Promise<{ pdu: Pdu & Record<string, unknown>; outcome: Outcome }> {
    const { client, peer } = await scenes.bound();
    const outcome = await client.send({ ...ITEM, ...fields } as unknown as Message);
    return { pdu: peer.submits[0] as Pdu & Record<string, unknown>, outcome };
  }

  it('is sent as it is', async () => {
    const { pdu, outcome } = await sent({});
    assert.deepEqual([outcome.correlation_id, outcome.metadata], ['order-7', '{"customer": 7}']);
    const {
      service_type,
      source_addr,
      destination_addr,
      source_addr_ton,
      esm_class,
      registered_delivery,
      data_coding,
    } = pdu;
    assert.deepEqual(
      [
        service_type,
        source_addr,
        destination_addr,
        source_addr_ton,
        esm_class,
        registered_delivery,
        data_coding,
      ],
      ['CMT', '254722111111', '254722999999', 1, 3, 1, 0],
    );
    assert.deepEqual([pdu.short_message, Object.keys(pdu.tlvs)], [Buffer.from(ITEM.short_message), []]);
  });

  it('keeps its TLVs, which stand beside the fields, zeros and texts too', async () => {
    const { pdu } = await sent({
      user_message_reference: 0,
      payload_type: 0,
      callback_num: '\x01\x01\x01254722',
      ussd_service_op: '2',
      its_session_info: 'ab',
      alert_on_message_delivery: true,
    });
    assert.deepEqual(
      { ...pdu.tlvs },
      {
        user_message_reference: 0,
        payload_type: 0,
        callback_num: Buffer.from('\x01\x01\x01254722'),
        ussd_service_op: 2,
        its_session_info: Buffer.from('ab'),
        alert_on_message_delivery: 0,
      },
    );
  });

  it('with message_payload and an empty short_message sends that, in its encoding', async () => {
    const { pdu } = await sent({ short_message: '', message_payload: 'é'.repeat(200), encoding: 'ucs2' });
    assert.deepEqual(pdu.short_message, Buffer.alloc(0));
    assert.equal((pdu.tlvs.message_payload as Buffer).length, 400);
  });

  for (const encoding of [
    'gsm0338',
    'ascii',
    'latin_1',
    'iso2022_jp',
    'iso8859_5',
    'iso8859_8',
    'utf_16_be',
    'ucs2',
    'shift_jis',
    'euc_kr',
  ]) {
    it(`may be in ${encoding}`, async () => {
      const { pdu } = await sent({ encoding, short_message: 'abc' });
      assert.ok((pdu.short_message as Buffer).length >= 3);
    });
  }

  it('with errors "replace" or "ignore" goes out although it has what its coding lacks', async () => {
    for (const errors of ['replace', 'ignore']) {
      const { pdu } = await sent({ errors, short_message: 'a日b' });
      assert.equal(pdu.data_coding, 0);
    }
  });

  it('of its first versions calls the command smpp_event', async () => {
    const { client, peer } = await scenes.bound();
    const { version: _version, smpp_command: smpp_event, log_id: correlation_id, ...fields } = ITEM;
    const outcome = await client.send({ ...fields, smpp_event, correlation_id } as unknown as Message);
    assert.deepEqual([outcome.correlation_id, peer.submits.length], ['order-7', 1]);
  });

  for (const smpp_command of ['enquire_link_resp', 'deliver_sm_resp', 'enquire_link', 'bind_transceiver'])
    it(`that is an answer or an order to a session is refused: ${smpp_command}`, async () => {
      const { client, peer } = await scenes.bound({}, { payloadFormat: 'naz' });
      const item = {
        version: 1,
        smpp_command,
        log_id: 'x',
        sequence_number: 7,
        message_id: '',
        hook_metadata: '',
      };
      for (const given of [item, JSON.stringify(item)])
        await assert.rejects(client.send(given), {
          code: 'UNKNOWN_COMMAND',
          field: 'command',
          message: /belongs to the session/,
        });
      assert.equal(peer.submits.length, 0);
    });

  it('as JSON text is one with payloadFormat naz, in whatever takes messages', async () => {
    const { client, peer, told } = await scenes.bound({}, { payloadFormat: 'naz' });
    const text = JSON.stringify(ITEM);
    const outcome = await client.send(` ${text}\n`);
    assert.deepEqual([outcome.correlation_id, outcome.metadata], ['order-7', '{"customer": 7}']);
    assert.equal((await client.sendBatch([text, ITEM as unknown as Message])).length, 2);
    await client.enqueue(text);
    await client.enqueue([text]);
    await peer.untilSubmits(5);
    assert.ok(told('request').every((event) => event.correlation_id === 'order-7'));
  });

  it('as JSON text is refused without, and so are texts that are no items', async () => {
    const fields = await scenes.bound();
    const naz = await scenes.bound({}, { payloadFormat: 'naz' });
    const refused: [typeof naz, string][] = [
      [fields, JSON.stringify(ITEM)],
      ...[
        'Hello',
        '{"smpp_command": ',
        '{"short_message": "x"}',
        JSON.stringify([ITEM]),
        '"smpp_command"',
      ].map((text): [typeof naz, string] => [naz, text]),
    ];
    for (const [{ client, peer }, text] of refused) {
      await assert.rejects(client.send(text), { code: 'INVALID_FIELD', field: 'payload' }, text);
      assert.equal(peer.submits.length, 0);
    }
  });

  it('as JSON text is checked like any other message', async () => {
    const { client } = await scenes.bound({}, { payloadFormat: 'naz' });
    for (const [fields, code, field] of [
      [{ version: 2 }, 'INVALID_FIELD', 'version'],
      [{ shrt: 1 }, 'UNKNOWN_FIELD', 'shrt'],
      [{ destination_addr: '' }, 'MISSING_DESTINATION', 'destination_addr'],
    ] as const)
      await assert.rejects(client.send(JSON.stringify({ ...ITEM, ...fields })), { code, field });
  });
});
