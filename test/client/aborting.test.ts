import assert from 'node:assert/strict';
import { getEventListeners } from 'node:events';
import { SmppClient, openMemoryStore, type SendOptions } from '../../src/index';
import { Smsc } from '../../src/simulator';
import { silence } from '../support/peer';
import { pass, until } from '../support/until';
import { HELLO, Scenes, numbered, store, textsOf, untilStatus } from './setup';
import { FakeClock } from '../support/clock';

const enough = new Error('enough');

/** Rejects with the reason of its signal, and leaves nothing of itself there. */
async function isGivenUp(
  work: (signal: AbortSignal) => Promise<unknown>,
  before?: () => unknown,
): Promise<void> {
  const ending = new AbortController();
  const { signal } = ending;
  const working = work(signal);
  working.catch(() => undefined);
  await before?.();
  ending.abort(enough);
  await assert.rejects(working, enough);
  await pass(5);
  assert.equal(getEventListeners(signal, 'abort').length, 0);
}

describe('How a message is sent', () => {
  const scenes = new Scenes();
  afterEach(() => scenes.end());

  it('is checked: a promise that nothing settles is given to nobody', async () => {
    const { client } = await scenes.bound();
    for (const [options, told] of [
      [{ completeWhen: 'recieved' }, /completeWhen "recieved": give accepted, queued, delivered/],
      [{ completewhen: 'delivered' }, /no option "completewhen" \(did you mean "completeWhen"\?\)/],
      [{ deliveredTimeout: -1 }, /deliveredTimeout -1/],
      [{ deliveredTimeout: 'soon' }, /deliveredTimeout soon/],
    ] as const) {
      const wrong = { code: 'INVALID_OPTION', message: told };
      await assert.rejects(client.send(HELLO, options as unknown as SendOptions), wrong);
      await assert.rejects(client.sendBatch([HELLO], options as unknown as SendOptions), wrong);
    }
    const signal = 5 as unknown as AbortSignal;
    assert.throws(() => client.on('message', () => undefined, { signal }), /signal is no AbortSignal/);
    assert.equal((await client.status()).queued, 0);
  });

  it('that is no signal leaves no stream behind, for which the SMSC would wait', async () => {
    await using smsc = new Smsc();
    await using client = new SmppClient({ ...(await smsc.start()), logLevel: 'silent', drainTimeout: 0.01 });
    await client.start();
    const signal = 5 as unknown as AbortSignal;
    assert.throws(() => client.messages({ signal }), /signal is no AbortSignal/);
    const mobile = { source_addr: '447700900123', destination_addr: '70123', text: 'Hello' };
    const [answer] = await smsc.deliver(mobile);
    assert.equal(answer?.command_status, 0);
  });
});

describe('A signal', () => {
  const scenes = new Scenes();
  afterEach(() => scenes.end());

  it('ends the waiting for an outcome; the message goes on, and its end is told as an event', async () => {
    const { client, peer, told } = await scenes.bound({ submit_sm: silence });
    await isGivenUp(
      (signal) => client.send(HELLO, { signal }),
      () => peer.untilSubmits(1),
    );
    assert.equal((await client.status()).waiting, 0);
    peer.links[0]?.answer(peer.submits[0] as never, { message_id: 'x' });
    await until(() => told('response').length === 1, 'the response');
    assert.equal(told('response')[0]?.message_id, 'x');
  });

  it('ends the waiting for receipts', async () => {
    const { client, peer, clock } = await scenes.bound({ submit_sm: () => ({ message_id: 'x' }) });
    await isGivenUp(
      (signal) => client.send(HELLO, { signal, completeWhen: 'delivered' }),
      () =>
        untilStatus(client, ({ queued, in_flight }) => queued + in_flight === 0 && peer.submits.length === 1),
    );
    assert.equal((await client.status()).waiting, 0);
    await clock.advance(86_400_000);
  });

  it('of a batch keeps the outcomes that are there', async () => {
    const { client, peer } = await scenes.bound({ submit_sm: silence });
    const ending = new AbortController();
    const sent = client.sendBatch(numbered(2), { signal: ending.signal });
    await peer.untilSubmits(2);
    peer.links[0]?.answer(peer.submits[0] as never, { message_id: 'x' });
    await untilStatus(client, ({ waiting }) => waiting === 1);
    ending.abort(enough);
    const [first, second] = await sent;
    assert.equal(first?.status === 'fulfilled' && first.value.message_id, 'x');
    assert.equal(second?.status === 'rejected' && second.reason, enough);
  });

  it('keeps a message that waits for room out of the queue', async () => {
    const { client, peer } = await scenes.idle({}, { queueCapacity: 1, whenFull: 'wait' });
    await client.enqueue({ ...HELLO, short_message: 'first' });
    for (const give of [
      (signal: AbortSignal) => client.enqueue(HELLO, { signal }),
      (signal: AbortSignal) => client.send(HELLO, { signal }),
      (signal: AbortSignal) => client.send(HELLO, { signal, completeWhen: 'queued' }),
      (signal: AbortSignal) => client.sendBatch([HELLO], { signal }),
    ])
      await isGivenUp(give, () => pass(5));
    assert.equal((await client.status()).waiting, 0);
    await client.start();
    await client.send({ ...HELLO, short_message: 'last' });
    assert.deepEqual(textsOf(peer.submits), ['first', 'last']);
  });

  it('keeps a message that waits for its turn out of the queue', async () => {
    const { client, peer } = await scenes.bound();
    let begin: () => void = () => undefined;
    client.queueAfter(new Promise<void>((resolve) => (begin = resolve)));
    await isGivenUp((signal) => client.enqueue(HELLO, { signal }));
    begin();
    await client.send({ ...HELLO, short_message: 'last' });
    assert.deepEqual(textsOf(peer.submits), ['last']);
  });

  it('that has aborted before keeps out all', async () => {
    const { client } = await scenes.idle();
    const signal = AbortSignal.abort(enough);
    for (const work of [
      () => client.start({ signal }),
      () => client.send(HELLO, { signal }),
      () => client.sendBatch([HELLO], { signal }),
      () => client.enqueue(HELLO, { signal }),
      () => client.enqueue([HELLO], { signal }),
      () => client.status({ signal }),
      () => client.deadLetters({ signal }),
    ])
      await assert.rejects(work, enough);
    assert.equal((await client.status()).queued, 0);
  });

  it('ends the waiting for the answer to a query, which is told all the same', async () => {
    const { client, peer, told } = await scenes.bound({ query_sm: silence });
    const query = { command: 'query_sm', message_id: 'x', source_addr: 'Shop' } as const;
    await isGivenUp(
      (signal) => client.send(query, { signal }),
      () => until(() => peer.links[0]?.requests('query_sm').length === 1, 'the query'),
    );
    peer.links[0]?.answer(peer.links[0].requests('query_sm')[0] as never, { message_state: 2 });
    await until(() => told('response').length === 1, 'the response');
  });

  it('ends a status that its queue does not answer', async () => {
    const own = store(new FakeClock());
    const queue = Object.assign(Object.create(own.queue) as typeof own.queue, {
      stats: () => new Promise<never>(() => undefined),
    });
    const { client } = await scenes.idle({}, { queue: { ...own, queue } });
    await isGivenUp((signal) => client.status({ signal }));
  });
});

describe('A client that its block disposes of', () => {
  it('is stopped, as is the simulator', async () => {
    const smsc = new Smsc();
    const { port } = await smsc.start();
    const queue = openMemoryStore({ capacity: 10, whenFull: 'reject' });
    const client = new SmppClient({ port, queue, logLevel: 'silent' });
    await client.start();
    await client[Symbol.asyncDispose]();
    assert.equal(client.state, 'disconnected');
    await assert.rejects(client.start(), { code: 'STOPPED' });
    await smsc[Symbol.asyncDispose]();
    await assert.rejects(new SmppClient({ port, logLevel: 'silent' }).start({ failFast: true }), {
      code: 'CONNECT_FAILED',
    });
  });
});
