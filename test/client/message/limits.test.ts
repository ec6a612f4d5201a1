import assert from 'node:assert/strict';
import { pass, until } from '../../support/until';
import { silence } from '../../support/peer';
import { HELLO, Scenes, numbered, textsOf } from '../setup';

describe('Limits', () => {
  const scenes = new Scenes();
  afterEach(() => scenes.end());

  it('QUEUE_FULL refuses what does not fit, all of a batch, and names the remedy', async () => {
    const { client } = await scenes.idle({}, { queueCapacity: 3 });
    await client.enqueue(numbered(2));
    await assert.rejects(client.enqueue(numbered(2)), {
      code: 'QUEUE_FULL',
      retriable: true,
      message: /queueCapacity/,
    });
    await assert.rejects(client.sendBatch(numbered(2)), { code: 'QUEUE_FULL' });
    await assert.rejects(client.sendBatch(numbered(2), { completeWhen: 'queued' }), { code: 'QUEUE_FULL' });
    assert.deepEqual([(await client.status()).queued, (await client.status()).waiting], [2, 0]);
    await client.enqueue(HELLO);
    await assert.rejects(client.send(HELLO), { code: 'QUEUE_FULL' });
  });

  it('whenFull drop-oldest drops the oldest, and its sender hears QUEUE_FULL', async () => {
    const { client, peer, told } = await scenes.idle({}, { queueCapacity: 2, whenFull: 'drop-oldest' });
    const sent = numbered(3).map((message) => client.send(message));
    await assert.rejects(sent[0] as Promise<unknown>, { code: 'QUEUE_FULL', message: /drop-oldest/ });
    await client.start();
    await Promise.all(sent.slice(1));
    assert.deepEqual(textsOf(peer.submits), ['1', '2']);
    assert.deepEqual(
      told('failure').map(({ code }) => code),
      ['QUEUE_FULL'],
    );
  });

  it('whenFull wait waits for room', async () => {
    const { client, peer } = await scenes.idle({}, { queueCapacity: 1, whenFull: 'wait' });
    const sent = numbered(3).map((message) => client.send(message));
    await pass(10);
    assert.equal((await client.status()).queued, 1);
    await client.start();
    await Promise.all(sent);
    assert.deepEqual(textsOf(peer.submits), ['0', '1', '2']);
  });

  it('WAITING_FULL refuses what would wait beyond maxWaiting, before anything is queued', async () => {
    const { client, peer } = await scenes.bound({ submit_sm: silence }, { maxWaiting: 2, windowSize: 10 });
    const first = client.sendBatch(numbered(2));
    await until(() => peer.submits.length === 2);
    await assert.rejects(client.send(HELLO), {
      code: 'WAITING_FULL',
      retriable: true,
      message: /maxWaiting 2/,
    });
    await assert.rejects(client.sendBatch(numbered(3)), { code: 'WAITING_FULL' });
    assert.equal((await client.send(HELLO, { completeWhen: 'queued' })).event, 'queued');
    await client.enqueue(HELLO);
    await until(() => peer.submits.length === 4);
    for (const request of peer.submits) peer.links[0]?.answer(request, { message_id: 'x' });
    await first;
    assert.equal((await client.status()).waiting, 0);
    const again = client.send(HELLO);
    await until(() => peer.submits.length === 5);
    peer.links[0]?.answer(peer.submits[4] as never, { message_id: 'x' });
    await again;
  });

  it('maxUnsettled stops the road until the store has taken results', async () => {
    const { client, peer } = await scenes.bound({}, { maxUnsettled: 1, windowSize: 5 });
    await client.sendBatch(numbered(20));
    assert.deepEqual(
      textsOf(peer.submits),
      numbered(20).map(({ short_message }) => short_message),
    );
  });

  it('sendRate holds, in segments, and burst with it', async () => {
    const { client, peer, clock } = await scenes.bound({}, { sendRate: 10, burst: 2, windowSize: 100 });
    await client.enqueue([{ ...HELLO, short_message: 'x'.repeat(400) }, ...numbered(5)]);
    await peer.untilSubmits(2);
    await pass(10);
    assert.equal(peer.submits.length, 2);
    await clock.advance(299);
    await pass(10);
    assert.ok(peer.submits.length <= 5, `${peer.submits.length} segments in 0.3 s`);
    await clock.advance(400);
    await peer.untilSubmits(8);
  });
});
