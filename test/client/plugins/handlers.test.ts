import assert from 'node:assert/strict';
import { createLog, type EventHandler } from '../../../src/index';
import { Smsc } from '../../../src/simulator';
import { until } from '../../support/until';
import { HELLO, Scenes, type Scene } from '../setup';

describe('A handler of events', () => {
  const scenes = new Scenes();
  afterEach(() => scenes.end());

  const failures = ({ lines }: Scene): string[] =>
    lines
      .filter(({ event }) => event === 'handler')
      .map(({ level, msg, err }) => `${String(level)}: ${String(msg)}: ${(err as Error).message}`);

  async function message(scene: Scene): Promise<number> {
    const link = await scene.peer.link();
    const { command_status } = await link.ask({ command: 'deliver_sm', short_message: Buffer.from('hi') });
    return command_status;
  }

  const list: unknown[] = [];
  const harmless: Record<string, EventHandler<'message'>> = {
    'a number, as push does': (event) => list.push(event),
    'the event': (event) => event,
    'a text, true, null or a symbol': ({ payload }) => [payload, true, null, Symbol('x')][list.length % 4],
    'an object with catch and no then': () => ({ catch: 1 }),
    'an object whose then is no function': () => ({ then: 'later' }),
    'a function': () => () => undefined,
    'a promise of a number': async () => 1,
  };
  for (const [what, handler] of Object.entries(harmless))
    it(`may return ${what}`, async () => {
      const scene = await scenes.bound();
      scene.client.on('message', handler);
      assert.equal(await message(scene), 0);
      assert.deepEqual(failures(scene), []);
    });

  for (const [what, target] of [
    ['an object', {}],
    ['a function', () => undefined],
  ] as const)
    it(`may return a thenable that is ${what}, and the answer waits for it`, async () => {
      const scene = await scenes.bound();
      let release: (() => void) | undefined;
      scene.client.on('message', () =>
        Object.assign(target, { then: (resolve: () => void) => (release = resolve) }),
      );
      const link = await scene.peer.link();
      const number = link.send({ command: 'deliver_sm', short_message: Buffer.from('hi') });
      await until(() => release !== undefined);
      await link.ask({ command: 'enquire_link' });
      assert.ok(
        !link.received.some((pdu) => pdu.sequence_number === number && pdu.command === 'deliver_sm_resp'),
      );
      release?.();
      assert.equal((await link.response(number)).command_status, 0);
      assert.deepEqual(failures(scene), []);
    });

  const broken: Record<string, EventHandler<'message'>> = {
    throws: () => {
      throw new Error('broken');
    },
    rejects: () => Promise.reject(new Error('broken')),
    'returns a thenable that rejects': () =>
      Object.assign(() => undefined, {
        then: (_: unknown, reject: (error: Error) => void) => reject(new Error('broken')),
      }),
    'returns a thenable that throws': () => ({
      then: () => {
        throw new Error('broken');
      },
    }),
    'returns what cannot even be asked': () =>
      Object.defineProperty({}, 'then', {
        get: () => {
          throw new Error('broken');
        },
      }),
  };
  for (const [what, handler] of Object.entries(broken))
    it(`that ${what} is logged, and the message is answered`, async () => {
      const scene = await scenes.bound();
      scene.client.on('message', handler);
      assert.equal(await message(scene), 0);
      assert.deepEqual(failures(scene), ['error: a handler of "message" failed: broken']);
    });

  it('of a simulator may be asynchronous: one that rejects is logged', async () => {
    const logged: Record<string, unknown>[] = [];
    const smsc = new Smsc({ log: createLog({ sink: (line) => logged.push(line) }) });
    smsc.on('submit', (event) => list.push(event));
    smsc.on('submit', () => Promise.reject(new Error('broken')));
    await smsc.start();
    const { client } = await scenes.idle({}, { port: smsc.port });
    await client.start();
    await client.send({ ...HELLO, destination_addr: '447700900123' });
    await until(() => logged.some(({ event }) => event === 'handler'));
    await client.stop();
    await smsc.stop();
    assert.equal(logged.filter(({ event }) => event === 'handler').length, 1);
  });
});
