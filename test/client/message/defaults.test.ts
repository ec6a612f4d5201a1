import assert from 'node:assert/strict';
import { findProblems, type Message, type SmppClientOptions } from '../../../src/index';
import type { Pdu } from '../../../src/protocol';
import { Scenes, type SceneOptions } from '../setup';

const ENTITY = '1101234567890123456';
const TEMPLATE = '1107161234567890123';
const vendorTlvs = [{ tag: 0x1400, name: 'entity_id', type: 'string' }] as const;
const HI: Message = { short_message: 'Hi', destination_addr: '491511234567' };

describe('The defaults of a connection', () => {
  const scenes = new Scenes();
  afterEach(() => scenes.end());

  async function wire(message: Message, options: SceneOptions): Promise<Pdu & Record<string, unknown>> {
    const { client, peer } = await scenes.bound({}, options);
    await client.send(message);
    const [pdu] = (await peer.link()).received.filter(
      ({ command }) => command === (message.command ?? 'submit_sm'),
    );
    assert.ok(pdu);
    return pdu;
  }
  const hex = (pdu: Pdu, tag: string): string | undefined =>
    (pdu.tlvs[tag] as Buffer | undefined)?.toString('latin1');
  const problems = (defaults: object, options: object = {}): string[] =>
    findProblems({ defaults, ...options } as SmppClientOptions).map(
      ({ field, remedy }) => `${field}: ${remedy}`,
    );

  const INDIA = { defaults: { tlvs: { entity_id: ENTITY, '0x1401': TEMPLATE } }, vendorTlvs };

  it("are TLVs as well, by a vendor's name or a tag, with all digits", async () => {
    for (const defaults of [
      INDIA.defaults,
      { entity_id: ENTITY, '0x1401': TEMPLATE },
      { optional_tags_dict: { '0x1400': ENTITY, '0x1401': TEMPLATE } },
      JSON.stringify(INDIA.defaults),
    ]) {
      const pdu = await wire(HI, { ...INDIA, defaults });
      assert.deepEqual([hex(pdu, '0x1400'), hex(pdu, '0x1401')], [ENTITY, TEMPLATE]);
    }
  });

  it('go with every segment, and with each command that has a text', async () => {
    const { client, peer } = await scenes.bound({}, INDIA);
    await client.send({ ...HI, short_message: 'x'.repeat(200) });
    for (const command of ['data_sm', 'submit_multi'] as const) await client.send({ ...HI, command });
    const sent = (await peer.link()).received.filter(({ tlvs }) => tlvs['0x1400'] !== undefined);
    assert.deepEqual(
      sent.map(({ command }) => command),
      ['submit_sm', 'submit_sm', 'data_sm', 'submit_multi'],
    );
    const query = await wire(
      { command: 'query_sm', message_id: '1' },
      { defaults: { ...INDIA.defaults, destination_addr: '1234567' }, vendorTlvs },
    );
    assert.deepEqual([Object.keys(query.tlvs), query['message_id']], [[], '1']);
  });

  it('of the coding give way as a whole: a message never goes out in one and is called another', async () => {
    const told = async (message: Message, defaults: Message): Promise<unknown[]> => {
      const pdu = await wire({ ...HI, ...message }, { defaults });
      return [pdu['data_coding'], (pdu['short_message'] as Buffer).toString('hex')];
    };
    const [gsm, ucs2] = ['4869', '00480069'];
    assert.deepEqual(await told({}, { data_coding: 8 }), [8, ucs2]);
    assert.deepEqual(await told({ encoding: 'gsm0338' }, { data_coding: 8 }), [0, gsm]);
    assert.deepEqual(await told({ message_class: 0 }, { data_coding: 8 }), [0xf0, gsm]);
    assert.deepEqual(await told({ data_coding: 0 }, { encoding: 'ucs2' }), [0, gsm]);
    assert.deepEqual(await told({ data_coding: 3 }, { encoding: 'ucs2', message_class: 1 }), [3, gsm]);
    assert.deepEqual(await told({ encoding: 'gsm0338', data_coding: 8 }, { encoding: 'ucs2' }), [8, gsm]);
  });

  it("give way to the message's own, by whichever name or tag", async () => {
    for (const own of [
      { tlvs: { '0x1400': '7' } },
      { tlvs: { entity_id: '7' } },
      { entity_id: '7' },
      { optional_tags_dict: { '0X1400': '7' } },
    ]) {
      const pdu = await wire({ ...HI, ...own }, INDIA);
      assert.deepEqual([hex(pdu, '0x1400'), hex(pdu, '0x1401')], ['7', TEMPLATE], JSON.stringify(own));
    }
    const without = await wire({ ...HI, tlvs: { '0x1400': null } }, INDIA);
    assert.deepEqual([hex(without, '0x1400'), hex(without, '0x1401')], [undefined, TEMPLATE]);
  });

  it('are what a message may ask of us, too', async () => {
    const defaults = {
      encoding: 'ucs2',
      registered_delivery: 'none',
      metadata: { shop: 1 },
      service_type: 'CMT',
    };
    const { client, peer } = await scenes.bound({}, { defaults });
    const outcome = await client.send(HI);
    const { data_coding, registered_delivery, service_type } = peer.submits[0] as Pdu &
      Record<string, unknown>;
    assert.deepEqual(
      [data_coding, registered_delivery, service_type, outcome.metadata],
      [8, 0, 'CMT', { shop: 1 }],
    );
    await client.send({ ...HI, encoding: 'auto' });
    assert.equal((peer.submits[1] as Pdu & Record<string, unknown>).data_coding, 0);
  });

  it('are checked when they are configured, each with its name', () => {
    assert.deepEqual(problems(INDIA.defaults, { vendorTlvs }), []);
    assert.match(
      String(problems({ tlvs: { entity_id: ENTITY } })),
      /^defaults\.tlvs\.entity_id: there is no TLV/,
    );
    assert.match(
      String(problems('{"tlvs": {"0x1400": 1101234567890123456}}' as never)),
      /^defaults\.tlvs\.0x1400: .*give it as a text, in quotes/,
    );
    assert.match(String(problems({ tlvs: [1] })), /^defaults\.tlvs: give an object of TLVs/);
    assert.match(
      String(problems({ tlvs: { user_message_reference: 70_000 } })),
      /^defaults\.tlvs\.user_message_reference/,
    );
    assert.match(String(problems({ user_message_reference: 'x' })), /^defaults\.user_message_reference/);
    assert.match(
      String(problems({ sourceaddr: 'A' })),
      /^defaults\.sourceaddr: this is no field of submit_sm and no TLV/,
    );
    assert.match(String(problems({ protocol_id: 256 })), /^defaults\.protocol_id/);
    assert.match(
      String(problems({ source_addr: 'far too long a name' })),
      /^defaults\.source_addr: .*11 characters/,
    );
    for (const name of ['short_message', 'correlation_id', 'expires', 'sar_msg_ref_num', 'command'])
      assert.match(String(problems({ [name]: 1 })), new RegExp(`^defaults\\.${name}: `));
    assert.match(
      String(problems({ tlvs: { '0x0424': 'x' } })),
      /^defaults\.tlvs\.0x0424: each message has its own text/,
    );
    assert.match(
      String(problems({ priority: 7, unencodable: 'drop' })),
      /defaults\.priority: .*defaults\.unencodable: /,
    );
  });

  it('are withheld where the session has no TLVs', async () => {
    const pdu = await wire(HI, { ...INDIA, interfaceVersion: '3.3', bindType: 'transmitter' });
    assert.deepEqual(Object.keys(pdu.tlvs), []);
  });

  it('of a message that gives a long id as a number are not sent rounded', async () => {
    const { client } = await scenes.idle();
    const message = { ...HI, tlvs: { '0x1400': 1101234567890123456 } };
    await assert.rejects(client.enqueue(message), {
      code: 'INVALID_FIELD',
      field: '0x1400',
      message: /as a text, in quotes/,
    });
  });
});
