import assert from 'node:assert/strict';
import { SmppClient, type MessageEvent, type ReceiptEvent, type SmppClientOptions } from '../../src/index';
import { Smsc, type SmscOptions } from '../../src/simulator';
import { until } from '../support/until';
import { HELLO, numbered } from './setup';

describe('With the simulated SMSC', () => {
  const ends: (() => Promise<void>)[] = [];
  afterEach(async () => {
    for (const end of ends.splice(0).reverse()) await end();
  });

  async function scene(
    smscOptions: SmscOptions,
    options: SmppClientOptions = {},
  ): Promise<{ smsc: Smsc; client: SmppClient; texts: string[] }> {
    const smsc = new Smsc({ receiptDelay: 0.01, ...smscOptions });
    const texts: string[] = [];
    smsc.on('submit', ({ text }) => void texts.push(text ?? ''));
    const { port } = await smsc.start();
    const client = new SmppClient({
      port,
      logLevel: 'silent',
      reconnectMin: 0.01,
      reconnectMax: 0.05,
      ...options,
    });
    ends.push(
      () => smsc.stop(),
      () => client.stop(),
    );
    await client.start();
    return { smsc, client, texts };
  }

  it('a message goes out, its receipt comes back, and a reply finds its way', async () => {
    const { smsc, client } = await scene({});
    const receipts: ReceiptEvent[] = [];
    const messages: MessageEvent[] = [];
    client
      .on('receipt', (event) => void receipts.push(event))
      .on('message', (event) => void messages.push(event));
    const outcome = await client.send(
      { ...HELLO, short_message: 'ß€'.repeat(100) },
      { completeWhen: 'delivered' },
    );
    assert.deepEqual([outcome.event, outcome.segments], ['delivered', 2]);
    assert.ok(receipts.every(({ id, matched }) => matched && id === outcome.id));
    await smsc.deliver({
      source_addr: '491511234567',
      destination_addr: 'Shop',
      text: 'Ünd 日本 '.repeat(30),
    });
    assert.deepEqual(
      messages.map(({ payload, topic }) => [payload, topic]),
      [['Ünd 日本 '.repeat(30), '491511234567']],
    );
  });

  it('nothing is lost over faults of every kind', async () => {
    const { client, smsc, texts } = await scene(
      {
        rules: [
          { type: 'status', status: 'ESME_RTHROTTLED', every: 7 },
          { type: 'silent', every: 23 },
          { type: 'drop', after: 20 },
        ],
      },
      {
        windowSize: 5,
        throttleHandler: 'sampling',
        throttleWait: 0.02,
        denyRequestAt: 100,
        responseTimeout: 0.2,
        maxRedeliveries: 50,
      },
    );
    const results = await client.sendBatch(numbered(100));
    assert.deepEqual([...new Set(results.map(({ status }) => status))], ['fulfilled']);
    assert.deepEqual(
      [...new Set(texts)].map(Number).sort((a, b) => a - b),
      numbered(100).map((_, n) => n),
    );
    smsc.dropLinks();
    await until(() => client.state === 'bound');
    assert.equal((await client.send(HELLO)).event, 'accepted');
  });
});
