import assert from 'node:assert/strict';
import { setImmediate as turn } from 'node:timers/promises';
import { SmppClient, type MessageEvent, type MessageStream } from '../../../src/index';
import { statusName } from '../../../src/protocol';
import { segment } from '../../../src/text';
import type { PeerLink } from '../../support/peer';
import { pass } from '../../support/until';
import { advanceUntil, Scenes, untilStatus, type Scene } from '../setup';

const PHONE = { command: 'deliver_sm', source_addr: '491517654321', destination_addr: '1234' };
const options = { enquireLinkInterval: 0, ackTimeout: 10 } as const;
const LATER = 'ESME_RX_T_APPN';

describe('A loop over incoming messages', () => {
  const scenes = new Scenes();
  afterEach(() => scenes.end());

  async function bound(given: object = {}): Promise<[Scene, PeerLink]> {
    const scene = await scenes.bound({}, { ...options, ...given });
    return [scene, await scene.peer.link()];
  }
  const send = (link: PeerLink, text: string): number =>
    link.send({ ...PHONE, short_message: Buffer.from(text) });
  const status = async (link: PeerLink, number: number): Promise<string> =>
    statusName((await link.response(number)).command_status);
  const answered = (link: PeerLink): number => link.requests('deliver_sm_resp').length;

  it('gives what comes, and answers each when it asks for the next', async () => {
    const [{ client }, link] = await bound();
    const loop = client.messages()[Symbol.asyncIterator]();
    const numbers = ['a', 'b'].map((text) => send(link, text));
    const first = await loop.next();
    assert.equal(first.value?.payload, 'a');
    await pass(20);
    assert.equal(answered(link), 0);
    assert.equal((await loop.next()).value?.payload, 'b');
    assert.equal(await status(link, numbers[0]!), 'ESME_ROK');
    assert.equal(answered(link), 1);
    const third = loop.next();
    assert.equal(await status(link, numbers[1]!), 'ESME_ROK');
    await client.stop();
    assert.deepEqual(await third, { done: true, value: undefined });
  });

  it('is written with for await, and ends with the client', async () => {
    const [{ client }, link] = await bound();
    const texts: unknown[] = [];
    const looping = (async () => {
      for await (const { payload, topic } of client.messages()) texts.push([topic, payload]);
    })();
    assert.equal(await status(link, send(link, 'Hello')), 'ESME_ROK');
    await client.stop();
    await looping;
    assert.deepEqual(texts, [[PHONE.source_addr, 'Hello']]);
  });

  it('answers with the status that an item is acknowledged with, before the loop goes on', async () => {
    const [{ client }, link] = await bound();
    const loop = client.messages()[Symbol.asyncIterator]();
    const number = send(link, 'a');
    const { value } = await loop.next();
    client.acknowledge(value!.ack_id!, 'ESME_RX_R_APPN');
    assert.equal(await status(link, number), 'ESME_RX_R_APPN');
    assert.throws(() => client.acknowledge(value!.ack_id!), { code: 'ACK_GONE' });
  });

  for (const [how, leave] of [
    ['break', () => true],
    ['an error', () => assert.fail('of the loop')],
  ] as const)
    it(`leaves what it has in hand, and what waits, to the SMSC to repeat when it is left by ${how}`, async () => {
      const [{ client }, link] = await bound();
      const numbers = ['a', 'b'].map((text) => send(link, text));
      const looping = (async () => {
        for await (const { payload } of client.messages()) if (payload === 'a' && leave()) break;
      })();
      await looping.catch(() => undefined);
      for (const number of numbers) assert.equal(await status(link, number), LATER);
    });

  it('gives nobody what was not answered in time, so that its repetition is the only one', async () => {
    const [{ client, clock, lines }, link] = await bound();
    const loop = client.messages()[Symbol.asyncIterator]();
    const numbers = ['a', 'b'].map((text) => send(link, text));
    const first = await loop.next();
    await untilStatus(client, ({ unanswered }) => unanswered === 2);
    await advanceUntil(clock, () => answered(link) === 2, 1000);
    for (const number of numbers) assert.equal(await status(link, number), LATER);
    assert.equal(first.value?.payload, 'a');
    const warning = lines.find(({ event, level }) => event === 'ack' && level === 'warn');
    assert.match(String(warning?.msg), /a loop over messages was not done.*several loops share the stream/);
    send(link, 'b again');
    assert.equal((await loop.next()).value?.payload, 'b again');
  });

  it('holds no more than ackLimit, and pauses the SMSC by its window', async () => {
    const [{ client }, link] = await bound({ ackLimit: 3 });
    const stream = client.messages();
    for (let n = 0; n < 10; n++) send(link, String(n));
    await untilStatus(client, ({ unanswered }) => unanswered === 10);
    const texts: unknown[] = [];
    for await (const { payload } of stream) if (texts.push(payload) === 10) break;
    assert.deepEqual(texts, '0 1 2 3 4 5 6 7 8 9'.split(' '));
  });

  it('is shared by several loops, which get each item once', async () => {
    const [{ client }, link] = await bound();
    const stream = client.messages();
    const texts: unknown[] = [];
    const worker = async (): Promise<void> => {
      for await (const { payload } of stream) {
        texts.push(payload);
        await turn();
      }
    };
    const working = [worker(), worker(), worker()];
    const numbers = Array.from({ length: 20 }, (_, n) => send(link, String(n)));
    for (const number of numbers) assert.equal(await status(link, number), 'ESME_ROK');
    assert.deepEqual(
      texts.map(Number).sort((a, b) => a - b),
      numbers.map((_, n) => n),
    );
    await stream.close();
    await Promise.all(working);
  });

  it('goes on where another loop over the same stream is left', async () => {
    const [{ client }, link] = await bound();
    const stream = client.messages();
    const [one, other] = [stream[Symbol.asyncIterator](), stream[Symbol.asyncIterator]()];
    const [first, second] = [send(link, 'a'), send(link, 'b')];
    await one.next();
    await other.next();
    await one.return?.();
    assert.equal(await status(link, first), LATER);
    const third = other.next();
    assert.equal(await status(link, second), 'ESME_ROK');
    send(link, 'c');
    assert.equal((await third).value?.payload, 'c');
  });

  it('answers when all streams are done, also handlers', async () => {
    const [{ client }, link] = await bound();
    const loops = [client.messages(), client.messages()].map((stream) => stream[Symbol.asyncIterator]());
    let handled: () => void = () => undefined;
    client.on('message', () => new Promise<void>((resolve) => (handled = resolve)));
    const number = send(link, 'a');
    for (const loop of loops) assert.equal((await loop.next()).value?.payload, 'a');
    for (const loop of loops) void loop.next();
    await pass(20);
    assert.equal(answered(link), 0);
    handled();
    assert.equal(await status(link, number), 'ESME_ROK');
  });

  it('gives receipts, where they are asked for', async () => {
    const [{ client }, link] = await bound({ receiptHoldTime: 0 });
    const both = client.messages({ events: ['receipt', 'message'] })[Symbol.asyncIterator]();
    send(link, 'a');
    assert.equal((await both.next()).value?.event, 'message');
    const text =
      'id:7 sub:001 dlvrd:001 submit date:2603041405 done date:2603041406 stat:DELIVRD err:000 text:';
    const number = link.send({ ...PHONE, esm_class: 4, short_message: Buffer.from(text) });
    const { value } = await both.next();
    assert.deepEqual(value?.event === 'receipt' && [value.message_id, value.state], ['7', 'DELIVRD']);
    void both.next();
    assert.equal(await status(link, number), 'ESME_ROK');
  });

  it('has a message of many parts whole, and its last part repeated when it is let go', async () => {
    const [{ client }, link] = await bound();
    const parts = segment('x'.repeat(200), { method: 'udh8', reference: 7 }).segments;
    const loop = client.messages()[Symbol.asyncIterator]();
    const numbers = parts.map((part) => link.send({ ...PHONE, ...part }));
    assert.equal((await loop.next()).value?.payload, 'x'.repeat(200));
    assert.equal(await status(link, numbers[0]!), 'ESME_ROK');
    await loop.return?.();
    assert.equal(await status(link, numbers[1]!), LATER);
    const again = client.messages()[Symbol.asyncIterator]();
    const repeated = link.send({ ...PHONE, ...parts[1] });
    assert.equal((await again.next()).value?.payload, 'x'.repeat(200));
    void again.next();
    assert.equal(await status(link, repeated), 'ESME_ROK');
  });

  it('with acknowledge manual: asking for the next answers nothing, the ack_id does', async () => {
    const [{ client }, link] = await bound({ acknowledge: 'manual' });
    const loop = client.messages()[Symbol.asyncIterator]();
    const numbers = ['a', 'b'].map((text) => send(link, text));
    const items = [(await loop.next()).value!, (await loop.next()).value!];
    await pass(20);
    assert.equal(answered(link), 0);
    client.acknowledge(items[1]!.ack_id!);
    assert.equal(await status(link, numbers[1]!), 'ESME_ROK');
    // Whoever got it from the loop may still be at work with it.
    await loop.return?.();
    client.acknowledge(items[0]!.ack_id!);
    assert.equal(await status(link, numbers[0]!), 'ESME_ROK');
  });

  it('throws the reason of its signal where it waits, and is answered what it was done with', async () => {
    const [{ client }, link] = await bound();
    const ending = new AbortController();
    const texts: unknown[] = [];
    const looping = (async () => {
      for await (const { payload } of client.messages({ signal: ending.signal })) texts.push(payload);
    })();
    const number = send(link, 'a');
    assert.equal(await status(link, number), 'ESME_ROK');
    ending.abort(new Error('enough'));
    await assert.rejects(looping, /enough/);
    assert.deepEqual(texts, ['a']);
    await assert.rejects(client.messages({ signal: ending.signal })[Symbol.asyncIterator]().next(), /enough/);
  });

  it('is done with the item in hand when the client stops meanwhile, and the rest comes again', async () => {
    const [{ client }, link] = await bound();
    const numbers = ['a', 'b'].map((text) => send(link, text));
    const loop = client.messages()[Symbol.asyncIterator]();
    await loop.next();
    await untilStatus(client, ({ unanswered }) => unanswered === 2);
    const stopped = client.stop();
    assert.equal(await status(link, numbers[1]!), LATER);
    assert.equal((await loop.next()).done, true);
    assert.equal(await status(link, numbers[0]!), 'ESME_ROK');
    await stopped;
  });

  it('ends at once where the client was stopped before', async () => {
    const client = new SmppClient({ logLevel: 'silent' });
    await client.stop();
    for await (const _ of client.messages()) assert.fail('a message of nobody');
  });

  it('takes only what comes from the SMSC', () => {
    const client = new SmppClient({ logLevel: 'silent' });
    for (const events of [['response'], [], 'message'] as never[])
      assert.throws(() => client.messages({ events }), {
        code: 'INVALID_OPTION',
        message: /^events \(.*\): give a list of "message", "receipt" or both/,
      });
    return client.stop();
  });

  it('is typed by what it gives', async () => {
    const client = new SmppClient({ logLevel: 'silent' });
    const stream: MessageStream<MessageEvent> = client.messages();
    await stream[Symbol.asyncDispose]();
    await client.stop();
  });
});
