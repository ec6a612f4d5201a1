import assert from 'node:assert/strict';
import { SmppClient, type ClientEvents, type SmppClientOptions } from '../../src/index';
import { Smsc, type Rule, type SmscOptions } from '../../src/simulator';
import { until } from '../support/until';

const MESSAGE = { source_addr: 'Shop', destination_addr: '491511234567', short_message: 'Hello' };
const COUNT = 30;

/** What a centre does, and what a client needs for it beyond its defaults. */
const HABITS: readonly (readonly [string, readonly Rule[], SmppClientOptions?, SmscOptions?])[] = [
  ['answers in reverse', [{ type: 'reorder', of: 5 }]],
  ['answers everything twice', [{ type: 'duplicate', on: 'all' }]],
  ['sends responses that nobody asked for', [{ type: 'unsolicited', on: 'all' }]],
  [
    'refuses with a header alone',
    [{ type: 'bare' }, { type: 'status', status: 'ESME_RTHROTTLED', times: 2 }],
    { throttleWait: 0.05 },
  ],
  ['writes in pieces', [{ type: 'split', octets: 50 }]],
  ['sends the receipt before the response', [{ type: 'early-receipt', seconds: 0.02 }]],
  [
    'has hexadecimal ids in responses and decimal ones in receipts',
    [{ type: 'ids', response: 'hex', receipt: 'decimal' }],
  ],
  ['has ids with leading zeros in receipts', [{ type: 'ids', response: 'HEX', receipt: 'padded' }]],
  ['has UUIDs for ids', [{ type: 'ids', response: 'uuid' }]],
  ['numbers all its requests 0', [{ type: 'zero-sequence' }]],
  ['does not say its version', [{ type: 'no-version' }]],
  ['says that it is congested', [{ type: 'congestion', state: 95, times: 20 }]],
  [
    'answers some with wrong numbers',
    [{ type: 'wrong-sequence', every: 11, times: 2 }],
    { responseTimeout: 0.3 },
  ],
  ['says nothing to some', [{ type: 'silent', every: 11, times: 2 }], { responseTimeout: 0.3 }],
  ['unbinds', [{ type: 'unbind', after: 7, times: 2 }]],
  ['closes in the middle of a PDU', [{ type: 'half', every: 9, times: 2 }]],
  ['resets in the middle of a PDU', [{ type: 'half', every: 9, times: 2, how: 'reset' }]],
  ['drops the link', [{ type: 'drop', after: 5, times: 2 }]],
  ['resets the link', [{ type: 'drop', after: 5, times: 2, how: 'reset' }]],
  ['does not answer a bind', [{ type: 'silent', on: 'bind', times: 1 }], { bindTimeout: 0.2 }],
  ['closes in place of an answer to a bind', [{ type: 'drop', on: 'bind', times: 1 }]],
  ['refuses binds', [{ type: 'refuse', status: 'ESME_RALYBND', times: 2 }]],
  ['hangs', [{ type: 'hang', after: 7, times: 1 }], { responseTimeout: 0.2 }],
  [
    'hangs and does not read',
    [{ type: 'hang', deaf: true, times: 1 }],
    { responseTimeout: 0.2 },
    { responseTimeout: 0.2 },
  ],
];

describe('A centre that', () => {
  const ends: (() => Promise<unknown>)[] = [];
  afterEach(async () => {
    for (const end of ends.splice(0).reverse()) await end();
  });

  for (const [what, rules, options = {}, centre = {}] of HABITS) {
    it(`${what} loses no message and no receipt`, async () => {
      const smsc = new Smsc({ rules, receiptDelay: 0.01, ...centre });
      ends.push(() => smsc.stop());
      const { port } = await smsc.start();
      const client = new SmppClient({
        port,
        reconnectMin: 0.02,
        reconnectMax: 0.05,
        drainTimeout: 0.1,
        log: () => undefined,
        ...options,
      });
      ends.push(() => client.stop());
      const receipts: ClientEvents['receipt'][] = [];
      client.on('receipt', (event) => void receipts.push(event));
      const failures: ClientEvents['failure'][] = [];
      client.on('failure', (event) => void failures.push(event));
      const texts = new Map<string, number>();
      smsc.on('submit', ({ text = '' }) => texts.set(text, (texts.get(text) ?? 0) + 1));
      const sent = Array.from({ length: COUNT }, (_, n) =>
        client.send({ ...MESSAGE, short_message: `no ${n}`, registered_delivery: 1 }),
      );
      await client.start();
      const outcomes = await Promise.all(sent);
      assert.deepEqual(failures, []);
      assert.equal(new Set(outcomes.map(({ id }) => id)).size, COUNT);
      assert.equal(texts.size, COUNT);
      const matched = (): Set<unknown> => new Set(receipts.map(({ id }) => id));
      // Each message's own, whatever else comes for its repeats.
      await until(() => outcomes.every(({ id }) => matched().has(id)), 'all receipts');
    });
  }

  it('is congested gets a smaller window, as the status tells, until it is not any more', async () => {
    const smsc = new Smsc({ receiptDelay: 0, rules: [{ type: 'congestion', state: 95, times: 40 }] });
    ends.push(() => smsc.stop());
    const { port } = await smsc.start();
    const client = new SmppClient({ port, windowSize: 8, log: () => undefined });
    ends.push(() => client.stop());
    await client.start();
    const window = async (): Promise<number | undefined> => (await client.status()).sessions[0]?.window_size;
    const send = (count: number): Promise<unknown> =>
      Promise.all(Array.from({ length: count }, () => client.send({ ...MESSAGE, registered_delivery: 0 })));
    assert.equal(await window(), 8);
    await send(40);
    assert.equal(await window(), 1);
    await send(100);
    assert.equal(await window(), 8);
  });
});
