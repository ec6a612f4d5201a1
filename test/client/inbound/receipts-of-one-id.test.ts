import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FakeClock } from '../../support/clock';
import { silence, type PeerLink } from '../../support/peer';
import { until } from '../../support/until';
import { HELLO, Scenes, store, type Scene, type SceneOptions } from '../setup';

const ONE = '491511111111';
const OTHER = '491522222222';
const REWRITTEN = '5550001';

/** Every message gets this id. */
const all = (message_id: string) => ({ submit_sm: () => ({ message_id }) });

describe('Receipts of several messages with one message_id', () => {
  const scenes = new Scenes();
  let directory: string | undefined;
  afterEach(async () => {
    await scenes.end();
    if (directory !== undefined) rmSync(directory, { recursive: true, force: true });
    directory = undefined;
  });

  async function send(scene: Scene, ...destinations: string[]): Promise<void> {
    for (const [at, destination_addr] of destinations.entries())
      await scene.client.send({ ...HELLO, destination_addr, correlation_id: `c${at}` });
  }

  /** What the receipts were told as: the message, its state, and what is said beside it. */
  async function told(scene: Scene, give: (link: PeerLink) => number[]): Promise<string[]> {
    const before = scene.told('receipt').length;
    const link = await scene.peer.link(scene.peer.links.length - 1);
    const numbers = give(link);
    for (const number of numbers) await link.response(number);
    await until(() => scene.told('receipt').length >= before + numbers.length);
    return scene
      .told('receipt')
      .slice(before)
      .map(({ correlation_id = 'none', state, duplicate }) =>
        [correlation_id, state, ...(duplicate ? ['again'] : [])].join(' '),
      );
  }

  const from = (link: PeerLink, source_addr: string, state = 'DELIVRD', id = '71'): number =>
    link.receipt(id, state, { source_addr });

  for (const [kind, optionsOf] of [
    ['memory', (): SceneOptions => ({ queue: store(new FakeClock()) })],
    [
      'disk',
      (): SceneOptions => {
        directory = mkdtempSync(join(tmpdir(), 'smpp-one-id-'));
        return { queue: 'disk', queueDirectory: directory };
      },
    ],
  ] as const) {
    const bound = (options: SceneOptions = {}): Promise<Scene> =>
      scenes.bound(all('71'), { receiptHoldTime: 0, ...optionsOf(), ...options });

    it(`go to the one to whose number they belong, on ${kind}`, async () => {
      const scene = await bound();
      await send(scene, ONE, OTHER);
      assert.deepEqual(await told(scene, (link) => [from(link, OTHER), from(link, ONE, 'UNDELIV')]), [
        'c1 DELIVRD',
        'c0 UNDELIV',
      ]);
    });

    it(`to one number go to the oldest that waits for one, also all at once, on ${kind}`, async () => {
      const scene = await bound();
      await send(scene, ONE, ONE, ONE);
      const got = await told(scene, (link) => [
        from(link, ONE, 'UNDELIV'),
        from(link, ONE),
        from(link, ONE, 'EXPIRED'),
      ]);
      assert.deepEqual(got, ['c0 UNDELIV', 'c1 DELIVRD', 'c2 EXPIRED']);
      assert.deepEqual(await told(scene, (link) => [from(link, ONE)]), ['c2 DELIVRD again']);
    });

    it(`are told apart however many come at once, on ${kind}`, async () => {
      const scene = await bound();
      await send(scene, ...Array.from({ length: 12 }, () => ONE));
      const got = await told(scene, (link) => Array.from({ length: 12 }, () => from(link, ONE)));
      assert.deepEqual(
        got,
        got.map((_, at) => `c${at} DELIVRD`),
      );
    });

    it(`from a rewritten number go to the only one that waits, else to nobody, on ${kind}`, async () => {
      const scene = await bound();
      await send(scene, ONE, OTHER);
      assert.deepEqual(await told(scene, (link) => [from(link, REWRITTEN)]), ['none DELIVRD']);
      await told(scene, (link) => [from(link, ONE)]);
      assert.deepEqual(await told(scene, (link) => [from(link, REWRITTEN)]), ['c1 DELIVRD']);
    });

    it(`that are final are marked the second time, whatever they say, on ${kind}`, async () => {
      const scene = await bound();
      await send(scene, ONE);
      assert.deepEqual(await told(scene, (link) => [from(link, ONE), from(link, ONE)]), [
        'c0 DELIVRD',
        'c0 DELIVRD again',
      ]);
      assert.deepEqual(
        await told(scene, (link) => [from(link, ONE, 'UNDELIV'), from(link, ONE, 'ENROUTE')]),
        ['c0 UNDELIV again', 'c0 ENROUTE'],
      );
    });

    it(`are forgotten finalReceiptTtl after the final one, on ${kind}`, async () => {
      const clock = new FakeClock();
      const options = kind === 'memory' ? { queue: store(clock) } : optionsOf();
      const scene = await scenes.bound(all('71'), {
        receiptHoldTime: 0,
        enquireLinkInterval: 0,
        clock,
        ...options,
        finalReceiptTtl: 60,
      });
      await send(scene, ONE);
      await told(scene, (link) => [from(link, ONE)]);
      await clock.advance(59_000);
      assert.deepEqual(await told(scene, (link) => [from(link, ONE)]), ['c0 DELIVRD again']);
      await clock.advance(2000);
      // As soon as the disk has it that it was final.
      let later: string[];
      do later = await told(scene, (link) => [from(link, ONE)]);
      while (later[0] === 'c0 DELIVRD again');
      assert.deepEqual(later, ['none DELIVRD']);
    });
  }

  it('are known to be told already after a restart', async () => {
    directory = mkdtempSync(join(tmpdir(), 'smpp-one-id-'));
    const options = { queue: 'disk', queueDirectory: directory, receiptHoldTime: 0 };
    const peer = await scenes.peer(all('71'));
    const before = await scenes.bound({}, options, peer);
    await send(before, ONE);
    await told(before, (link) => [from(link, ONE)]);
    await before.client.stop();
    const after = await scenes.bound({}, options, peer);
    assert.deepEqual(await told(after, (link) => [from(link, ONE)]), ['c0 DELIVRD again']);
  });

  it('that the flow refused come again as they were', async () => {
    const scene = await scenes.bound(all('71'), { acknowledge: 'manual' });
    await send(scene, ONE);
    const link = await scene.peer.link();
    for (const status of ['ESME_RX_T_APPN', 'ESME_ROK', 'ESME_ROK']) {
      const before = scene.told('receipt').length;
      const number = from(link, ONE);
      await until(() => scene.told('receipt').length > before);
      scene.client.acknowledge(String(scene.told('receipt').at(-1)?.ack_id), status);
      await link.response(number);
    }
    assert.deepEqual(
      scene.told('receipt').map(({ duplicate }) => duplicate),
      [undefined, undefined, true],
    );
  });

  it('take no other from elsewhere once they are final, but again from there', async () => {
    const scene = await scenes.bound(all('71'), { receiptHoldTime: 0 });
    await send(scene, ONE);
    assert.deepEqual(await told(scene, (link) => [from(link, ONE), from(link, OTHER)]), [
      'c0 DELIVRD',
      'none DELIVRD',
    ]);
    const other = await scenes.bound(all('71'), { receiptHoldTime: 0 });
    await send(other, ONE);
    assert.deepEqual(
      await told(other, (link) => [from(link, REWRITTEN), from(link, REWRITTEN), from(link, OTHER)]),
      ['c0 DELIVRD', 'c0 DELIVRD again', 'none DELIVRD'],
    );
  });

  for (const [whose, number] of [
    ['another number', OTHER],
    ['the same number', ONE],
  ] as const) {
    it(`for a message to ${whose} wait for its response while that is on its way`, async () => {
      let n = 0;
      const scene = await scenes.bound({ submit_sm: () => (n++ === 0 ? { message_id: '71' } : undefined) });
      await send(scene, ONE);
      const second = scene.client.send({ ...HELLO, destination_addr: number, correlation_id: 'second' });
      const [, request] = await scene.peer.untilSubmits(2);
      const link = await scene.peer.link();
      for (const source of number === ONE ? [ONE, ONE] : [OTHER, ONE])
        await link.response(from(link, source));
      await until(() => scene.told('receipt').length === 1);
      link.answer(request as never, { message_id: '71' });
      await second;
      await until(() => scene.told('receipt').length === 2);
      assert.deepEqual(
        scene.told('receipt').map(({ correlation_id, duplicate }) => [correlation_id, duplicate]),
        [
          ['c0', undefined],
          ['second', undefined],
        ],
      );
    });
  }

  it('that come early wait for the message of their own number', async () => {
    const scene = await scenes.bound({ submit_sm: silence }, { receiptHoldTime: 5 });
    const sent = [ONE, OTHER].map((destination_addr, at) =>
      scene.client.send({ ...HELLO, destination_addr, correlation_id: `c${at}` }),
    );
    const [one, other] = await scene.peer.untilSubmits(2);
    const link = await scene.peer.link();
    await link.response(from(link, OTHER, 'UNDELIV'));
    await link.response(from(link, ONE));
    link.answer(one as never, { message_id: '71' });
    await until(() => scene.told('receipt').length === 1);
    link.answer(other as never, { message_id: '71' });
    await until(() => scene.told('receipt').length === 2);
    assert.deepEqual(
      scene.told('receipt').map(({ correlation_id, state }) => [correlation_id, state]),
      [
        ['c0', 'DELIVRD'],
        ['c1', 'UNDELIV'],
      ],
    );
    await Promise.all(sent);
  });

  it('that come early and all at once are one for each', async () => {
    const scene = await scenes.bound({ submit_sm: silence }, { receiptHoldTime: 5, windowSize: 12 });
    const sent = Array.from({ length: 12 }, (_, at) =>
      scene.client.send({ ...HELLO, destination_addr: ONE, correlation_id: `c${at}` }),
    );
    const requests = await scene.peer.untilSubmits(12);
    const link = await scene.peer.link();
    for (const number of requests.map(() => from(link, ONE))) await link.response(number);
    for (const request of requests) link.answer(request, { message_id: '71' });
    await until(() => scene.told('receipt').length === 12);
    const of = new Set(scene.told('receipt').map(({ correlation_id }) => correlation_id));
    assert.equal(of.size, 12);
    await Promise.all(sent);
  });

  for (const [response, receipt, formats] of [
    ['47ABCDEF', '1202441711', {}],
    ['47A', '1146', { responseIdFormat: 'hex', receiptIdFormat: 'decimal' }],
    ['0000001234', '1234', {}],
    ['ABC-X', 'abc-x', {}],
  ] as const) {
    it(`go by age also where receipts write it otherwise: ${response}, ${receipt}`, async () => {
      const scene = await scenes.bound(all(response), { receiptHoldTime: 0, ...formats });
      await send(scene, ONE, ONE);
      const give = (link: PeerLink): number[] => [
        from(link, ONE, 'UNDELIV', receipt),
        from(link, ONE, 'DELIVRD', receipt),
      ];
      assert.deepEqual(await told(scene, give), ['c0 UNDELIV', 'c1 DELIVRD']);
    });
  }

  it('that are segments of one message make it delivered, one for all as receiptPerMessage says', async () => {
    const short_message = 'x'.repeat(153 * 5);
    for (const [receiptPerMessage, count] of [
      ['all', 5],
      ['last', 1],
      ['any', 1],
    ] as const) {
      const scene = await scenes.bound(all('71'), { receiptPerMessage });
      const sent = scene.client.send({ ...HELLO, short_message }, { completeWhen: 'delivered' });
      await scene.peer.untilSubmits(5);
      const link = await scene.peer.link();
      for (let n = 0; n < count; n++) from(link, '491511234567');
      assert.equal((await sent).event, 'delivered', receiptPerMessage);
    }
  });

  for (const [response, receipt] of [
    ['aBc-Def', 'ABC-dEF'],
    ['3F2a', '3f2A'],
    ['ABC-1', 'abc-1'],
  ] as const) {
    it(`match in any case, but exactly first: ${response}, ${receipt}`, async () => {
      const ids = [response, receipt];
      const scene = await scenes.bound(
        { submit_sm: () => ({ message_id: ids.shift() ?? '' }) },
        { receiptHoldTime: 0 },
      );
      await send(scene, ONE);
      const give = (link: PeerLink): number[] => [from(link, ONE, 'ENROUTE', receipt)];
      assert.deepEqual(await told(scene, give), ['c0 ENROUTE']);
      assert.deepEqual(await told(scene, (link) => [from(link, OTHER, 'ENROUTE', receipt)]), [
        'none ENROUTE',
      ]);
      await scene.client.send({ ...HELLO, destination_addr: ONE, correlation_id: 'exact' });
      assert.deepEqual(await told(scene, give), ['exact ENROUTE']);
    });
  }
});
