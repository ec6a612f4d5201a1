import assert from 'node:assert/strict';
import type { Store } from '../../../src/index';
import { SmppError } from '../../../src/protocol';
import { FakeClock } from '../../support/clock';
import type { Script } from '../../support/peer';
import { bound } from '../../support/queue';
import { pass, until } from '../../support/until';
import { Scenes, numbered, store, textsOf } from '../setup';

describe('Expiry while nothing is sent', () => {
  const scenes = new Scenes();
  afterEach(() => scenes.end());

  it('fails messages in time while the link is paused, and leaves the others in their places', async () => {
    const { client, peer, clock, told } = await scenes.bound({}, { messageTtl: 0 });
    client.pause();
    const [first, ...rest] = numbered(4);
    assert.ok(first);
    const brief = client.send({ ...first, expires: clock.now() + 5000 });
    brief.catch(() => undefined);
    const others = rest.map((message) => client.send(message));
    await pass(5);
    await clock.advance(4000);
    assert.deepEqual(told('failure'), []);
    await clock.advance(3000);
    await assert.rejects(brief, { code: 'EXPIRED', message: /not sent before it expired at/ });
    assert.equal((await client.status()).queued, 3);
    client.resume();
    await Promise.all(others);
    assert.deepEqual(textsOf(peer.submits), ['1', '2', '3']);
  });

  it('looks at what an earlier client has left', async () => {
    const { client, clock, told } = await scenes.idle({}, { autoConnect: false, messageTtl: 2 });
    client.pause();
    await client.enqueue(numbered(3));
    await clock.advance(10_000);
    await client.start();
    await clock.advance(5000);
    await until(() => told('failure').length === 3);
    assert.deepEqual(
      told('failure').map(({ code }) => code),
      ['EXPIRED', 'EXPIRED', 'EXPIRED'],
    );
  });
});

describe('Queue events', () => {
  const scenes = new Scenes();
  afterEach(() => scenes.end());

  it('tell once that the queue is full, and once that it takes messages again', async () => {
    const { client, told } = await scenes.idle({}, { queueCapacity: 2 });
    await client.enqueue(numbered(2));
    for (let i = 0; i < 3; i++) await assert.rejects(client.enqueue(numbered(1)), { code: 'QUEUE_FULL' });
    await client.purge();
    await client.enqueue(numbered(1));
    assert.deepEqual(
      told('queue').map(({ state }) => state),
      ['full', 'purged', 'ready'],
    );
  });

  it('tell what drop-oldest has dropped', async () => {
    const { client, told } = await scenes.idle({}, { queueCapacity: 2, whenFull: 'drop-oldest' });
    await client.enqueue(numbered(2));
    await client.enqueue(numbered(1));
    assert.deepEqual(
      told('queue').map(({ state, removed }) => [state, removed]),
      [['dropped', 1]],
    );
  });

  it('tell once that the store is away, and once that it is back; nothing is lost meanwhile', async () => {
    const clock = new FakeClock();
    const inner = store(clock);
    let away = false;
    const refuse = (): void => {
      if (away) throw new SmppError('QUEUE_UNAVAILABLE', 'away', { retriable: true });
    };
    const queue: Store = {
      ...inner,
      settle: undefined,
      queue: {
        ...bound(inner.queue),
        enqueue: async (...args) => (refuse(), inner.queue.enqueue(...args)),
        settle: async (...args) => (refuse(), inner.queue.settle(...args)),
      },
    };
    let answer = (): void => undefined;
    const script: Script = {
      submit_sm: (pdu, link) => void (answer = () => link.answer(pdu, { message_id: '1' })),
    };
    const { client, peer, told, lines } = await scenes.bound(script, { clock, queue });
    const sent = client.send(numbered(1)[0]!);
    await peer.untilSubmits(1);
    away = true;
    for (let i = 0; i < 2; i++)
      await assert.rejects(client.enqueue(numbered(1)), { code: 'QUEUE_UNAVAILABLE' });
    answer();
    await until(() => told('response').length === 1);
    await clock.advance(5000);
    away = false;
    await clock.advance(20_000);
    assert.equal((await sent).event, 'accepted');
    const states = told('queue').map(({ state }) => state);
    assert.deepEqual(states, ['unavailable', 'available']);
    const causes = lines.filter(({ err }) => err !== undefined).map(({ err }) => (err as Error).message);
    assert.deepEqual(causes, ['away'], 'the log says why, once');
    assert.equal(client.state, 'bound');
  });
});
