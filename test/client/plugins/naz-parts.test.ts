import assert from 'node:assert/strict';
import { ConfigError, fromNaz } from '../../../src/index';
import { FakeClock } from '../../support/clock';
import { until } from '../../support/until';
import { HELLO, Scenes, advanceUntil, numbered, textsOf } from '../setup';

/** As naz's users write one in their tests: a list, and those who wait for what it has not. */
class Broker {
  readonly items: unknown[] = [];
  readonly #waiting: ((item: unknown) => void)[] = [];

  async enqueue(item: unknown): Promise<void> {
    // A broker writes JSON.
    const written = JSON.stringify(item);
    const wake = this.#waiting.shift();
    if (wake) wake(written);
    else this.items.push(written);
  }

  dequeue(): Promise<unknown> {
    if (this.items.length > 0) return Promise.resolve(this.items.shift());
    return new Promise((resolve) => this.#waiting.push(resolve));
  }
}

describe("Parts with naz's interfaces", () => {
  const scenes = new Scenes();
  afterEach(() => scenes.end());

  it('limit the rate: limit() is waited for before each segment', async () => {
    let limits = 0;
    const rateLimiter = fromNaz.rateLimiter({ limit: async () => ++limits });
    const { client } = await scenes.bound({}, { rateLimiter });
    const outcomes = await client.sendBatch(numbered(3));
    assert.ok(outcomes.every(({ status }) => status === 'fulfilled'));
    assert.ok(limits >= 3);
  });

  it('handle throttling: what they answer is waited for', async () => {
    const calls: string[] = [];
    let allowed = false;
    const throttleHandler = fromNaz.throttleHandler({
      throttled: async () => void calls.push('throttled'),
      not_throttled: async () => void calls.push('not_throttled'),
      allow_request: async () => allowed,
      throttle_delay: async () => 7,
    });
    let n = 0;
    const script = {
      submit_sm: () => (++n === 1 ? { command_status: 'ESME_RTHROTTLED' } : { message_id: 'a' }),
    };
    const { client, peer, clock } = await scenes.bound(script, { throttleHandler });
    const sent = client.send(HELLO);
    await clock.advance(6000);
    assert.equal(peer.submits.length, 0);
    allowed = true;
    await advanceUntil(clock, () => peer.submits.length === 2);
    assert.equal((await sent).event, 'accepted');
    assert.deepEqual(calls, ['throttled', 'not_throttled']);
  });

  it('that reject are told by name, and deny', async () => {
    let broken = true;
    const throttleHandler = fromNaz.throttleHandler({
      throttled: async () => undefined,
      not_throttled: () => Promise.reject(new Error('no redis')),
      allow_request: () => (broken ? Promise.reject(new Error('no redis')) : Promise.resolve(true)),
      throttle_delay: async () => 1,
    });
    const { client, peer, clock, lines } = await scenes.bound({}, { throttleHandler });
    const sent = client.send(HELLO);
    await clock.advance(5000);
    assert.equal(peer.submits.length, 0);
    broken = false;
    await advanceUntil(clock, () => peer.submits.length === 1);
    await sent;
    const told = lines.filter(({ part }) => part === 'throttleHandler').map(({ method }) => method);
    assert.deepEqual(told, ['allowRequest', 'notThrottled'], 'once each');
  });

  it('give sequence numbers', async () => {
    let last = 40;
    const sequence = fromNaz.sequence({ next_sequence: () => ++last });
    const { client, peer } = await scenes.bound({}, { sequence });
    await client.send(HELLO);
    assert.equal(peer.submits[0]?.sequence_number, 42);
  });

  it('queue messages, as JSON, with what belongs to them', async () => {
    const broker = new Broker();
    const { client, peer } = await scenes.idle({}, { queue: fromNaz.broker(broker) });
    const sent = client.send({ ...HELLO, correlation_id: 'order 7', metadata: { a: 1 } });
    await until(() => broker.items.length === 1);
    const written = JSON.parse(broker.items[0] as string) as Record<string, unknown>;
    assert.deepEqual(
      [written.version, written.smpp_command, written.log_id, written.hook_metadata],
      [1, 'submit_sm', 'order 7', '{"a":1}'],
    );
    await client.start();
    const outcome = await sent;
    assert.deepEqual(
      [outcome.event, outcome.correlation_id, outcome.metadata],
      ['accepted', 'order 7', { a: 1 }],
    );
    assert.deepEqual(textsOf(peer.submits), ['Hello']);
  });

  it("send naz's own items that others put into the broker, and tell of those that cannot be sent", async () => {
    const broker = new Broker();
    const item = {
      version: 1,
      smpp_command: 'submit_sm',
      log_id: 'elsewhere',
      hook_metadata: '',
      short_message: 'from Python',
      source_addr: 'Shop',
      destination_addr: '491511234567',
      encoding: 'gsm0338',
    };
    await broker.enqueue({ ...item, colour: 'green' });
    await broker.enqueue(item);
    const { client, peer, told, lines, clock } = await scenes.bound({}, { queue: fromNaz.broker(broker) });
    await advanceUntil(clock, () => peer.submits.length === 1);
    assert.deepEqual(textsOf(peer.submits), ['from Python']);
    await until(() => told('response').length === 1);
    assert.equal(told('response')[0]?.correlation_id, 'elsewhere');
    assert.equal(lines.find(({ stage }) => stage === 'refused')?.code, 'UNKNOWN_FIELD');
    assert.equal(client.state, 'bound');
  });

  it('take back at the stop what was taken out and not sent', async () => {
    const broker = new Broker();
    const clock = new FakeClock();
    const script = { submit_sm: () => ({ command_status: 'ESME_RSYSERR' }) };
    const { client, peer } = await scenes.bound(script, { clock, queue: fromNaz.broker(broker) });
    await client.enqueue(HELLO);
    await peer.untilSubmits(1);
    const stopped = client.stop();
    await advanceUntil(clock, () => broker.items.length === 1);
    await stopped;
    const { state } = JSON.parse(broker.items[0] as string) as { state: { attempts: number } };
    assert.equal(state.attempts, 1);
    const next = await scenes.bound({}, { clock, queue: fromNaz.broker(broker) });
    await until(() => next.peer.submits.length === 1);
  });

  it('that fail are told as the queue', async () => {
    const queue = fromNaz.broker({
      enqueue: () => Promise.reject(new Error('no rabbit')),
      dequeue: async () => undefined,
    });
    const { client } = await scenes.bound({}, { queue });
    await assert.rejects(client.enqueue(HELLO), {
      code: 'QUEUE_UNAVAILABLE',
      retriable: true,
      message: /no rabbit/,
    });
  });

  it('that cannot be read are asked again after a pause, and hold up nothing else', async () => {
    let asked = 0;
    let away = true;
    const broker = new Broker();
    const queue = fromNaz.broker({
      enqueue: (item) => broker.enqueue(item),
      dequeue: () => {
        // A client that asks without a pause would never let anything else happen.
        if (++asked > 100) return new Promise(() => undefined);
        if (away) throw new Error('no rabbit');
        return broker.dequeue();
      },
    });
    const { client, lines, clock } = await scenes.bound({}, { queue });
    const sent = client.send(HELLO);
    await until(() => lines.some(({ event, stage }) => event === 'sending' && stage === 'interrupted'));
    assert.ok(asked < 5, `asked ${asked} times`);
    away = false;
    let event: string | undefined;
    void sent.then((outcome) => (event = outcome.event));
    await advanceUntil(clock, () => event !== undefined);
    assert.equal(event, 'accepted');
  });

  it('that give octets are read, and what only looks like an item of ours is refused', async () => {
    const item = { smpp_command: 'submit_sm', short_message: 'octets', destination_addr: '491511234567' };
    const given: unknown[] = [
      { item: 'mine' },
      { item: { segments: ['00'] } },
      { item: { id: 'x', command: 'submit_sm', segments: [7] } },
      new Uint8Array(Buffer.from(JSON.stringify(item))),
    ];
    const queue = fromNaz.broker({ enqueue: async () => undefined, dequeue: async () => given.shift() });
    const { peer, lines, clock } = await scenes.bound({}, { queue });
    await advanceUntil(clock, () => peer.submits.length === 1);
    assert.deepEqual(textsOf(peer.submits), ['octets']);
    const codes = lines.filter(({ stage }) => stage === 'refused').map(({ code }) => code);
    assert.deepEqual(codes, ['UNKNOWN_FIELD', 'UNKNOWN_FIELD', 'UNKNOWN_FIELD']);
  });

  it('that lack a method are refused at once', () => {
    const refused = (make: () => unknown, text: RegExp): void => {
      assert.throws(make, (error) => error instanceof ConfigError && text.test(error.message));
    };
    refused(() => fromNaz.rateLimiter({} as never), /rateLimiter: it lacks limit;/);
    refused(() => fromNaz.broker({ enqueue: async () => 1 } as never), /queue: it lacks dequeue;/);
    refused(() => fromNaz.throttleHandler(undefined as never), /lacks throttled, not_throttled/);
    refused(() => fromNaz.sequence({ next: () => 1 } as never), /sequence: it lacks next_sequence;/);
  });
});
