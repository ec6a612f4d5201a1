import assert from 'node:assert/strict';
import { FakeClock } from '../../support/clock';
import { silence } from '../../support/peer';
import { pass, until } from '../../support/until';
import { HELLO, Scenes, advanceUntil, numbered, store, textsOf } from '../setup';

describe('Stopping', () => {
  const scenes = new Scenes();
  afterEach(() => scenes.end());

  it('waits for the answers to what is on the wire, then unbinds', async () => {
    const { client, peer } = await scenes.bound({ submit_sm: silence });
    const sent = client.send(HELLO);
    const [request] = await peer.untilSubmits(1);
    const stopped = client.stop();
    await pass(10);
    const link = await peer.link();
    assert.equal(link.requests('unbind').length, 0);
    link.answer(request as never, { message_id: '77' });
    assert.equal((await sent).message_id, '77');
    await stopped;
    assert.equal(link.requests('unbind').length, 1);
  });

  it('with a full window on the wire settles all of it: none comes again', async () => {
    const clock = new FakeClock();
    const queue = store(clock);
    const { client, peer } = await scenes.bound({ submit_sm: silence }, { clock, queue, windowSize: 3 });
    const sent = client.sendBatch(numbered(3));
    const requests = await peer.untilSubmits(3);
    const stopped = client.stop();
    for (const request of requests)
      peer.links[0]?.answer(request, { message_id: `m${request.sequence_number}` });
    assert.deepEqual(
      (await sent).map(({ status }) => status),
      ['fulfilled', 'fulfilled', 'fulfilled'],
    );
    await stopped;
    assert.deepEqual(await queue.queue.stats(), { queued: 0, delayed: 0, leased: 0 });
  });

  it('takes nothing new from the queue, and lends nothing without giving it back', async () => {
    const clock = new FakeClock();
    const queue = store(clock);
    const { client, peer } = await scenes.bound({ submit_sm: silence }, { clock, queue, windowSize: 2 });
    const sent = client.sendBatch(numbered(5));
    const requests = await peer.untilSubmits(2);
    const stopped = client.stop();
    for (const request of requests) peer.links[0]?.answer(request, { message_id: 'x' });
    await stopped;
    const results = await sent;
    assert.deepEqual(
      results.map(({ status }) => status),
      ['fulfilled', 'fulfilled', 'rejected', 'rejected', 'rejected'],
    );
    const reasons = results.flatMap((result) =>
      result.status === 'rejected' ? [result.reason as { code: string }] : [],
    );
    assert.deepEqual(
      reasons.map(({ code }) => code),
      ['STOPPED', 'STOPPED', 'STOPPED'],
    );
    assert.equal(peer.submits.length, 2);
    const { queued, leased } = await queue.queue.stats();
    assert.deepEqual([queued, leased], [3, 0]);
    const next = await scenes.bound({}, { clock, queue });
    assert.deepEqual(textsOf(await next.peer.untilSubmits(3)), ['2', '3', '4']);
  });

  it('after drainTimeout puts back what is unanswered, and the next client sends it, marked redelivered', async () => {
    const clock = new FakeClock();
    const queue = store(clock);
    const { client, peer } = await scenes.bound({ submit_sm: silence }, { clock, queue, drainTimeout: 2 });
    const sent = client.send(HELLO);
    sent.catch(() => undefined);
    await peer.untilSubmits(1);
    const stopped = client.stop();
    await clock.advance(1_900);
    assert.equal(peer.links[0]?.requests('unbind').length, 0);
    await advanceUntil(clock, () => peer.links[0]?.ended === true);
    await stopped;
    await assert.rejects(sent, { code: 'STOPPED' });
    const [lease] = await queue.queue.take(1, { signal: AbortSignal.timeout(100) });
    assert.ok(lease);
    const { redelivered, redeliveries, lostLinks, attempts, history } = lease.state;
    assert.deepEqual([redelivered, redeliveries, lostLinks, attempts], [true, 1, 1, 0]);
    assert.deepEqual(
      history.map(({ reason }) => reason),
      ['LINK_LOST'],
    );
    await queue.queue.release([lease]);
    const next = await scenes.bound({}, { clock, queue });
    assert.deepEqual(textsOf(await next.peer.untilSubmits(1)), ['Hello']);
  });

  it('a peer that stopped reading does not hold it up, and nothing stays on loan', async () => {
    const clock = new FakeClock();
    const queue = store(clock);
    const { client, peer } = await scenes.bound(
      { submit_sm: silence },
      {
        clock,
        queue,
        windowSize: 5000,
        drainTimeout: 1,
        responseTimeout: 1000,
        enquireLinkInterval: 0,
      },
    );
    peer.links[0]?.socket.pause();
    const text = 'x'.repeat(3000);
    await client.enqueue(numbered(3000, { short_message: '', message_payload: text }));
    await pass(50);
    const stopped = client.stop();
    await advanceUntil(clock, () => client.state === 'disconnected');
    await stopped;
    const { queued, leased } = await queue.queue.stats();
    assert.deepEqual([queued, leased], [3000, 0]);
  });

  it('asks the centre to repeat what it delivers meanwhile', async () => {
    const { client, peer, told } = await scenes.bound({ submit_sm: silence });
    client.send(HELLO).catch(() => undefined);
    const [request] = await peer.untilSubmits(1);
    const stopped = client.stop();
    const link = await peer.link();
    const answer = await link.ask({
      command: 'deliver_sm',
      source_addr: '1',
      short_message: Buffer.from('x'),
    });
    assert.equal(answer.command_status, 0x64);
    link.answer(request as never, { message_id: '1' });
    await stopped;
    assert.equal(told('message').length, 0);
  });

  it('lets a handler finish, and its answer go out, before it unbinds', async () => {
    const { client, peer } = await scenes.bound();
    let finish: () => void = () => undefined;
    client.on('message', () => new Promise<void>((resolve) => (finish = resolve)));
    const link = await peer.link();
    const number = link.send({ command: 'deliver_sm', source_addr: '1', short_message: Buffer.from('x') });
    await pass(10);
    const stopped = client.stop();
    await pass(10);
    assert.equal(link.requests('unbind').length, 0);
    finish();
    assert.equal((await link.response(number)).command_status, 0);
    await stopped;
  });

  it('while reading is held up by the flow reads on: responses come in, and what waits comes again', async () => {
    const { client, peer } = await scenes.bound({ submit_sm: silence }, { ackLimit: 1 });
    client.on('message', () => new Promise<void>(() => undefined));
    const link = await peer.link();
    const message = { command: 'deliver_sm', source_addr: '1', short_message: Buffer.from('x') };
    for (let n = 0; n < 1100; n++) link.send(message);
    const sent = client.send(HELLO);
    const [request] = await peer.untilSubmits(1);
    await pass(30);
    link.answer(request as never, { message_id: 'm1' });
    await pass(30);
    assert.equal((await client.status()).in_flight, 1);
    const stopped = client.disconnect();
    assert.equal((await sent).message_id, 'm1');
    await until(() => link.requests('deliver_sm_resp').length === 1099);
    assert.ok(link.requests('deliver_sm_resp').every(({ command_status }) => command_status === 0x64));
    void stopped;
  });

  it('twice is once, and both wait for its end', async () => {
    const { client, peer } = await scenes.bound({ submit_sm: silence });
    client.send(HELLO).catch(() => undefined);
    const [request] = await peer.untilSubmits(1);
    let done = 0;
    const both = [client.stop(), client.stop()].map((one) => one.then(() => done++));
    await pass(10);
    assert.equal(done, 0);
    peer.links[0]?.answer(request as never, { message_id: '1' });
    await Promise.all(both);
    assert.equal(peer.links[0]?.requests('unbind').length, 1);
  });

  it('what is sent afterwards, or still waits for room, was not queued and is told so', async () => {
    const { client } = await scenes.idle({}, { queueCapacity: 1, whenFull: 'wait' });
    const queued = client.send(HELLO);
    const waiting = client.send(HELLO);
    const batch = client.enqueue([HELLO]);
    const told = Promise.allSettled([queued, waiting, batch]);
    await pass(10);
    await client.stop();
    await told;
    await assert.rejects(queued, { code: 'STOPPED' });
    await assert.rejects(waiting, { code: 'NOT_QUEUED', retriable: true });
    await assert.rejects(batch, { code: 'NOT_QUEUED' });
    await assert.rejects(client.send(HELLO), { code: 'NOT_QUEUED' });
    await assert.rejects(client.enqueue(HELLO), { code: 'NOT_QUEUED' });
  });

  it('while a message is prepared leaves no promise open', async () => {
    const clock = new FakeClock();
    const queue = store(clock);
    const { client } = await scenes.bound({}, { clock, queue });
    const sent = Array.from({ length: 20 }, () =>
      client.send({ ...HELLO, short_message: 'long '.repeat(100) }),
    );
    const all = Promise.allSettled(sent);
    await client.stop();
    for (const one of await all) {
      if (one.status === 'rejected')
        assert.match((one.reason as { code: string }).code, /^(STOPPED|NOT_QUEUED)$/);
    }
    assert.equal((await queue.queue.stats()).leased, 0);
  });

  it('leaves no timer', async () => {
    const { client, clock, peer } = await scenes.bound({
      submit_sm: () => ({ command_status: 'ESME_RTHROTTLED' }),
    });
    client.send(HELLO).catch(() => undefined);
    await peer.untilSubmits(1);
    peer.links[0]?.receipt('unknown');
    peer.links[0]?.send({
      command: 'deliver_sm',
      source_addr: '1',
      esm_class: 0x40,
      short_message: Buffer.from('0500030102016869', 'hex'),
    });
    await pass(10);
    await client.stop();
    // Until then one waits for the peer to close its half.
    await until(() => clock.pendingTimers === 0);
  });

  it('of a store that was given leaves it open, one of its own is closed', async () => {
    const clock = new FakeClock();
    const queue = store(clock);
    const given = await scenes.bound({}, { clock, queue });
    await given.client.stop();
    await queue.queue.stats();
    const own = await scenes.bound();
    await own.client.stop();
    await assert.rejects(own.client.status(), { code: 'STORE_CLOSED' });
  });

  it('disconnect keeps the queue going: what is queued meanwhile goes out after connect', async () => {
    const { client, peer } = await scenes.bound();
    await client.disconnect();
    const sent = client.send(HELLO);
    await pass(10);
    assert.equal((await client.status()).queued, 1);
    await client.connect();
    assert.equal((await sent).event, 'accepted');
    assert.equal(peer.submits.length, 1);
  });
});
