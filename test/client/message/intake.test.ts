import assert from 'node:assert/strict';
import { DIRECT, QUEUED, type Message } from '../../../src/index';
import { decodePdu, encodePdu, type Pdu } from '../../../src/protocol';
import { Scenes, type SceneOptions } from '../setup';

const TO = { destination_addr: '491511234567' };
describe('Intake', () => {
  const scenes = new Scenes();
  afterEach(() => scenes.end());

  /** What a message is on the wire: its PDUs, as the queue holds them. */
  async function wire(
    message: Message,
    options: SceneOptions = {},
  ): Promise<(Pdu & Record<string, unknown>)[]> {
    const { client, peer } = await scenes.bound({}, options);
    await client.send(message);
    return (await peer.link()).received.filter(({ command }) => command === (message.command ?? 'submit_sm'));
  }

  it('refuses a batch for one bad message, names its place, and queues none of it', async () => {
    const { client } = await scenes.idle();
    const good = { ...TO, short_message: 'x' };
    for (const ask of [
      (all: Message[]) => client.enqueue(all),
      (all: Message[]) => client.sendBatch(all),
      (all: Message[]) => client.sendBatch(all, { completeWhen: 'queued' }),
    ]) {
      await assert.rejects(ask([good, good, { ...good, destination_addr: 'x!' }, good]), {
        code: 'INVALID_ADDRESS',
        index: 2,
      });
    }
    const query = { command: 'query_sm', message_id: '1' } as const;
    await assert.rejects(client.enqueue([good, query]), {
      code: 'UNKNOWN_COMMAND',
      index: 1,
      message: /does not pass the queue/,
    });
    const { queued, waiting } = await client.status();
    assert.deepEqual([queued, waiting], [0, 0]);
    assert.deepEqual(await client.enqueue([]), []);
  });

  it('labels messages of one batch by their places', async () => {
    const { client } = await scenes.bound();
    const good = { ...TO, short_message: 'x' };
    const results = await client.sendBatch([good, { ...good, correlation_id: 'mine' }], { msgid: 'flow' });
    const labels = results.map(
      (one) => one.status === 'fulfilled' && [one.value.correlation_id, one.value.msgid],
    );
    assert.deepEqual(labels, [
      ['flow.0', 'flow'],
      ['mine', 'flow'],
    ]);
    assert.equal((await client.send(good, { msgid: 'flow' })).correlation_id, 'flow');
  });

  it('fills in types of number, the receipt wish and the coding', async () => {
    const [pdu] = await wire({
      short_message: 'Hello',
      destination_addr: '+49 151 1234567',
      source_addr: 'Shop',
    });
    assert.ok(pdu);
    const {
      destination_addr,
      dest_addr_ton,
      dest_addr_npi,
      source_addr,
      source_addr_ton,
      registered_delivery,
      data_coding,
    } = pdu;
    assert.deepEqual(
      {
        destination_addr,
        dest_addr_ton,
        dest_addr_npi,
        source_addr,
        source_addr_ton,
        registered_delivery,
        data_coding,
      },
      {
        destination_addr: '491511234567',
        dest_addr_ton: 1,
        dest_addr_npi: 1,
        source_addr: 'Shop',
        source_addr_ton: 5,
        registered_delivery: 1,
        data_coding: 0,
      },
    );
  });

  it('takes numbers for addresses and texts, Buffers and {hex} for octets', async () => {
    const [number] = await wire({
      short_message: 42 as never,
      destination_addr: 491511234567,
      source_addr: 1234,
    });
    assert.deepEqual([number?.short_message, number?.source_addr], [Buffer.from('42'), '1234']);
    const octets = Buffer.from([0, 1, 255]);
    for (const short_message of [octets, { hex: '0001ff' }, JSON.parse(JSON.stringify(octets))]) {
      const [binary] = await wire({ ...TO, short_message: short_message as Buffer });
      assert.deepEqual([binary?.short_message, binary?.data_coding], [octets, 4]);
    }
  });

  it('sends an empty text', async () => {
    const [pdu] = await wire({ ...TO, short_message: '' });
    assert.deepEqual(pdu?.short_message, Buffer.alloc(0));
  });

  it('takes registered_delivery by name or octet, with acknowledgements', async () => {
    const octets: [Partial<Message>, number][] = [
      [{ registered_delivery: 'none' }, 0],
      [{ registered_delivery: 'failure' }, 2],
      [{ registered_delivery: 'success' }, 3],
      [{ registered_delivery: '17' }, 17],
      [{ intermediate_notification: true }, 0x11],
      [{ registered_delivery: 'none', sme_acknowledgement: 'both' }, 0x0c],
    ];
    for (const [fields, octet] of octets) {
      const [pdu] = await wire({ ...TO, short_message: 'x', ...fields });
      assert.equal(pdu?.registered_delivery, octet, JSON.stringify(fields));
    }
  });

  it("takes fields from the connection's defaults, each command those that it has", async () => {
    const options = {
      defaults: {
        service_type: 'CMT',
        source_addr: 'Shop',
        protocol_id: 3,
        registered_delivery: 0,
        validity_period: 3600,
      },
      sourceTon: 0,
      destinationNpi: '8',
    };
    const [submit] = await wire({ ...TO, short_message: 'x', protocol_id: 4 }, options);
    const { service_type, source_addr, source_addr_ton, protocol_id, registered_delivery, dest_addr_npi } =
      submit ?? {};
    assert.deepEqual(
      [service_type, source_addr, source_addr_ton, protocol_id, registered_delivery, dest_addr_npi],
      ['CMT', 'Shop', 0, 4, 0, 8],
    );
    assert.match(String(submit?.validity_period), /R$/);
    const [data] = await wire({ ...TO, short_message: 'x', command: 'data_sm' }, options);
    assert.deepEqual([data?.service_type, data?.source_addr], ['CMT', 'Shop']);
  });

  it('sends data_sm, submit_multi and broadcast_sm with their text where they have it', async () => {
    const [data] = await wire({ ...TO, short_message: 'Hello', command: 'data_sm' });
    assert.deepEqual(data?.tlvs.message_payload, Buffer.from('Hello'));
    const [multi] = await wire({
      short_message: 'x',
      command: 'submit_multi',
      destination_addr: ['+491511234567', 12345],
    });
    const given = multi?.dest_address as { destination_addr: string; dest_addr_ton: number }[];
    assert.deepEqual(
      given.map(({ destination_addr, dest_addr_ton }) => [destination_addr, dest_addr_ton]),
      [
        ['491511234567', 1],
        ['12345', 3],
      ],
    );
    const [broadcast] = await wire(
      {
        command: 'broadcast_sm',
        short_message: 'Hello',
        broadcast_area_identifier: { hex: '0001' },
        broadcast_content_type: { hex: '000001' },
        broadcast_rep_num: 1,
        broadcast_frequency_interval: { hex: '080001' },
      },
      { interfaceVersion: '5.0' },
    );
    assert.deepEqual(broadcast?.tlvs.message_payload, Buffer.from('Hello'));
  });

  it('sends vendor TLVs by their name, and any TLV by its tag', async () => {
    const options = { vendorTlvs: [{ tag: 0x1403, name: 'operator', type: 'string' }] as const };
    const [pdu] = await wire(
      { ...TO, short_message: 'x', operator: 'ABC', tlvs: { '0x1500': { hex: 'ff' } } },
      options,
    );
    assert.deepEqual([pdu?.tlvs['0x1403'], pdu?.tlvs['0x1500']], [Buffer.from('ABC'), Buffer.from([255])]);
  });

  it("takes a message that was decoded from a PDU, without its answer's fields", async () => {
    const decoded = decodePdu(
      encodePdu({ command: 'submit_sm', sequence_number: 9, ...TO, short_message: Buffer.from('x') }),
    );
    const [pdu] = await wire({ ...decoded } as Message);
    assert.deepEqual([pdu?.destination_addr, pdu?.short_message], ['491511234567', Buffer.from('x')]);
  });

  it('knows every command by its way', () => {
    assert.equal(new Set([...QUEUED, ...DIRECT]).size, 12);
  });
});
