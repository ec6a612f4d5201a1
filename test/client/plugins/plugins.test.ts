import assert from 'node:assert/strict';
import { SequenceCounter, type PluginContext, type SmppClientOptions } from '../../../src/index';
import { FakeClock } from '../../support/clock';
import { until } from '../../support/until';
import { HELLO, Scenes, advanceUntil, store } from '../setup';

interface Made {
  readonly type: string;
  readonly create: (context: PluginContext) => unknown;
  readonly apiVersion?: unknown;
}

/** Finds these plugins, all by the id "mine". */
const having = (...plugins: readonly Made[]): Pick<SmppClientOptions, 'resolvePlugin'> => ({
  resolvePlugin: (type, id) => {
    const found = plugins.find((plugin) => plugin.type === type && id === 'mine');
    return found && { id, apiVersion: 1, ...found };
  },
});

const handler = { throttled: noop, notThrottled: noop, allowRequest: () => true, throttleDelay: () => 1 };

function noop(): void {
  // Does not care.
}

describe('Plugins', () => {
  const scenes = new Scenes();
  afterEach(() => scenes.end());

  const refusals: [name: string, plugins: readonly Made[], code: string, text: RegExp][] = [
    ['that is not installed', [], 'PLUGIN_MISSING', /"mine" of type smpp-throttle-handler is not installed/],
    [
      'of another apiVersion',
      [{ type: 'smpp-throttle-handler', apiVersion: 2, create: () => handler }],
      'PLUGIN_VERSION',
      /apiVersion 2, this package has 1/,
    ],
    [
      'without create()',
      [{ type: 'smpp-throttle-handler', create: undefined as never }],
      'PLUGIN_SHAPE',
      /no function create/,
    ],
    [
      'of the wrong shape',
      [{ type: 'smpp-throttle-handler', create: () => ({ throttled: noop, allowRequest: noop }) }],
      'PLUGIN_SHAPE',
      /lacks notThrottled, throttleDelay/,
    ],
    [
      'that makes nothing',
      [{ type: 'smpp-throttle-handler', create: () => undefined }],
      'PLUGIN_SHAPE',
      /lacks throttled/,
    ],
    [
      'that throws',
      [
        {
          type: 'smpp-throttle-handler',
          create: () => {
            throw new Error('no licence');
          },
        },
      ],
      'PLUGIN_FAILED',
      /failed: no licence/,
    ],
  ];
  for (const [name, plugins, code, message] of refusals) {
    it(`one ${name} is one clear error when the client starts: ${code}`, async () => {
      const { client, peer, clock } = await scenes.idle(
        {},
        { throttleHandler: 'mine', ...having(...plugins) },
      );
      await assert.rejects(client.start(), { code, message });
      assert.deepEqual([client.state, peer.links.length, clock.pendingTimers], ['disconnected', 0, 0]);
    });
  }

  it('are asked for again by the next start', async () => {
    let installed = false;
    const { client } = await scenes.idle(
      {},
      {
        throttleHandler: 'mine',
        resolvePlugin: () => (installed ? { apiVersion: 1, create: () => handler } : undefined),
      },
    );
    await assert.rejects(client.start(), { code: 'PLUGIN_MISSING' });
    installed = true;
    await client.start();
    assert.equal((await client.send(HELLO)).event, 'accepted');
  });

  it('take the place of what is built in, and hear of the connection without its password', async () => {
    const clock = new FakeClock();
    const calls: string[] = [];
    const contexts: PluginContext[] = [];
    const inner = store(clock);
    const note =
      <T>(name: string, made: T) =>
      (context: PluginContext): T => {
        contexts.push(context);
        calls.push(name);
        return made;
      };
    const limiter = {
      acquire: (max: number): Promise<number> => (calls.push(`acquire ${max}`), Promise.resolve(1)),
      giveBack: noop,
    };
    const throttle = { ...handler, notThrottled: () => void calls.push('notThrottled') };
    const codec = {
      name: 'rot13',
      data_coding: 0xf4,
      encode: (text: string) => Buffer.from(text).reverse(),
      decode: (octets: Buffer) => octets.toString(),
    };
    const { client, peer, told } = await scenes.bound(
      {},
      {
        clock,
        queue: 'mine',
        correlator: 'mine',
        rateLimiter: 'mine',
        throttleHandler: 'mine',
        sequence: 'mine',
        codecs: ['mine'],
        ...having(
          { type: 'smpp-store', create: note('store', inner) },
          { type: 'smpp-correlator', create: note('correlator', inner.correlator) },
          { type: 'smpp-rate-limiter', create: note('limiter', limiter) },
          { type: 'smpp-throttle-handler', create: note('handler', throttle) },
          { type: 'smpp-sequence', create: note('sequence', new SequenceCounter(500)) },
          { type: 'smpp-codec', create: note('codec', codec) },
        ),
      },
    );
    await client.send({ ...HELLO, encoding: 'rot13', short_message: 'abc' });
    const [submit] = peer.submits;
    assert.deepEqual([submit?.short_message, submit?.data_coding], [Buffer.from('cba'), 0xf4]);
    assert.equal(submit?.sequence_number, 502);
    for (const call of [
      'store',
      'correlator',
      'limiter',
      'handler',
      'sequence',
      'codec',
      'acquire 1',
      'notThrottled',
    ]) {
      assert.ok(calls.includes(call), call);
    }
    for (const { settings } of contexts) assert.ok(!('password' in settings));
    (await peer.link()).receipt('1');
    await until(() => told('receipt').length === 1);
    assert.equal(told('receipt')[0]?.matched, true);
  });

  it('may bring a queue alone: the rest is in memory', async () => {
    const clock = new FakeClock();
    const { queue } = store(clock);
    const { client, peer } = await scenes.bound(
      {},
      { clock, queue: 'mine', ...having({ type: 'smpp-queue', create: () => queue }) },
    );
    const sent = client.send(HELLO, { completeWhen: 'delivered' });
    await peer.untilSubmits(1);
    (await peer.link()).receipt('1');
    assert.equal((await sent).event, 'delivered');
  });

  it('that fail while they work interrupt sending, and nothing else', async () => {
    const clock = new FakeClock();
    let broken = true;
    const limiter = {
      acquire: (): Promise<number> => (broken ? Promise.reject(new Error('broken')) : Promise.resolve(1)),
      giveBack: noop,
    };
    const { client, lines } = await scenes.bound(
      {},
      { clock, rateLimiter: 'mine', ...having({ type: 'smpp-rate-limiter', create: () => limiter }) },
    );
    const sent = client.send(HELLO);
    await advanceUntil(clock, () => lines.some(({ stage }) => stage === 'interrupted'));
    assert.equal(client.state, 'bound');
    broken = false;
    await advanceUntil(clock, () => !broken);
    await clock.advance(1000);
    assert.equal((await sent).event, 'accepted');
  });
});
