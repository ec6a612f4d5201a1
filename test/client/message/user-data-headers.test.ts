import assert from 'node:assert/strict';
import type { Message } from '../../../src/index';
import { decodePdu, encodePdu, type Pdu } from '../../../src/protocol';
import { readUserData } from '../../../src/text';
import { Scenes, type SceneOptions } from '../setup';

const TO = { source_addr: '1234', destination_addr: '491511234567' };
const WAP = { ports: { destination: 2948, source: 9200 } };
const WAP_HEX = '0605040b8423f0';

describe('User data headers of messages', () => {
  const scenes = new Scenes();
  afterEach(() => scenes.end());

  async function wire(
    message: Message,
    options: SceneOptions = {},
  ): Promise<(Pdu & Record<string, unknown>)[]> {
    const { client, peer } = await scenes.bound({}, options);
    await client.send(message);
    return (await peer.link()).received.filter(({ command }) => command === (message.command ?? 'submit_sm'));
  }

  async function refusal(message: Message, options: SceneOptions = {}): Promise<Record<string, unknown>> {
    const { client } = await scenes.idle({}, options);
    const error: unknown = await client.enqueue(message).then(
      () => assert.fail('it was taken'),
      (reason: unknown) => reason,
    );
    assert.equal((await client.status()).queued, 0);
    return { ...(error as object), message: (error as Error).message };
  }

  it('go before the octets, and esm_class says so', async () => {
    for (const udh of [
      WAP,
      [{ iei: 5, hex: '0b8423f0' }],
      WAP_HEX,
      { hex: WAP_HEX },
      Buffer.from(WAP_HEX, 'hex'),
    ]) {
      const [pdu] = await wire({
        ...TO,
        short_message: Buffer.from('push'),
        udh,
      });
      assert.equal(pdu?.['esm_class'], 0x40);
      assert.equal(pdu['data_coding'], 4);
      assert.deepEqual(pdu['short_message'], Buffer.from(`${WAP_HEX}70757368`, 'hex'));
    }
  });

  it('keep the other bits of esm_class, and may be said there for a text', async () => {
    const [reply] = await wire({ ...TO, short_message: 'x', udh: WAP, esm_class: 0x80 });
    assert.equal(reply?.['esm_class'], 0xc0);
    const [said] = await wire({ ...TO, short_message: 'x', udh: WAP, esm_class: 0x40 });
    assert.equal(said?.['esm_class'], 0x40);
    assert.equal(readUserData(said as object).octets.toString(), 'x');
  });

  it('go in every segment of a long message, beside its reference number', async () => {
    for (const [short_message, size, coding] of [
      ['x'.repeat(400), 146, 0],
      ['ж'.repeat(200), 128, 8],
      [Buffer.alloc(300, 0xaa), 128, 4],
    ] as const) {
      const pdus = await wire({ ...TO, short_message, udh: WAP }, { defaultAlphabet: 'gsm0338' });
      assert.equal(pdus.length, Math.ceil((coding === 8 ? 400 : short_message.length) / size));
      const parts = pdus.map((pdu) => readUserData(pdu as object));
      assert.equal(new Set(parts.map(({ part }) => part?.reference)).size, 1);
      for (const { udh } of parts) assert.deepEqual(udh?.ports, WAP.ports);
      for (const pdu of pdus) assert.deepEqual([pdu['esm_class'], pdu['data_coding']], [0x40, coding]);
      assert.equal(parts[0]?.octets.length, size);
    }
  });

  it('go in message_payload, of a data_sm and where the message asks for it', async () => {
    for (const message of [
      { ...TO, command: 'data_sm', short_message: 'x', udh: WAP },
      { ...TO, message_payload: 'x', udh: WAP },
    ] as const) {
      const [pdu] = await wire(message);
      assert.equal(pdu?.['esm_class'], 0x40);
      assert.deepEqual(pdu.tlvs['message_payload'], Buffer.from(`${WAP_HEX}78`, 'hex'));
    }
  });

  it('may be a default of the connection, which a message has its own instead of', async () => {
    const options = { defaults: { udh: WAP } };
    const [own] = await wire({ ...TO, short_message: 'x' }, options);
    assert.deepEqual(readUserData(own as object).udh?.ports, WAP.ports);
    const [other] = await wire({ ...TO, short_message: 'x', udh: { ports: { destination: 9204 } } }, options);
    assert.deepEqual(readUserData(other as object).udh?.ports, { destination: 9204, source: 0 });
    const [none] = await wire({ ...TO, short_message: 'x', udh: [] }, options);
    assert.equal(none?.['esm_class'], 0);
    const begun = { short_message: Buffer.from('06050423f4000063', 'hex'), esm_class: 0x40 };
    const [octets] = await wire({ ...TO, ...begun }, options);
    assert.deepEqual(octets?.['short_message'], begun.short_message);
    const replace = { command: 'replace_sm', message_id: '1', source_addr: '1234' } as const;
    const [replaced] = await wire({ ...replace, short_message: 'y' }, options);
    assert.equal(String(replaced?.['short_message']), 'y');
    await assert.rejects(
      scenes.idle({}, { defaults: { udh: { ports: 1 } } }),
      /defaults\.udh.*give an object of destination, source, bits/,
    );
  });

  it('are not taken for those of other messages alike', async () => {
    const { client, peer } = await scenes.bound();
    const all = [undefined, WAP_HEX, undefined, WAP_HEX, undefined, '06050423f40000'];
    for (const udh of all)
      await client.send({ ...TO, short_message: 'x', ...(udh === undefined ? {} : { udh }) });
    assert.deepEqual(
      peer.submits.map((pdu) => (pdu['short_message'] as Buffer).toString('hex')),
      ['78', `${WAP_HEX}78`, '78', `${WAP_HEX}78`, '78', '06050423f4000078'],
    );
  });

  it('still are what a Buffer begins with where esm_class says so', async () => {
    const short_message = Buffer.from(`${WAP_HEX}70757368`, 'hex');
    const [pdu] = await wire({ ...TO, short_message, esm_class: 0x40 });
    assert.deepEqual(pdu?.['short_message'], short_message);
    const { code, field, message } = await refusal({ ...TO, short_message, esm_class: 0x40, udh: WAP });
    assert.deepEqual([code, field], ['INVALID_FIELD', 'udh']);
    assert.match(String(message), /esm_class 64 .*begin with a header already; leave that bit out/);
  });

  it('are refused where they cannot be, by the field and with what would do', async () => {
    for (const [message, code, field, text] of [
      [{ udh: { ports: { destination: 70_000 } } }, 'MALFORMED_UDH', 'udh.ports.destination', /0 to 65535/],
      [{ udh: { single_shift: 1 } }, 'INVALID_OPTION', 'udh', /give language/],
      [
        { udh: { concatenation: { reference: 1, total: 2, part: 1 } }, short_message: 'x'.repeat(200) },
        'TEXT_TOO_LONG',
        'short_message',
        /one part of a longer one/,
      ],
      [
        { udh: [{ iei: 0x70, data: Buffer.alloc(130) }], short_message: 'x'.repeat(20) },
        'INVALID_OPTION',
        'udh',
        /no room/,
      ],
    ] as const) {
      const refused = await refusal({ ...TO, short_message: 'x', ...(message as Message) });
      assert.deepEqual([refused['code'], refused['field']], [code, field]);
      assert.match(String(refused['message']), text);
    }
    const newer = await scenes.idle({}, { interfaceVersion: '5.0' });
    const alert: Message = {
      command: 'broadcast_sm',
      short_message: 'x',
      udh: WAP,
      broadcast_area_identifier: 'Lyon',
      broadcast_content_type: 'index',
      broadcast_rep_num: 1,
      broadcast_frequency_interval: '1 hour',
    };
    await assert.rejects(newer.client.send(alert), {
      code: 'INVALID_FIELD',
      field: 'udh',
      message: /broadcast_sm has no esm_class/,
    });
    const { client } = await scenes.bound();
    const replace = { command: 'replace_sm', message_id: '1', source_addr: '1234' } as const;
    await assert.rejects(client.send({ ...replace, short_message: 'x', udh: WAP }), {
      code: 'INVALID_FIELD',
      field: 'udh',
      message: /replace_sm has no esm_class/,
    });
  });
});

describe('User data headers of messages that come in', () => {
  const scenes = new Scenes();
  afterEach(() => scenes.end());
  const MOBILE = { command: 'deliver_sm', source_addr: '491517654321', destination_addr: '1234' };

  async function told(...pdus: { esm_class: number; data_coding?: number; hex: string }[]) {
    const { peer, told: events } = await scenes.bound();
    const link = await peer.link();
    for (const { hex, ...fields } of pdus)
      await link.ask({ ...MOBILE, data_coding: 4, ...fields, short_message: Buffer.from(hex, 'hex') });
    return events('message').map(({ udh, payload, segments }) => ({ udh, payload, segments }));
  }

  it('are told in the form in which they can be given', async () => {
    assert.deepEqual(await told({ esm_class: 0x40, hex: `${WAP_HEX}70757368` }), [
      { udh: WAP, payload: Buffer.from('push'), segments: 1 },
    ]);
    const [event] = await told({ esm_class: 0x40, data_coding: 0, hex: '090a030005100102800378' });
    assert.equal(event?.payload, 'x');
    assert.deepEqual(event.udh, {
      elements: [{ iei: 10, hex: '000510' }],
      message_waiting: [{ kind: 'voicemail', count: 3, store: true }],
    });
  });

  it('are told once for all parts, without the place of each', async () => {
    const part = (at: number, rest: string): string => `0b000307020${at}05040b8423f0${rest}`;
    assert.deepEqual(
      await told({ esm_class: 0x40, hex: part(2, '7368') }, { esm_class: 0x40, hex: part(1, '7075') }),
      [{ udh: WAP, payload: Buffer.from('push'), segments: 2 }],
    );
  });

  it('are not told where there is nothing but what made the text', async () => {
    const events = await told(
      { esm_class: 0, data_coding: 0, hex: '78' },
      { esm_class: 0x40, data_coding: 0, hex: '05000307010178' },
      { esm_class: 0x40, data_coding: 0, hex: '032401011b73' },
    );
    assert.deepEqual(
      events.map(({ udh, payload }) => [udh, payload]),
      [
        [undefined, 'x'],
        [undefined, 'x'],
        [undefined, 'ş'],
      ],
    );
  });

  it('come and go again', async () => {
    const [event] = await told({ esm_class: 0x40, hex: `${WAP_HEX}70757368` });
    assert.ok(event?.udh);
    const { udh, payload } = event;
    const { client, peer } = await scenes.bound();
    await client.send({ ...TO, short_message: payload, udh });
    const [pdu] = peer.submits;
    const sent = decodePdu(encodePdu(pdu as never)) as unknown as { short_message: Buffer };
    assert.equal(sent.short_message.toString('hex'), `${WAP_HEX}70757368`);
  });
});
