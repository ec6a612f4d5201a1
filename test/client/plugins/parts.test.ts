import assert from 'node:assert/strict';
import { setImmediate as tick } from 'node:timers/promises';
import { inspect } from 'node:util';
import {
  ConfigError,
  SequenceCounter,
  SmppClient,
  SmppError,
  openMemoryStore,
  type SmppClientOptions,
} from '../../../src/index';
import { FakeClock } from '../../support/clock';
import { until } from '../../support/until';
import { bound } from '../../support/queue';
import { HELLO, Scenes, advanceUntil, numbered, store } from '../setup';

type Line = Record<string, unknown>;

const noop = (): void => undefined;
const broken = (): never => {
  throw new Error('boom');
};

describe('Parts given as objects', () => {
  const limiter = { acquire: async () => 1, giveBack: noop };
  const handler = { throttled: noop, notThrottled: noop, allowRequest: () => true, throttleDelay: () => 1 };
  const memory = openMemoryStore({ capacity: 10, whenFull: 'reject' });
  class Limiter {
    acquire = limiter.acquire;
    giveBack = limiter.giveBack;
  }

  const refusals: [name: string, options: object, text: RegExp][] = [
    [
      "a rate limiter with naz's interface",
      { rateLimiter: { limit: async () => 1 } },
      /rateLimiter: it lacks acquire, giveBack; limit\(\) is naz's: wrap it as fromNaz\.rateLimiter\(…\)/,
    ],
    [
      'one of another kind',
      { rateLimiter: { acquire: 1, giveBack: noop } },
      /it lacks acquire; give an object with/,
    ],
    [
      'a class',
      { rateLimiter: Limiter },
      /rateLimiter \(.*\): it is a function or class; give what that makes/,
    ],
    ['a number', { rateLimiter: 5 }, /rateLimiter \(5\): it is no object/],
    ['a list', { throttleHandler: [handler] }, /throttleHandler: it is no object/],
    [
      "naz's throttle handler",
      { throttleHandler: { allow_request: noop } },
      /lacks throttled, .*fromNaz\.throttleHandler/,
    ],
    ["naz's broker", { queue: { enqueue: noop, dequeue: noop } }, /queue: it lacks .*fromNaz\.broker/],
    [
      'a store of which the queue lacks something',
      { queue: { ...memory, queue: { ...bound(memory.queue), take: undefined } } },
      /queue: it lacks queue\.take;/,
    ],
    ['a store without state', { queue: { ...memory, state: {} } }, /it lacks state\.get, state\.set/],
    ["naz's correlater", { correlator: { put: noop, get: noop } }, /correlator: it lacks expire/],
    [
      "naz's sequence generator",
      { sequence: { next_sequence: noop } },
      /it is no function; .*fromNaz\.sequence/,
    ],
    [
      'a generator and not its maker',
      { sequence: new SequenceCounter() },
      /give a function that makes a generator/,
    ],
    ['codecs that are no list', { codecs: { name: 'a' } }, /codecs: give a list of codecs/],
    [
      'a codec without a data_coding',
      { codecs: [{ name: 'a', data_coding: 300, encode: noop, decode: noop }] },
      /codecs\[0\]: it lacks data_coding/,
    ],
    [
      'the id of a codec that nobody finds',
      { codecs: ['mine'] },
      /codecs\[0\] \("mine"\): .*needs resolvePlugin/,
    ],
    ['console', { log: console }, /log: it lacks isLevelEnabled, child; give a pino logger, or a function/],
    ['half a clock', { clock: { now: () => 0 } }, /clock: it lacks monotonic, setTimeout, clearTimeout/],
    ['a number as chance', { random: 4 }, /random \(4\): it is no function/],
    ['no TLS options', { tls: 'ca' }, /tls \("ca"\): give an object/],
    [
      'a plugin of another type',
      { correlator: { type: 'smpp-queue', id: 'a', apiVersion: 1, create: noop } },
      /correlator: it is a plugin of type smpp-queue/,
    ],
  ];
  for (const [name, options, text] of refusals) {
    it(`that are ${name} are refused at once, with what is missing and what to give`, () => {
      assert.throws(
        () => new SmppClient(options),
        (error) => {
          assert.ok(error instanceof ConfigError);
          assert.match(error.message, text);
          assert.deepEqual([error.code, error.problems.length], ['INVALID_CONFIG', 1]);
          return true;
        },
      );
    });
  }

  it('that are left blank are as if not given', () => {
    const blank = {
      queue: null,
      rateLimiter: '',
      throttleHandler: null,
      correlator: '',
      sequence: null,
      log: null,
    };
    assert.ok(new SmppClient(blank as unknown as SmppClientOptions));
  });

  describe('while they work', () => {
    const scenes = new Scenes();
    afterEach(() => scenes.end());

    const stumbles = (lines: readonly Line[]): string[] =>
      lines.filter(({ stage }) => stage === 'interrupted').map(({ msg }) => String(msg));

    for (const given of [0, NaN, undefined, -1, 1.5, '1', Infinity]) {
      it(`a rate limiter that gives ${inspect(given)} is told once, asked again after a pause, and hangs nothing`, async () => {
        let asked = 0;
        let answer: unknown = given;
        const rateLimiter = { acquire: async () => (asked++, answer as number), giveBack: noop };
        const { client, peer, clock, lines } = await scenes.bound({}, { rateLimiter });
        const sent = client.send(HELLO);
        await until(() => asked > 0);
        await clock.advance(5000);
        assert.ok(asked < 10, `asked ${asked} times in 5 s`);
        assert.equal(peer.submits.length, 0);
        assert.equal(stumbles(lines).length, 1);
        assert.match(
          stumbles(lines)[0]!,
          /the rate limiter's acquire\(\) gave .*: it must give a whole number from 1 to 1/,
        );
        answer = 1;
        await advanceUntil(clock, () => peer.submits.length === 1);
        assert.equal((await sent).event, 'accepted');
      });
    }

    it('a rate limiter that gives more than was asked for grants what was asked for', async () => {
      const back: number[] = [];
      const rateLimiter = { acquire: async () => 50, giveBack: (n: number) => void back.push(n) };
      const { client, lines } = await scenes.bound({}, { rateLimiter });
      await client.send(HELLO);
      assert.equal(back[0], 49);
      assert.equal(lines.filter(({ part }) => part === 'rateLimiter').length, 1);
    });

    it('a rate limiter that never answers does not hold up a stop, and its messages go back', async () => {
      const clock = new FakeClock();
      const queue = store(clock);
      const rateLimiter = { acquire: () => new Promise<number>(noop), giveBack: noop };
      const { client } = await scenes.bound({}, { clock, queue, rateLimiter });
      await client.enqueue(HELLO);
      for (let n = 0; n < 100 && (await queue.queue.stats()).leased === 0; n++) await tick();
      await client.disconnect();
      assert.equal((await queue.queue.stats()).queued, 1);
    });

    for (const [name, given] of [
      ['nothing', undefined],
      ['an empty list', []],
    ] as const) {
      it(`a queue of which take gives ${name} is told once and hangs nothing`, async () => {
        const clock = new FakeClock();
        let taken = 0;
        const inner = store(clock).queue;
        let wrong = true;
        const queue = {
          ...bound(inner),
          take: (max: number, options: { signal: AbortSignal }) =>
            wrong ? (taken++, Promise.resolve(given as never)) : inner.take(max, options),
        };
        const { client, lines } = await scenes.bound({}, { clock, queue });
        await clock.advance(5000);
        assert.ok(taken < 10, `asked ${taken} times in 5 s`);
        assert.equal(stumbles(lines).length, 1);
        assert.match(stumbles(lines)[0]!, /the queue's take\(\) gave/);
        wrong = false;
        const sent = client.send(HELLO);
        await advanceUntil(clock, () => client.state === 'bound' && taken < 10);
        await clock.advance(2000);
        assert.equal((await sent).event, 'accepted');
      });
    }

    it('a queue that rejects, or throws, is QUEUE_UNAVAILABLE with its cause; its own codes stay', async () => {
      const clock = new FakeClock();
      let failure: Error = new Error('disk on fire');
      const fails = (): never => {
        throw failure;
      };
      const queue = { ...bound(store(clock).queue), enqueue: fails };
      const { client, told } = await scenes.bound({}, { clock, queue });
      const unavailable = { code: 'QUEUE_UNAVAILABLE', retriable: true, cause: failure, part: 'queue' };
      await assert.rejects(client.send(HELLO), unavailable);
      await assert.rejects(client.enqueue(HELLO), unavailable);
      assert.deepEqual(
        told('queue').map(({ state }) => state),
        ['unavailable'],
      );
      failure = new SmppError('QUEUE_FULL', 'no room');
      await assert.rejects(client.enqueue(HELLO), failure);
    });

    it('a correlator that fails is not the queue: put is tried again before the message is settled', async () => {
      const clock = new FakeClock();
      const inner = store(clock);
      let away = true;
      const correlator = {
        put: (entries: Parameters<typeof inner.correlator.put>[0]) =>
          away ? Promise.reject(new Error('no index')) : inner.correlator.put(entries),
        get: (id: string) => (away ? broken() : inner.correlator.get(id)),
        expire: async () => 0,
      };
      const { client, peer, told, lines } = await scenes.bound({}, { clock, queue: inner, correlator });
      const sent = client.send(HELLO);
      await peer.untilSubmits(1);
      await until(() => told('response').length === 1);
      await clock.advance(3000);
      assert.deepEqual(told('queue'), []);
      assert.equal((await inner.queue.stats()).leased, 1);
      (await peer.link()).receipt('1');
      await until(() => lines.some(({ method }) => method === 'get'));
      assert.deepEqual(told('receipt'), []);
      away = false;
      let settled = false;
      void sent.then(() => (settled = true));
      await advanceUntil(clock, () => settled);
      assert.equal((await sent).event, 'accepted');
      const faults = lines.filter(({ event }) => event === 'part');
      assert.deepEqual(
        faults.map(({ part, method, code }) => [part, method, code]),
        [
          ['correlator', 'put', 'CORRELATOR_UNAVAILABLE'],
          ['correlator', 'get', 'CORRELATOR_UNAVAILABLE'],
        ],
      );
    });

    it("a store's state that fails is told as itself, where a long message needs its reference number", async () => {
      const clock = new FakeClock();
      const inner = store(clock);
      const queue = {
        ...inner,
        state: { ...inner.state, get: broken, set: broken, delete: broken, list: broken, increment: broken },
      };
      const { client } = await scenes.bound({}, { clock, queue: queue as never });
      await assert.rejects(client.send({ ...HELLO, short_message: 'x'.repeat(200) }), {
        code: 'STATE_UNAVAILABLE',
        message: /the store's state's increment\(\) failed: boom|state/,
      });
      assert.equal((await client.send(HELLO)).event, 'accepted');
    });

    for (const [name, sequence, text] of [
      ['0', () => ({ next: () => 0 }), /next\(\) gave 0: it must give a whole number from 1 to 2147483647/],
      ['0x80000000', () => ({ next: () => 0x80000000 }), /gave 2147483648/],
      ['1.5', () => ({ next: () => 1.5 }), /gave 1\.5/],
      ['NaN', () => ({ next: () => NaN }), /gave NaN/],
      ['a text', () => ({ next: () => '7' as never }), /gave "7"/],
      ['a promise', () => ({ next: () => Promise.resolve(7) as never }), /gave a promise/],
      ['an exception', () => ({ next: broken }), /the sequence generator's next\(\) failed: boom/],
      ['no generator', () => undefined as never, /gave undefined: it must give a generator/],
      ['an exception at once', broken, /failed: boom/],
    ] as const) {
      it(`a sequence generator that gives ${name} is told as itself when binding`, async () => {
        const { client, peer, told } = await scenes.idle({}, { sequence });
        await assert.rejects(client.start({ failFast: true }), { code: 'SEQUENCE_INVALID', message: text });
        const failed = told('session').find(({ code }) => code !== undefined);
        assert.equal(failed?.code, 'SEQUENCE_INVALID');
        for (const link of peer.links) await link.untilEnded();
      });
    }

    it('a sequence generator that fails later is told once; the link stays up, and what was to go goes later', async () => {
      const counter = new SequenceCounter();
      let wrong = false;
      const sequence = () => ({ next: () => (wrong ? 0 : counter.next()) });
      const { client, peer, clock, lines, told } = await scenes.bound(
        {},
        { sequence, enquireLinkInterval: 10 },
      );
      wrong = true;
      const outcomes = client.sendBatch(numbered(3));
      await until(() => stumbles(lines).length > 0);
      const link = await peer.link();
      for (let n = 0; n < 4; n++) {
        await clock.advance(10_000);
        await link.until('enquire_link', n + 1);
        for (let turn = 0; turn < 20; turn++) await tick();
      }
      assert.deepEqual([client.state, peer.submits.length, stumbles(lines).length], ['bound', 0, 1]);
      await assert.rejects(client.send({ command: 'query_sm', message_id: '1', source_addr: '1' }), {
        code: 'SEQUENCE_INVALID',
      });
      assert.deepEqual(told('failure'), []);
      wrong = false;
      await advanceUntil(clock, () => peer.submits.length === 3);
      assert.ok((await outcomes).every(({ status }) => status === 'fulfilled'));
      assert.equal(peer.links.length, 1);
    });

    it('a sequence generator that gives one number for all gets others for what is still unanswered', async () => {
      const answers: (() => void)[] = [];
      const { client, peer } = await scenes.bound(
        { submit_sm: (pdu, link) => void answers.push(() => link.answer(pdu, { message_id: 'a' })) },
        { sequence: () => ({ next: () => 5 }) },
      );
      const outcomes = client.sendBatch(numbered(3));
      await peer.untilSubmits(3);
      assert.deepEqual(
        peer.submits.map(({ sequence_number }) => sequence_number),
        [5, 6, 7],
      );
      for (const answer of answers) answer();
      assert.ok((await outcomes).every(({ status }) => status === 'fulfilled'));
    });

    for (const [what, name, wrong] of [
      ['no answer', 'allowRequest', { allowRequest: () => undefined as never }],
      ['an exception', 'allowRequest', { allowRequest: broken }],
      ['a denial for NaN s', 'throttleDelay', { allowRequest: () => false, throttleDelay: () => NaN }],
      ['an endless denial', 'throttleDelay', { allowRequest: () => false, throttleDelay: () => Infinity }],
    ] as const) {
      it(`a throttle handler that gives ${what} denies, is told once, and is not asked all the time`, async () => {
        let asked = 0;
        const count = { ...handler, ...wrong };
        const throttleHandler = { ...count, allowRequest: () => (asked++, count.allowRequest()) };
        const { client, peer, clock, lines } = await scenes.bound({}, { throttleHandler });
        client.send(HELLO).catch(noop);
        await clock.advance(5000);
        assert.equal(peer.submits.length, 0);
        assert.ok(asked < 100, `asked ${asked} times in 5 s`);
        assert.equal(
          lines.filter(({ part, method }) => part === 'throttleHandler' && method === name).length,
          1,
        );
      });
    }

    it('a log that throws, or rejects, harms nobody', async () => {
      const warnings: string[] = [];
      const listen = (warning: Error): void => void warnings.push(warning.message);
      process.on('warning', listen);
      try {
        for (const log of [broken, () => Promise.reject(new Error('no disk'))]) {
          const { client } = await scenes.bound({}, { log, logLevel: 'trace' });
          assert.equal((await client.send(HELLO)).event, 'accepted');
        }
        await until(
          () => warnings.filter((text) => /the log sink \(option log\) failed/.test(text)).length === 2,
        );
      } finally {
        process.off('warning', listen);
      }
    });

    it('chance that gives no number is told once, and done without', async () => {
      const { client, lines } = await scenes.bound({}, { random: () => NaN });
      await client.send({ ...HELLO, short_message: 'x'.repeat(200) });
      await client.send({ ...HELLO, short_message: 'x'.repeat(200) });
      assert.equal(lines.filter(({ part }) => part === 'random').length, 1);
    });

    it('a codec that gives no octets is told as itself', async () => {
      const codec = {
        name: 'odd',
        data_coding: 0xf4,
        encode: () => 'text' as never,
        decode: () => 1 as never,
      };
      const { client, peer, lines, told } = await scenes.bound({}, { codecs: [codec] });
      await assert.rejects(client.send({ ...HELLO, encoding: 'odd' }));
      (await peer.link()).send({
        command: 'deliver_sm',
        source_addr: '1',
        data_coding: 0xf4,
        short_message: Buffer.from('x'),
      });
      await until(() => told('message').length === 1);
      assert.deepEqual(told('message')[0]?.payload, Buffer.from('x'));
      assert.deepEqual(
        lines.filter(({ part }) => part === 'codecs').map(({ method }) => method),
        ['odd.encode', 'odd.decode'],
      );
    });
  });
});
