import assert from 'node:assert/strict';
import type { KeyValueState, MessageEvent, Store } from '../../../src/index';
import { segment } from '../../../src/text';
import { FakeClock } from '../../support/clock';
import type { PeerLink } from '../../support/peer';
import { pass, until } from '../../support/until';
import { Scenes, advanceUntil, store } from '../setup';

const MOBILE = { command: 'deliver_sm', source_addr: '491517654321', destination_addr: '1234' };
const TEXT = 'Grüße '.repeat(60);

type Fields = Record<string, unknown> & { command: string };

/** The parts of a long message, as a centre delivers them. */
function parts(text = TEXT, method: 'udh8' | 'udh16' | 'sar' = 'udh8', reference = 7): Fields[] {
  return segment(text, { method, reference }).segments.map((one) => ({ ...MOBILE, ...one }));
}

async function deliver(link: PeerLink, pdus: readonly Fields[]): Promise<number[]> {
  const answers = await Promise.all(pdus.map((pdu) => link.ask(pdu)));
  return answers.map(({ command_status }) => command_status);
}

const payloads = (events: readonly MessageEvent[]): unknown[] => events.map(({ payload }) => payload);

/** A store that is away while `away` is set, and says that it outlives the process. */
function flaky(clock: FakeClock): Store & { away: boolean } {
  const inner = store(clock);
  const state: KeyValueState = {
    get: (key) => inner.state.get(key),
    set: (key, value, ttl) => check() ?? inner.state.set(key, value, ttl),
    delete: (keys) => check() ?? inner.state.delete(keys),
    list: (prefix) => check() ?? inner.state.list(prefix),
    increment: (key, modulo, start) => inner.state.increment(key, modulo, start),
  };
  const made = { ...inner, state, capabilities: { ...inner.capabilities, durable: true }, away: false };
  const check = (): Promise<never> | undefined => (made.away ? Promise.reject(new Error('away')) : undefined);
  return made;
}

/** ESME_RX_T_APPN: the SMSC sends it again. */
const LATER = 0x64;

describe('Receiving', () => {
  const scenes = new Scenes();
  afterEach(() => scenes.end());

  it('tells a message with its text, its sender and its fields, and answers it', async () => {
    const { peer, told } = await scenes.bound();
    const link = await peer.link();
    const answer = await link.ask({
      ...MOBILE,
      short_message: Buffer.from('Hi \x00'),
      data_coding: 0,
      tlvs: { user_message_reference: 7, '0x1403': Buffer.from([1]) },
    });
    assert.deepEqual([answer.command, answer.command_status], ['deliver_sm_resp', 0]);
    const [message] = told('message');
    assert.ok(message);
    const {
      event,
      payload,
      topic,
      command,
      command_status,
      command_status_code,
      destination_addr,
      tlvs,
      segments,
    } = message;
    assert.deepEqual(
      [event, payload, topic, command, command_status, command_status_code, destination_addr, segments],
      ['message', 'Hi @', '491517654321', 'deliver_sm', 'ESME_ROK', 0, '1234', 1],
    );
    assert.equal(tlvs.user_message_reference, 7);
    assert.equal(message.message_type, 'message');
    assert.ok(Buffer.isBuffer(message.pdu) && message.pdu.readUInt32BE(0) === message.pdu.length);
  });

  it('tells binary as a Buffer, and what cannot be decoded as a Buffer with the problem', async () => {
    const { peer, told } = await scenes.bound();
    const link = await peer.link();
    await deliver(link, [
      { ...MOBILE, data_coding: 4, short_message: Buffer.from([1, 2, 3]) },
      { ...MOBILE, data_coding: 8, short_message: Buffer.from([0xd8, 0x00, 0x41]) },
      { ...MOBILE, esm_class: 0x40, short_message: Buffer.from([200, 1, 2]) },
      { ...MOBILE, short_message: Buffer.alloc(0) },
      { ...MOBILE, short_message: Buffer.alloc(0), tlvs: { message_payload: Buffer.from('in a TLV') } },
    ]);
    const [binary, odd, header, empty, payload] = told('message');
    assert.deepEqual([binary?.payload, binary?.problem], [Buffer.from([1, 2, 3]), undefined]);
    assert.ok(
      Buffer.isBuffer(odd?.payload) ? typeof odd.problem === 'string' : typeof odd?.payload === 'string',
    );
    assert.deepEqual([header?.payload, typeof header?.problem], [Buffer.from([200, 1, 2]), 'string']);
    assert.deepEqual([empty?.payload, payload?.payload], ['', 'in a TLV']);
  });

  it('tells what no codec can read as a Buffer with the reason', async () => {
    const { peer, told } = await scenes.bound();
    const octets = Buffer.from([0x81, 0x02]);
    const codings = [0x0d, 0x2c, 0x61, 0x8f, 0xf8];
    await deliver(
      await peer.link(),
      codings.map((data_coding) => ({ ...MOBILE, data_coding, short_message: octets })),
    );
    for (const { payload, problem, data_coding } of told('message')) {
      assert.deepEqual(payload, octets);
      const compressed = data_coding === 0x2c || data_coding === 0x61;
      assert.match(String(problem), compressed ? /is compressed/ : /no codec for data_coding/);
    }
    assert.equal(told('message').length, codings.length);
  });

  for (const method of ['udh8', 'udh16', 'sar'] as const) {
    it(`joins the parts of a long message (${method}), in any order, and answers each`, async () => {
      const { peer, told } = await scenes.bound();
      const [first, ...others] = parts(TEXT, method);
      assert.deepEqual(
        await deliver(await peer.link(), [...others.reverse(), first as Fields]),
        others.concat(first as Fields).map(() => 0),
      );
      assert.deepEqual(payloads(told('message')), [TEXT]);
      assert.equal(told('message')[0]?.segments, others.length + 1);
      assert.equal(told('message')[0]?.incomplete, undefined);
    });
  }

  it('tells a repeated part once, and messages of two senders apart', async () => {
    const { peer, told } = await scenes.bound();
    const link = await peer.link();
    const mine = parts('a'.repeat(200));
    const other = parts('b'.repeat(200)).map((part) => ({ ...part, source_addr: '4920' }));
    await deliver(link, [mine[0], other[1], mine[0], mine[1], mine[1], other[0]] as Fields[]);
    assert.deepEqual(payloads(told('message')), ['a'.repeat(200), 'b'.repeat(200)]);
  });

  it('after reassemblyTimeout tells what came, marked incomplete', async () => {
    const { peer, told, clock, lines } = await scenes.bound(
      {},
      { reassemblyTimeout: 60, enquireLinkInterval: 0 },
    );
    const [first, , third] = parts('a'.repeat(400));
    await deliver(await peer.link(), [third, first] as Fields[]);
    await clock.advance(59_000);
    assert.equal(told('message').length, 0);
    await clock.advance(1_100);
    const [message] = told('message');
    assert.deepEqual(
      [message?.incomplete, message?.missing, message?.segments, message?.topic],
      [true, [2], 3, '491517654321'],
    );
    assert.equal(message?.payload, 'a'.repeat(153 + 400 - 306));
    assert.equal(lines.filter(({ stage, level }) => stage === 'incomplete' && level === 'warn').length, 1);
  });

  it('keeps waiting parts over a change of the client, with a store that outlives it', async () => {
    const clock = new FakeClock();
    const queue = store(clock);
    const [first, second, third] = parts('a'.repeat(400));
    const before = await scenes.bound({}, { clock, queue });
    await deliver(await before.peer.link(), [first, third] as Fields[]);
    await before.client.stop();
    const after = await scenes.bound({}, { clock, queue });
    await deliver(await after.peer.link(), [second as Fields]);
    assert.deepEqual(payloads(after.told('message')), ['a'.repeat(400)]);
    await after.client.stop();
    assert.deepEqual(await queue.state.list('reassembly:'), []);
  });

  it('tells what an earlier client left incomplete, although nothing more comes', async () => {
    const clock = new FakeClock();
    const queue = store(clock);
    const [first] = parts('a'.repeat(400));
    const before = await scenes.bound({}, { clock, queue, reassemblyTimeout: 60 });
    await deliver(await before.peer.link(), [first] as Fields[]);
    await before.client.stop();
    const after = await scenes.bound({}, { clock, queue, reassemblyTimeout: 60, enquireLinkInterval: 0 });
    await advanceUntil(clock, () => after.told('message').length === 1, 1000);
    assert.deepEqual(
      [after.told('message')[0]?.incomplete, after.told('message')[0]?.missing],
      [true, [2, 3]],
    );
  });

  it('passes over stored parts that cannot be read', async () => {
    const clock = new FakeClock();
    const queue = store(clock);
    for (const [n, junk] of ['{', 'null', '7', '{}', '{"key":"a","at":1}', '{"parts":[{}]}'].entries()) {
      await queue.state.set(`reassembly:${n}`, Buffer.from(junk));
      await queue.state.set(`reassembled:${n}`, Buffer.from(junk));
    }
    const { peer, told, lines } = await scenes.bound({}, { clock, queue });
    const link = await peer.link();
    assert.deepEqual(await deliver(link, parts('a'.repeat(200))), [0, 0]);
    assert.deepEqual(payloads(told('message')), ['a'.repeat(200)]);
    assert.ok(lines.filter(({ event, level }) => event === 'reassembly' && level === 'warn').length >= 6);
  });

  it('with a durable store keeps each part before it is answered, and drops them only when the message was told', async () => {
    const clock = new FakeClock();
    const queue = flaky(clock);
    const { peer, client } = await scenes.bound({}, { clock, queue });
    const kept = async (): Promise<number> => (await queue.state.list('reassembly:')).length;
    let keptWhileTold = 0;
    client.on('message', async () => {
      keptWhileTold = await kept();
    });
    const link = await peer.link();
    const [first, second, third] = parts('a'.repeat(400));
    await deliver(link, [first as Fields]);
    assert.equal(await kept(), 1);
    queue.away = true;
    assert.deepEqual(await deliver(link, [second as Fields]), [LATER]);
    queue.away = false;
    assert.deepEqual(await deliver(link, [second, third] as Fields[]), [0, 0]);
    assert.equal(keptWhileTold, 1);
    assert.equal(await kept(), 0);
  });

  it('with a store that goes away before the last part still tells the message, once', async () => {
    const clock = new FakeClock();
    const queue = flaky(clock);
    const { peer, told } = await scenes.bound({}, { clock, queue });
    const link = await peer.link();
    const [first, second] = parts('a'.repeat(200));
    await deliver(link, [first as Fields]);
    queue.away = true;
    assert.deepEqual(await deliver(link, [second as Fields]), [0]);
    assert.deepEqual(payloads(told('message')), ['a'.repeat(200)]);
  });

  it('with a store that is away at first takes parts once it is back', async () => {
    const clock = new FakeClock();
    const queue = flaky(clock);
    queue.away = true;
    const { peer, told } = await scenes.bound({}, { clock, queue });
    const link = await peer.link();
    const [first, second] = parts('a'.repeat(200)) as [Fields, Fields];
    assert.deepEqual(await deliver(link, [first]), [LATER]);
    queue.away = false;
    assert.deepEqual(await deliver(link, [first, second]), [0, 0]);
    assert.equal(told('message').length, 1);
  });

  it('goes on while sending is paused, throttled or the window is full', async () => {
    const { client, peer, told } = await scenes.bound({ submit_sm: () => undefined }, { windowSize: 1 });
    await client.enqueue([1, 2, 3].map(() => ({ short_message: 'x', destination_addr: '491511234567' })));
    await peer.untilSubmits(1);
    client.pause();
    const link = await peer.link();
    await deliver(link, [{ ...MOBILE, short_message: Buffer.from('hello') }]);
    assert.deepEqual(payloads(told('message')), ['hello']);
  });

  it('answers without listeners, alert_notification never, and what it does not know with ESME_RINVCMDID', async () => {
    const { peer } = await scenes.bound();
    const link = await peer.link();
    link.send({ command: 'alert_notification', source_addr: '1' });
    const unknown = await link.ask({ command: '0x00000999' });
    assert.deepEqual([unknown.command, unknown.command_status], ['generic_nack', 3]);
  });
});

describe('Handlers of events', () => {
  const scenes = new Scenes();
  afterEach(() => scenes.end());

  it('that are asynchronous hold back the answer, all of them', async () => {
    const { client, peer } = await scenes.bound();
    const finish: (() => void)[] = [];
    const handler = (): Promise<void> => new Promise((resolve) => finish.push(resolve));
    client.on('message', handler).on('message', () => handler());
    const link = await peer.link();
    const number = link.send({ ...MOBILE, short_message: Buffer.from('x') });
    await until(() => finish.length === 2);
    finish[0]?.();
    await pass(10);
    assert.equal(link.requests('deliver_sm_resp').length, 0);
    finish[1]?.();
    await link.response(number);
  });

  it('that are never done keep their place for ackTimeout, not for ever', async () => {
    const { client, peer, clock, lines } = await scenes.bound(
      {},
      { ackLimit: 2, ackTimeout: 20, ackTimeoutStatus: 'ESME_RSYSERR', receiptHoldTime: 0 },
    );
    let stuck = true;
    let called = 0;
    const handler = (): Promise<void> => {
      called++;
      return stuck ? new Promise(() => undefined) : Promise.resolve();
    };
    client.on('message', handler).on('receipt', handler);
    const link = await peer.link();
    const numbers = [link.send({ ...MOBILE, short_message: Buffer.from('x') }), link.receipt('1')];
    await until(() => called === 2);
    assert.equal((await client.status()).unanswered, 2);
    await clock.advance(19_000);
    assert.equal(link.requests('deliver_sm_resp').length, 0);
    await clock.advance(1_010);
    for (const number of numbers) assert.equal((await link.response(number)).command_status, 8);
    const warnings = lines.filter(({ event, level }) => event === 'ack' && level === 'warn');
    assert.equal(warnings.length, 1);
    stuck = false;
    const answer = await link.ask({ ...MOBILE, short_message: Buffer.from('y') });
    assert.equal(answer.command_status, 0);
  });

  it('that throw or reject are logged and harm nobody', async () => {
    const { client, peer, lines, told } = await scenes.bound();
    client.on('message', () => {
      throw new Error('sync');
    });
    client.on('message', () => Promise.reject(new Error('async')));
    const link = await peer.link();
    const answer = await link.ask({ ...MOBILE, short_message: Buffer.from('x') });
    assert.equal(answer.command_status, 0);
    assert.equal(told('message').length, 1);
    const failed = lines
      .filter(({ event }) => event === 'handler')
      .map(({ err }) => (err as { message: string }).message);
    assert.deepEqual(failed, ['sync', 'async']);
  });

  it('that are taken away are not called', async () => {
    const { client, peer } = await scenes.bound();
    const handler = (): void => assert.fail('called');
    client.on('message', handler);
    client.off('message', handler);
    await (await peer.link()).ask({ ...MOBILE, short_message: Buffer.from('x') });
  });
});
