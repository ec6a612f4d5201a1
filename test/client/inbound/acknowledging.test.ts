import assert from 'node:assert/strict';
import { SmppClient, type MessageEvent, type ReceiptEvent } from '../../../src/index';
import { statusName } from '../../../src/protocol';
import { segment } from '../../../src/text';
import { FakeClock } from '../../support/clock';
import { silence, type PeerLink } from '../../support/peer';
import { pass, until } from '../../support/until';
import { HELLO, Scenes, store, type Scene } from '../setup';

const PHONE = { command: 'deliver_sm', source_addr: '491517654321', destination_addr: '1234' };
const hello = { ...PHONE, short_message: Buffer.from('hello') };
const manual = { acknowledge: 'manual', enquireLinkInterval: 0 } as const;

type Fields = Record<string, unknown> & { command: string };

const parts = (text: string): Fields[] =>
  segment(text, { method: 'udh8', reference: 7 }).segments.map((one) => ({ ...PHONE, ...one }));

describe('Acknowledging by hand', () => {
  const scenes = new Scenes();
  afterEach(() => scenes.end());

  async function held(scene: Scene, count = 1): Promise<string> {
    await until(() => scene.told('message').length >= count, 'a message');
    return ackIdOf(scene.told('message')[count - 1]);
  }
  const ackIdOf = (event: MessageEvent | ReceiptEvent | undefined): string => {
    assert.equal(typeof event?.ack_id, 'string');
    return event?.ack_id as string;
  };
  const status = async (link: PeerLink, number: number): Promise<string> =>
    statusName((await link.response(number)).command_status);

  it('holds a message until it is acknowledged, and answers it then', async () => {
    const scene = await scenes.bound({}, manual);
    const link = await scene.peer.link();
    const number = link.send(hello);
    const ackId = await held(scene);
    await pass(20);
    assert.equal(link.requests('deliver_sm_resp').length, 0);
    scene.client.acknowledge(ackId);
    assert.equal(await status(link, number), 'ESME_ROK');
  });

  for (const [given, answered] of [
    ['ESME_RX_T_APPN', 'ESME_RX_T_APPN'],
    [' ESME_RX_R_APPN ', 'ESME_RX_R_APPN'],
    [0x66, 'ESME_RX_R_APPN'],
    ['0x00000401', '0x00000401'],
  ] as const) {
    it(`answers with any status: ${given}`, async () => {
      const scene = await scenes.bound({}, manual);
      const link = await scene.peer.link();
      const number = link.send(hello);
      scene.client.acknowledge(await held(scene), given);
      assert.equal(await status(link, number), answered);
    });
  }

  it('refuses a status that is none, and holds on', async () => {
    const scene = await scenes.bound({}, manual);
    const link = await scene.peer.link();
    const number = link.send(hello);
    const ackId = await held(scene);
    for (const wrong of ['ESME_NONSENSE', -1, 1.5, 2 ** 32, NaN]) {
      assert.throws(() => scene.client.acknowledge(ackId, wrong), {
        code: 'INVALID_FIELD',
        field: 'command_status',
      });
    }
    scene.client.acknowledge(ackId);
    assert.equal(await status(link, number), 'ESME_ROK');
  });

  it('answers each of several, in the order of their acknowledgement', async () => {
    const scene = await scenes.bound({}, manual);
    const link = await scene.peer.link();
    const numbers = [1, 2, 3].map((n) => link.send({ ...hello, short_message: Buffer.from(`n${n}`) }));
    await held(scene, 3);
    const byText = new Map(scene.told('message').map((event) => [event.payload, ackIdOf(event)]));
    for (const text of ['n2', 'n3', 'n1']) {
      scene.client.acknowledge(byText.get(text) as string);
      await link.response(numbers[Number(text[1]) - 1] as number);
    }
    const order = link.requests('deliver_sm_resp').map(({ sequence_number }) => sequence_number);
    assert.deepEqual(order, [numbers[1], numbers[2], numbers[0]]);
  });

  it('is ACK_GONE the second time, and for what never was', async () => {
    const scene = await scenes.bound({}, manual);
    (await scene.peer.link()).send(hello);
    const ackId = await held(scene);
    scene.client.acknowledge(ackId);
    for (const gone of [ackId, 'nonsense', ''])
      assert.throws(() => scene.client.acknowledge(gone), { code: 'ACK_GONE', message: /ack_id/ });
  });

  it('after ackTimeout answers ackTimeoutStatus, warns once, and is ACK_GONE', async () => {
    const scene = await scenes.bound({}, { ...manual, ackTimeout: 20, ackTimeoutStatus: 'ESME_RSYSERR' });
    const { clock, client, lines } = scene;
    const link = await scene.peer.link();
    const first = link.send(hello);
    const ackId = await held(scene);
    await clock.advance(10_000);
    const second = link.send(hello);
    await held(scene, 2);
    await clock.advance(9_900);
    assert.equal(link.requests('deliver_sm_resp').length, 0);
    await clock.advance(200);
    assert.equal(await status(link, first), 'ESME_RSYSERR');
    await clock.advance(10_000);
    assert.equal(await status(link, second), 'ESME_RSYSERR');
    assert.throws(() => client.acknowledge(ackId), { code: 'ACK_GONE' });
    assert.equal(lines.filter(({ event, level }) => event === 'ack' && level === 'warn').length, 1);
  });

  it('is ACK_GONE once its session is gone, and the message comes again on the next', async () => {
    const scene = await scenes.bound({}, manual);
    const link = await scene.peer.link();
    link.send(hello);
    const ackId = await held(scene);
    link.socket.destroy();
    await until(() => scene.client.state === 'connecting');
    assert.throws(() => scene.client.acknowledge(ackId), { code: 'ACK_GONE' });
    await scene.clock.advance(2000);
    const next = await scene.peer.link(1);
    await until(() => scene.client.state === 'bound');
    const number = next.send(hello);
    scene.client.acknowledge(await held(scene, 2));
    assert.equal(await status(next, number), 'ESME_ROK');
  });

  it('of another client hits nothing here', async () => {
    const one = await scenes.bound({}, manual);
    const other = await scenes.bound({}, manual);
    (await one.peer.link()).send(hello);
    (await other.peer.link()).send(hello);
    await held(one);
    assert.throws(
      () => {
        other.client.acknowledge(ackIdOf(one.told('message')[0]));
      },
      { code: 'ACK_GONE' },
    );
  });

  it('holds receipts too where somebody listens, and their outcome does not wait for it', async () => {
    const scene = await scenes.bound({ submit_sm: () => ({ message_id: 'm1' }) }, manual);
    const sent = scene.client.send(HELLO, { completeWhen: 'delivered' });
    await scene.peer.untilSubmits(1);
    const link = await scene.peer.link();
    const number = link.receipt('m1');
    assert.equal((await sent).event, 'delivered');
    assert.equal(link.requests('deliver_sm_resp').length, 0);
    await until(() => scene.told('receipt').length === 1);
    scene.client.acknowledge(ackIdOf(scene.told('receipt')[0]));
    assert.equal(await status(link, number), 'ESME_ROK');
  });

  it('does not hold a receipt that waits for its response: that is answered at once', async () => {
    const scene = await scenes.bound({ submit_sm: silence }, manual);
    void scene.client.send(HELLO).catch(() => undefined);
    const [request] = await scene.peer.untilSubmits(1);
    const link = await scene.peer.link();
    assert.equal(await status(link, link.receipt('early')), 'ESME_ROK');
    link.answer(request as never, { message_id: 'early' });
    await until(() => scene.told('receipt').length === 1);
    assert.equal(scene.told('receipt')[0]?.ack_id, undefined);
  });

  it('of what nobody listens to is not waited for', async () => {
    const peer = await scenes.peer();
    const client = new SmppClient({ port: peer.port, ...manual, logLevel: 'silent', receiptHoldTime: 0 });
    await client.start();
    const link = await peer.link();
    assert.equal(await status(link, link.send(hello)), 'ESME_ROK');
    assert.equal(await status(link, link.receipt('x')), 'ESME_ROK');
    await client.stop();
  });

  it('of a long message holds only the part that completes it', async () => {
    const scene = await scenes.bound({}, manual);
    const link = await scene.peer.link();
    const [first, second, third] = parts('a'.repeat(400)) as [Fields, Fields, Fields];
    assert.equal(await status(link, link.send(third)), 'ESME_ROK');
    assert.equal(await status(link, link.send(first)), 'ESME_ROK');
    const number = link.send(second);
    const ackId = await held(scene);
    await pass(20);
    assert.equal(link.requests('deliver_sm_resp').length, 2);
    scene.client.acknowledge(ackId);
    assert.equal(await status(link, number), 'ESME_ROK');
    assert.equal(scene.told('message')[0]?.payload, 'a'.repeat(400));
  });

  it('of a long message that is refused for a while tells it again, whole, when its last part comes again', async () => {
    const scene = await scenes.bound({}, manual);
    const link = await scene.peer.link();
    const [first, second] = parts('a'.repeat(200)) as [Fields, Fields];
    await link.ask(first);
    const refused = link.send(second);
    scene.client.acknowledge(await held(scene), 'ESME_RX_T_APPN');
    assert.equal(await status(link, refused), 'ESME_RX_T_APPN');
    const again = link.send(second);
    scene.client.acknowledge(await held(scene, 2));
    assert.equal(await status(link, again), 'ESME_ROK');
    assert.deepEqual(
      scene.told('message').map(({ payload }) => payload),
      ['a'.repeat(200), 'a'.repeat(200)],
    );
    // Now it is done: a repeated part is a duplicate.
    assert.equal(await status(link, link.send(second)), 'ESME_ROK');
    assert.equal(scene.told('message').length, 2);
  });

  it('of a long message that is refused for good forgets it', async () => {
    const clock = new FakeClock();
    const scene = await scenes.bound({}, { ...manual, clock, reassemblyTimeout: 60 });
    const link = await scene.peer.link();
    const [first, second] = parts('a'.repeat(200)) as [Fields, Fields];
    await link.ask(first);
    const number = link.send(second);
    scene.client.acknowledge(await held(scene), 'ESME_RX_R_APPN');
    assert.equal(await status(link, number), 'ESME_RX_R_APPN');
    await clock.advance(200_000);
    assert.equal(scene.told('message').length, 1);
  });

  it('of a part that comes again while the message is held answers both alike', async () => {
    const scene = await scenes.bound({}, manual);
    const link = await scene.peer.link();
    const [first, second] = parts('a'.repeat(200)) as [Fields, Fields];
    await link.ask(first);
    const one = link.send(second);
    const ackId = await held(scene);
    const other = link.send(second);
    await pass(20);
    assert.equal(link.requests('deliver_sm_resp').length, 1);
    scene.client.acknowledge(ackId, 'ESME_RX_T_APPN');
    assert.deepEqual(
      [await status(link, one), await status(link, other)],
      ['ESME_RX_T_APPN', 'ESME_RX_T_APPN'],
    );
    assert.equal(scene.told('message').length, 1);
  });

  it('of a long message whose session is lost finds its parts again on the next session', async () => {
    const scene = await scenes.bound({}, manual);
    const link = await scene.peer.link();
    const [first, second] = parts('a'.repeat(200)) as [Fields, Fields];
    await link.ask(first);
    link.send(second);
    await held(scene);
    link.socket.destroy();
    await until(() => scene.client.state === 'connecting');
    await scene.clock.advance(2000);
    const next = await scene.peer.link(1);
    await until(() => scene.client.state === 'bound');
    const number = next.send(second);
    scene.client.acknowledge(await held(scene, 2));
    assert.equal(await status(next, number), 'ESME_ROK');
    assert.equal(scene.told('message')[1]?.payload, 'a'.repeat(200));
  });

  it('keeps the parts in the store until the whole is acknowledged', async () => {
    const clock = new FakeClock();
    const inner = store(clock);
    const queue = { ...inner, capabilities: { ...inner.capabilities, durable: true } };
    const scene = await scenes.bound({}, { ...manual, clock, queue });
    const kept = async (): Promise<number> => (await queue.state.list('reassembly:')).length;
    const link = await scene.peer.link();
    const [first, second] = parts('a'.repeat(200)) as [Fields, Fields];
    await link.ask(first);
    const number = link.send(second);
    const ackId = await held(scene);
    assert.equal(await kept(), 1);
    scene.client.acknowledge(ackId);
    await link.response(number);
    assert.equal(await kept(), 0);
  });

  it('stop lets all go with ackTimeoutStatus, disconnect waits for them first', async () => {
    const scene = await scenes.bound({}, { ...manual, drainTimeout: 8 });
    const link = await scene.peer.link();
    const first = link.send(hello);
    const ackId = await held(scene);
    const disconnecting = scene.client.disconnect();
    await pass(20);
    assert.equal(link.requests('unbind').length, 0);
    scene.client.acknowledge(ackId);
    assert.equal(await status(link, first), 'ESME_ROK');
    await disconnecting;
    await scene.client.start();
    const next = await scene.peer.link(1);
    const second = next.send(hello);
    await held(scene, 2);
    await scene.client.stop();
    assert.equal(await status(next, second), 'ESME_RX_T_APPN');
    await until(() => scene.clock.pendingTimers === 0, 'the end of all timers');
  });

  it('what is still on its way to the flow when the client stops is not told, and comes again', async () => {
    let look: (found: never[]) => void = () => undefined;
    const correlator = {
      put: () => Promise.resolve(),
      get: () => new Promise<never[]>((resolve) => (look = resolve)),
      expire: () => Promise.resolve(0),
    };
    const scene = await scenes.bound(
      {},
      { ...manual, correlator, receiptHoldTime: 0, receiptIdFormat: 'text' },
    );
    const link = await scene.peer.link();
    const number = link.receipt('m1');
    await pass(20);
    const stopping = scene.client.stop();
    look([]);
    assert.equal(await status(link, number), 'ESME_RX_T_APPN');
    await stopping;
    assert.deepEqual(scene.told('receipt'), []);
  });

  it('auto has no ack_id', async () => {
    const scene = await scenes.bound();
    await (await scene.peer.link()).ask(hello);
    assert.equal('ack_id' in (scene.told('message')[0] as object), false);
  });
});

describe('What cannot be decoded', () => {
  const scenes = new Scenes();
  afterEach(() => scenes.end());
  /** Its source address has no end. */
  const truncated = Buffer.from('00000014000000050000000000000009616263ff', 'hex');
  const odd = { ...PHONE, data_coding: 8, short_message: Buffer.from([0xd8, 0x00, 0x41]) };
  const header = { ...PHONE, esm_class: 0x40, short_message: Buffer.from([200, 1, 2]) };

  it('is told raw, with the reason and all octets, and answered ESME_ROK', async () => {
    const { peer, told } = await scenes.bound();
    const link = await peer.link();
    link.write(truncated);
    assert.equal((await link.response(9)).command_status, 0);
    assert.equal((await link.ask(header)).command_status, 0);
    const [event, other] = told('message');
    assert.ok(event && other);
    assert.deepEqual([event.payload, event.pdu], [truncated, truncated]);
    assert.deepEqual(
      [
        event.command,
        event.command_status,
        event.command_status_code,
        event.sequence_number,
        event.message_type,
      ],
      ['deliver_sm', 'ESME_ROK', 0, 9, 'malformed'],
    );
    assert.match(String(event.problem), /\w+/);
    assert.equal(event.topic, '');
    assert.deepEqual(other.payload, header.short_message);
    assert.ok(Buffer.isBuffer(other.pdu));
  });

  it('is answered decodeErrorStatus where that is set, and what can be decoded is not', async () => {
    const { peer, told } = await scenes.bound({}, { decodeErrorStatus: 'ESME_RX_P_APPN' });
    const link = await peer.link();
    link.write(truncated);
    const answers = [
      await link.response(9),
      await link.ask(odd),
      await link.ask(header),
      await link.ask(hello),
    ];
    assert.deepEqual(
      answers.map(({ command_status }) => statusName(command_status)),
      ['ESME_RX_P_APPN', 'ESME_RX_P_APPN', 'ESME_RX_P_APPN', 'ESME_ROK'],
    );
    assert.equal(told('message').length, 4);
  });

  it('is held like anything else with acknowledge manual', async () => {
    const { client, peer, told } = await scenes.bound({}, { acknowledge: 'manual' });
    const link = await peer.link();
    link.write(truncated);
    await until(() => told('message').length === 1);
    assert.equal(link.requests('deliver_sm_resp').length, 0);
    client.acknowledge(told('message')[0]?.ack_id as string, 'ESME_RX_R_APPN');
    assert.equal(statusName((await link.response(9)).command_status), 'ESME_RX_R_APPN');
  });
});
