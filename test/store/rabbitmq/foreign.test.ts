import assert from 'node:assert/strict';
import type { ConfirmChannel } from 'amqplib';
import { randomUUID } from 'node:crypto';
import { SmppError } from '../../../src/protocol';
import type { DeadLetter, QueueItem, Store } from '../../../src/store';
import { namesOf } from '../../../src/store/rabbitmq/names';
import { CONTENT_TYPE } from '../../../src/store/rabbitmq/record';
import { done, ids, item, items, sleep, take, takeAll } from '../../../src/store/conformance/harness';
import { amqpUrl } from '../../support/brokers';
import { until } from '../../support/until';
import { openRabbit, PREFIX, removeQueues, withChannel } from './setup';

describe('what other programs put into RabbitMQ', function () {
  this.timeout(60_000);
  let url: string;
  let clientId: string;
  let store: Store;
  let prepared: number;
  let refused: DeadLetter[];
  /** Of intake. */
  let failure: SmppError | undefined;
  before(async function () {
    url = await amqpUrl(this);
  });
  beforeEach(async () => {
    clientId = randomUUID();
    prepared = 0;
    refused = [];
    failure = undefined;
    store = await open();
  });
  afterEach(async () => {
    await store.close();
    await removeQueues(url, clientId);
  });

  const open = (): Promise<Store> =>
    openRabbit({ url, clientId, prepare, onRefused: (letter) => refused.push(letter) });

  async function prepare(message: Readonly<Record<string, unknown>>): Promise<QueueItem> {
    prepared++;
    if (failure) throw failure;
    const text = message['short_message'];
    if (typeof text !== 'string') throw new SmppError('INVALID_MESSAGE', 'short_message: is missing');
    return item(`id-${prepared}`, { correlationId: text });
  }

  async function put(
    work: (channel: ConfirmChannel, names: ReturnType<typeof namesOf>) => void,
  ): Promise<void> {
    await withChannel(url, async (channel) => {
      work(channel, namesOf(PREFIX, clientId));
      await channel.waitForConfirms();
    });
  }
  const json = (value: unknown): Buffer => Buffer.from(JSON.stringify(value));

  it('is taken from the exchange and from the queue, with its priority, and passes intake once', async () => {
    await put((channel, { exchange, queue }) => {
      channel.publish(exchange, '0', json({ short_message: 'urgent' }), { contentType: 'application/json' });
      channel.sendToQueue(queue(3), json({ version: 1, short_message: 'bulk' }));
    });
    const leases = await takeAll(store, 2);
    assert.deepEqual(
      leases.map(({ item: { correlationId, priority } }) => [correlationId, priority]),
      [
        ['urgent', 0],
        ['bulk', 3],
      ],
    );
    await store.close();
    store = await open();
    assert.deepEqual(ids(await takeAll(store, 2)), ids(leases));
    assert.equal(prepared, 2);
  });

  it('keeps its order', async () => {
    await put((channel, { queue }) => {
      for (let at = 0; at < 50; at++) channel.sendToQueue(queue(2), json({ short_message: String(at) }));
    });
    const leases = await takeAll(store, 50);
    assert.deepEqual(
      leases.map(({ item: { correlationId } }) => correlationId),
      Array.from({ length: 50 }, (_, at) => String(at)),
    );
  });

  it('goes to the dead letters with the reason and as it was, where it is no message', async () => {
    const large = Buffer.alloc(10_000_000, 'x');
    const wrong = [
      json([1]),
      Buffer.from('no JSON'),
      json({ version: 2 }),
      json({ destination_addr: '1' }),
      large,
    ];
    await put((channel, { queue }) => {
      for (const octets of wrong) channel.sendToQueue(queue(2), octets);
      channel.sendToQueue(queue(2), Buffer.from([9, 0, 0]), { contentType: CONTENT_TYPE });
    });
    await store.queue.enqueue(items('m', 1));
    assert.deepEqual(ids(await take(store, 5)), ['m0']);
    await until(() => refused.length === 6, 'the dead letters');
    const { letters = [], total } = (await store.deadLetters?.list()) ?? {};
    assert.equal(total, 6);
    assert.deepEqual(letters.map(({ reason }) => reason.code).sort(), [
      'INVALID_MESSAGE',
      ...Array<string>(5).fill('INVALID_RECORD'),
    ]);
    for (const octets of wrong) assert.ok(letters.some(({ record }) => record?.equals(octets)));
    assert.ok(letters.some(({ reason }) => /of version 9/.test(reason.text)));
    assert.ok(letters.every(({ item: { segments } }) => segments.length === 0));
    assert.equal((await store.queue.stats()).queued, 0);
  });

  it('is not asked for any more when the store is closed while intake cannot take it', async () => {
    failure = new SmppError('STATE_UNAVAILABLE', 'not now', { retriable: true });
    await put((channel, { queue }) => void channel.sendToQueue(queue(2), json({ short_message: 'x' })));
    take(store, 1).catch(() => undefined);
    await until(() => prepared > 0, 'intake');
    await store.close();
    const before = prepared;
    await sleep(2500);
    assert.equal(prepared, before);
    failure = undefined;
    store = await open();
    assert.equal((await take(store, 1))[0]?.item.correlationId, 'x');
  });

  it('keeps the priority of its queue where it is refused, and goes there where it is replayed', async () => {
    await put((channel, { queue }) => void channel.sendToQueue(queue(4), json({ text: 'x' })));
    take(store, 1).catch(() => undefined);
    await until(() => refused.length === 1, 'the dead letter');
    assert.equal(refused[0]?.item.priority, 4);
    await store.deadLetters?.replay([refused[0]?.item.id ?? '']);
    await until(() => refused.length === 2, 'the dead letter');
    assert.equal(refused[1]?.item.priority, 4);
  });

  it('comes back as it was where it is replayed', async () => {
    await put((channel, { queue }) => void channel.sendToQueue(queue(2), json({ text: 'x' })));
    const waiting = take(store, 1);
    await until(() => refused.length === 1, 'the dead letter');
    const [letter] = refused as [DeadLetter];
    await store.deadLetters?.replay([letter.item.id]);
    await until(() => refused.length === 2, 'the dead letter');
    assert.deepEqual(refused[1]?.record, letter.record);
    await store.queue.enqueue([item('m')]);
    await store.queue.settle((await waiting).map(done));
    assert.equal((await store.deadLetters?.list())?.total, 1);
  });

  it('keeps the trace context that its producer has set as headers, unless the record says another', async () => {
    const traceparent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';
    const headers = { traceparent, tracestate: 'a=1' };
    await put((channel, { exchange }) => {
      channel.publish(exchange, '2', json({ short_message: 'traced' }), { headers });
      channel.publish(exchange, '2', json({ short_message: 'odd' }), { headers: { traceparent: 'x' } });
    });
    const leases = await takeAll(store, 2);
    const byText = new Map(leases.map((lease) => [lease.item.correlationId, lease.item.trace]));
    assert.deepEqual(
      [byText.get('traced'), byText.get('odd')],
      [{ traceparent, tracestate: 'a=1' }, undefined],
    );
  });

  it('keeps it as well where the record is refused, and when that is replayed', async () => {
    const traceparent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';
    await put((channel, { exchange }) => {
      channel.publish(exchange, '2', json({ text: 'wrong' }), { headers: { traceparent } });
    });
    take(store, 1).catch(() => undefined);
    for (const count of [1, 2]) {
      await until(() => refused.length === count, 'the refusal');
      assert.deepEqual(refused.at(-1)?.item.trace, { traceparent });
      const letters = (await store.deadLetters?.list())?.letters ?? [];
      assert.deepEqual(
        letters.map((letter) => letter.item.trace),
        [{ traceparent }],
      );
      if (count === 1) await store.deadLetters?.replay(letters.map((letter) => letter.item.id));
    }
  });
});
