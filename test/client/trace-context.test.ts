import assert from 'node:assert/strict';
import type { DeliveryError, Message } from '../../src/index';
import { until } from '../support/until';
import { HELLO, Scenes, advanceUntil, store, type Scene } from './setup';

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const SPAN = '00f067aa0ba902b7';
const traceparent = `00-${TRACE}-${SPAN}-01`;
const tracestate = 'vendor=value';

interface Traced {
  traceparent?: string;
  tracestate?: string;
}
const tracesOf = (told: readonly Traced[]): unknown[] => told.map((one) => [one.traceparent, one.tracestate]);
const BOTH = [traceparent, tracestate];
const NONE = [undefined, undefined];

describe('The trace context of a message', () => {
  const scenes = new Scenes();
  afterEach(() => scenes.end());

  const linesOf = ({ lines }: Scene, event: string): unknown[] =>
    lines.filter((line) => line['event'] === event).map((line) => [line['trace_id'], line['span_id']]);

  it('is in every event, outcome and log line of it, and not on the wire', async () => {
    let n = 0;
    const scene = await scenes.bound({ submit_sm: () => ({ message_id: `m${++n}` }) }, { logLevel: 'debug' });
    const { client, peer, told } = scene;
    const plain = await client.send(HELLO);
    assert.deepEqual(tracesOf([plain]), [NONE]);
    const sent = client.send({ ...HELLO, traceparent, tracestate }, { completeWhen: 'delivered' });
    await peer.untilSubmits(2);
    const link = await peer.link();
    link.receipt('m2');
    assert.deepEqual(tracesOf([await sent]), [BOTH]);
    link.receipt('m2');
    await until(() => told('receipt').length === 2);
    assert.deepEqual(tracesOf(told('request')), [NONE, BOTH]);
    assert.deepEqual(tracesOf(told('response')), [NONE, BOTH]);
    assert.deepEqual(tracesOf(told('receipt')), [BOTH, BOTH]);
    assert.equal(told('receipt')[1]?.duplicate, true);
    for (const event of ['submit', 'receipt'])
      assert.deepEqual(linesOf(scene, event).at(-1), [TRACE, SPAN], event);
    const [bare, traced] = peer.submits;
    assert.deepEqual({ ...traced, sequence_number: 0 }, { ...bare, sequence_number: 0 });
  });

  it('is in a failure, its error, its dead letter, and in what comes of it when it is replayed', async () => {
    const statuses = [0x0b, 0];
    const scene = await scenes.bound({
      submit_sm: () => {
        const command_status = statuses.shift() ?? 0;
        return command_status === 0 ? { message_id: 'm' } : { command_status };
      },
    });
    const { client, told } = scene;
    const failing = client.send({ ...HELLO, traceparent, tracestate });
    await assert.rejects(failing, ({ outcome }: DeliveryError) => {
      assert.deepEqual(tracesOf([outcome]), [BOTH]);
      return true;
    });
    assert.deepEqual(tracesOf(told('failure')), [BOTH]);
    assert.deepEqual(linesOf(scene, 'failure'), [[TRACE, SPAN]]);
    assert.deepEqual(tracesOf((await client.deadLetters()).letters), [BOTH]);
    await client.replay();
    await until(() => told('response').length === 2);
    assert.deepEqual(tracesOf(told('response')), [BOTH, BOTH]);
  });

  it('is that of all segments, of queries too', async () => {
    const { client, told } = await scenes.bound();
    await client.send({ ...HELLO, short_message: 'long '.repeat(60), traceparent });
    assert.deepEqual(tracesOf(told('response')), [
      [traceparent, undefined],
      [traceparent, undefined],
    ]);
    const asked = await client.send({
      command: 'query_sm',
      message_id: '1',
      source_addr: 'Shop',
      traceparent,
    });
    assert.deepEqual(tracesOf([asked, told('response').at(-1) as Traced]), [
      [traceparent, undefined],
      [traceparent, undefined],
    ]);
  });

  it('is that of its metadata where it says none itself', async () => {
    const { client, told } = await scenes.bound();
    const other = traceparent.replace('4bf9', '0000');
    await client.send({ ...HELLO, metadata: { traceparent, tracestate } });
    await client.send({ ...HELLO, metadata: { traceparent }, traceparent: other });
    await client.send({ ...HELLO, metadata: 'traceparent' });
    assert.deepEqual(tracesOf(told('response')), [BOTH, [other, undefined], NONE]);
  });

  it('is passed over with a line where it is none, and the message is sent', async () => {
    const { client, lines } = await scenes.bound({}, { logLevel: 'debug' });
    for (const odd of ['x', 17, {}, null, '']) {
      const outcome = await client.send({ ...HELLO, traceparent: odd } as unknown as Message);
      assert.deepEqual(tracesOf([outcome]), [NONE]);
    }
    await client.send({ ...HELLO, tracestate });
    const passedOver = lines.filter((line) => line['event'] === 'trace');
    assert.ok(passedOver.length >= 3 && passedOver.every(({ level }) => level === 'debug'));
  });

  it('is each message its own, also where all else of them is the same', async () => {
    const { client, told } = await scenes.bound();
    const traces = Array.from({ length: 30 }, (_, n) =>
      n % 3 === 0 ? undefined : traceparent.replace('4bf9', `10${n + 10}`),
    );
    await client.enqueue(traces.map((one) => (one === undefined ? HELLO : { ...HELLO, traceparent: one })));
    await until(() => told('response').length === 30);
    assert.deepEqual(
      told('response').map((event) => event.traceparent),
      traces,
    );
  });

  it('outlives the client in its store', async () => {
    const first = await scenes.idle();
    const kept = store(first.clock);
    const client = (await scenes.idle({}, { queue: kept, clock: first.clock })).client;
    await client.enqueue({ ...HELLO, traceparent, tracestate });
    await client.stop();
    const next = await scenes.bound({}, { queue: kept, clock: first.clock });
    await advanceUntil(first.clock, () => next.told('response').length === 1);
    assert.deepEqual(tracesOf(next.told('response')), [BOTH]);
  });

  it('is what a queue item of naz says', async () => {
    const { client, told } = await scenes.bound({}, { payloadFormat: 'naz' });
    const item = { version: 1, smpp_command: 'submit_sm', log_id: 'l', ...HELLO, traceparent, tracestate };
    await client.send(JSON.stringify(item));
    assert.deepEqual(tracesOf(told('response')), [BOTH]);
  });
});
