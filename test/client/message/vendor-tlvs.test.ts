import assert from 'node:assert/strict';
import type { Message } from '../../../src/index';
import { TlvTable, encodePdu, explain, type PduInput, type VendorTlv } from '../../../src/protocol';
import { Scenes, type SceneOptions } from '../setup';

const TO = { source_addr: '1234', destination_addr: '919812345678', short_message: 'x' };
/** As carriers define them: see docs/binary-messages.md. */
const DLT: readonly VendorTlv[] = [
  { tag: '0x1400', name: 'pe_id', type: 'string', min: 19, max: 19 },
  { tag: '0x1401', name: 'template_id', type: 'string', min: 19, max: 19 },
];
const EVERY: readonly VendorTlv[] = [
  { tag: '0x1500', name: 'one', type: 'int8' },
  { tag: '0x1501', name: 'two', type: 'int16' },
  { tag: '0x1502', name: 'four', type: 'int32' },
  { tag: '0x1503', name: 'ended', type: 'cstring', max: 3 },
  { tag: '0x1504', name: 'open', type: 'string', multiple: true },
  { tag: '0x1505', name: 'raw', type: 'octets', max: 2 },
];
const PE = '1101234567890123456';
const TEMPLATE = '1107161234567890123';

describe('TLVs of vendors', () => {
  const scenes = new Scenes();
  afterEach(() => scenes.end());

  async function sent(message: Message, options: SceneOptions): Promise<Record<string, unknown>> {
    const { client, peer } = await scenes.bound({}, options);
    await client.send(message);
    // The SMSC of the test knows none of them.
    return peer.submits[0]?.tlvs as Record<string, unknown>;
  }

  async function refusal(message: Message, options: SceneOptions): Promise<Record<string, unknown>> {
    const { client } = await scenes.idle({}, options);
    const error: unknown = await client.enqueue(message).then(
      () => assert.fail('it was taken'),
      (reason: unknown) => reason,
    );
    const { code, field, message: text } = error as Record<string, unknown>;
    return { code, field, text };
  }

  it('go by name, in their type, from the message and from the defaults', async () => {
    const options = { vendorTlvs: DLT, defaults: { pe_id: PE } };
    assert.deepEqual(
      { ...(await sent({ ...TO, template_id: TEMPLATE }, options)) },
      {
        '0x1400': Buffer.from(PE),
        '0x1401': Buffer.from(TEMPLATE),
      },
    );
    const own = '1109999999999999999';
    const tlvs = await sent({ ...TO, tlvs: { '0x1400': own, template_id: TEMPLATE } }, options);
    assert.equal(String(tlvs['0x1400']), own);
    assert.equal('0x1400' in (await sent({ ...TO, tlvs: { pe_id: null } }, options)), false);
  });

  it('are as they were defined on the wire', async () => {
    const tlvs = {
      one: 1,
      two: '2',
      four: 4_000_000_000,
      ended: 'ab',
      open: ['x', 'é'],
      raw: { hex: 'ff00' },
    };
    assert.deepEqual(
      { ...(await sent({ ...TO, tlvs }, { vendorTlvs: EVERY })) },
      {
        '0x1500': Buffer.from('01', 'hex'),
        '0x1501': Buffer.from('0002', 'hex'),
        '0x1502': Buffer.from('ee6b2800', 'hex'),
        '0x1503': Buffer.from('616200', 'hex'),
        '0x1504': [Buffer.from('x'), Buffer.from('e9', 'hex')],
        '0x1505': Buffer.from('ff00', 'hex'),
      },
    );
  });

  it('go in every part of a long message', async () => {
    const { client, peer } = await scenes.bound({}, { vendorTlvs: DLT, defaults: { pe_id: PE } });
    await client.send({ ...TO, short_message: 'x'.repeat(400), template_id: TEMPLATE });
    assert.equal(peer.submits.length, 3);
    for (const { tlvs } of peer.submits as { tlvs: Record<string, Buffer> }[])
      assert.deepEqual([String(tlvs['0x1400']), String(tlvs['0x1401'])], [PE, TEMPLATE]);
  });

  it('are refused where a value does not fit, by name', async () => {
    const dlt = { vendorTlvs: DLT };
    const every = { vendorTlvs: EVERY };
    for (const [tlvs, options, field, text] of [
      [{ template_id: 1107161234567890123 }, dlt, 'template_id', /text, in quotes; a number of more than 15/],
      [{ template_id: '110716123456789012' }, dlt, 'template_id', /takes 18 octets: it must be 19/],
      [{ template_id: `${TEMPLATE}0` }, dlt, 'template_id', /\(0x1401\).*takes 20 octets: it must be 19/],
      [{ template_id: true }, dlt, 'template_id', /is not text/],
      [{ one: 256 }, every, 'one', /integer from 0 to 255/],
      [{ one: '300' }, every, 'one', /integer from 0 to 255/],
      [{ two: -1 }, every, 'two', /integer from 0 to 65535/],
      [{ four: 'x' }, every, 'four', /integer from 0 to 4294967295/],
      [{ four: 2 ** 32 }, every, 'four', /integer from 0 to 4294967295/],
      [{ ended: 'abcd' }, every, 'ended', /takes 5 octets with its NUL: it must be 1 to 4/],
      [{ ended: 'é' }, every, 'ended', /not ASCII/],
      [{ open: ['x', 'ж'] }, every, 'open', /not ISO-8859-1/],
      [{ raw: { hex: '000000' } }, every, 'raw', /takes 3 octets: it must be 0 to 2/],
      [{ raw: 7 }, every, 'raw', /is no number/],
    ] as const) {
      const refused = await refusal({ ...TO, tlvs }, options);
      assert.deepEqual([refused['code'], refused['field']], ['INVALID_FIELD', field]);
      assert.match(String(refused['text']), text);
    }
    await assert.rejects(scenes.idle({}, { ...dlt, defaults: { pe_id: 1_101_234_567_890 } }), {
      code: 'INVALID_CONFIG',
      message: /defaults\.pe_id.*give it as a text, in quotes/,
    });
  });

  it('come by name, in their type and order: in messages, receipts and responses', async () => {
    const scene = await scenes.bound({}, { vendorTlvs: new TlvTable(EVERY), receiptHoldTime: 0 });
    const link = await scene.peer.link();
    const tlvs = {
      '0x1500': Buffer.from([7]),
      '0x1504': [Buffer.from('b'), Buffer.from('a')],
      '0x1505': Buffer.from('ff', 'hex'),
    };
    const from = { command: 'deliver_sm', source_addr: '919812345678', destination_addr: '1234' };
    await link.ask({ ...from, short_message: Buffer.from('x'), tlvs });
    const receipt = 'id:1 sub:001 dlvrd:001 submit date:2611270200 done date:2611270201 stat:DELIVRD err:000';
    await link.ask({ ...from, esm_class: 4, short_message: Buffer.from(receipt), tlvs });
    const named = { one: 7, open: ['b', 'a'], raw: Buffer.from('ff', 'hex') };
    const [message] = scene.told('message');
    const [told] = scene.told('receipt');
    assert.deepEqual([message?.tlvs, message?.flaws], [named, undefined]);
    assert.deepEqual([told?.tlvs, told?.flaws], [named, undefined]);

    const { client, told: events } = await scenes.bound(
      { submit_sm: () => ({ message_id: '9', tlvs: { '0x1502': Buffer.alloc(4, 1) } }) },
      { vendorTlvs: EVERY },
    );
    await client.send(TO);
    assert.deepEqual(events('response')[0]?.tlvs, { four: 0x01010101 });
  });

  it('keep what is longer than they are defined, and say so', async () => {
    const { peer, told } = await scenes.bound({}, { vendorTlvs: EVERY });
    const link = await peer.link();
    const raw = Buffer.alloc(300, 1);
    const from = { command: 'deliver_sm', source_addr: '919812345678', destination_addr: '1234' };
    await link.ask({ ...from, short_message: Buffer.from('x'), tlvs: { '0x1505': raw } });
    const [message] = told('message');
    assert.deepEqual(message?.tlvs['raw'], raw);
    assert.match(String(message?.flaws), /raw has 300 octets instead of 0 to 2$/);
  });

  it('are explained by name', () => {
    const pdu = { command: 'submit_sm', tlvs: { template_id: TEMPLATE } } as unknown as PduInput;
    const { fields } = explain(encodePdu(pdu, { vendorTlvs: DLT }), { vendorTlvs: DLT });
    assert.equal(fields.find(({ name }) => name === 'template_id')?.value, TEMPLATE);
  });
});
