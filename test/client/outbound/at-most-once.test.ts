import assert from 'node:assert/strict';
import type { DeliveryError } from '../../../src/index';
import type { Store } from '../../../src/index';
import { silence } from '../../support/peer';
import { pass, until } from '../../support/until';
import { HELLO, Scenes, advanceUntil, numbered, store, textsOf } from '../setup';
import { FakeClock } from '../../support/clock';

const ONCE = { delivery: 'at-most-once' } as const;

describe('Delivery at most once', () => {
  const scenes = new Scenes();
  afterEach(() => scenes.end());

  it('fails what gets no response, does not send it again, and matches what comes late', async () => {
    const { client, peer, clock, told } = await scenes.bound(
      { submit_sm: silence },
      { ...ONCE, responseTimeout: 5 },
    );
    const sent = client.send({ ...HELLO, correlation_id: 'c' });
    sent.catch(() => undefined);
    const [request] = await peer.untilSubmits(1);
    await advanceUntil(clock, () => told('failure').length === 1);
    await assert.rejects(sent, (error: DeliveryError) => {
      const { code, redelivered, history } = error.outcome;
      assert.deepEqual(
        [code, redelivered, history[0]?.reason],
        ['OUTCOME_UNKNOWN', false, 'RESPONSE_TIMEOUT'],
      );
      assert.match(error.message, /at-most-once.*may have been delivered/);
      return true;
    });
    await clock.advance(20_000);
    assert.equal(peer.submits.length, 1);
    const link = await peer.link();
    link.answer(request as never, { message_id: 'late' });
    await pass(10);
    link.receipt('late');
    await until(() => told('receipt').length === 1);
    assert.deepEqual([told('receipt')[0]?.matched, told('receipt')[0]?.correlation_id], [true, 'c']);
  });

  it('fails what was on the wire of a lost link, and sends what was not', async () => {
    const { client, peer, clock, told } = await scenes.bound(
      (link) => (link === 0 ? { submit_sm: silence } : {}),
      {
        ...ONCE,
        windowSize: 3,
      },
    );
    const sent = client.sendBatch(numbered(5));
    await peer.untilSubmits(3);
    peer.links[0]?.socket.destroy();
    await advanceUntil(clock, () => peer.submits.length === 5);
    const results = await sent;
    assert.deepEqual(
      results.map(({ status }) => status),
      ['rejected', 'rejected', 'rejected', 'fulfilled', 'fulfilled'],
    );
    assert.deepEqual(textsOf(peer.links[1]?.requests('submit_sm') ?? []), ['3', '4']);
    assert.ok(told('failure').every(({ code }) => code === 'OUTCOME_UNKNOWN'));
  });

  it('still sends again what was refused for a while, and what was throttled', async () => {
    const statuses = ['ESME_RSYSERR', 'ESME_RTHROTTLED'];
    const { client, peer, clock } = await scenes.bound(
      {
        submit_sm: () => {
          const command_status = statuses.shift();
          return command_status ? { command_status } : { message_id: 'x' };
        },
      },
      ONCE,
    );
    const sent = client.send(HELLO);
    await advanceUntil(clock, () => peer.submits.length === 3);
    const { attempts, redelivered } = await sent;
    assert.deepEqual([attempts, redelivered], [2, false]);
  });

  it('of a long message fails the whole, with what was accepted', async () => {
    let n = 0;
    const { client, peer, clock, told } = await scenes.bound(
      { submit_sm: () => (++n === 1 ? { message_id: 'first' } : undefined) },
      { ...ONCE, responseTimeout: 5 },
    );
    const sent = client.send({ ...HELLO, short_message: 'x'.repeat(400) });
    sent.catch(() => undefined);
    await peer.untilSubmits(3);
    await advanceUntil(clock, () => told('failure').length === 1);
    await assert.rejects(sent, (error: DeliveryError) => {
      assert.deepEqual([error.outcome.code, error.outcome.message_ids], ['OUTCOME_UNKNOWN', ['first']]);
      return true;
    });
    assert.equal(peer.submits.length, 3);
  });

  it('writes nothing that the store does not know of, and goes on when the store is back', async () => {
    const clock = new FakeClock();
    const inner = store(clock);
    let away = true;
    let notes = 0;
    const queue: Store['queue'] = Object.assign(Object.create(inner.queue) as Store['queue'], {
      enqueue: inner.queue.enqueue.bind(inner.queue),
      take: inner.queue.take.bind(inner.queue),
      settle: inner.queue.settle.bind(inner.queue),
      release: inner.queue.release.bind(inner.queue),
      stats: inner.queue.stats.bind(inner.queue),
      extend: async () => {
        notes++;
        if (away) throw new Error('away');
      },
    });
    const { client, peer } = await scenes.bound(
      {},
      { ...ONCE, clock, queue: { ...inner, queue, correlator: inner.correlator } },
    );
    const sent = client.sendBatch(numbered(3));
    await advanceUntil(clock, () => notes >= 2);
    await pass(10);
    assert.equal(peer.submits.length, 0);
    away = false;
    await advanceUntil(clock, () => peer.submits.length === 3);
    for (const { status } of await sent) assert.equal(status, 'fulfilled');
  });

  it('fails what an earlier process may have sent, and sends what it had not', async () => {
    const clock = new FakeClock();
    const left = store(clock);
    const before = await scenes.bound({ submit_sm: silence }, { ...ONCE, clock, queue: left, windowSize: 2 });
    await before.client.enqueue(numbered(3));
    await before.peer.untilSubmits(2);
    // What a crash leaves: a loan that nobody ends, with the state that was written.
    const [lent] = await left.queue.take(1, { signal: AbortSignal.timeout(1000) });
    assert.ok(lent);
    lent.state.onTheWire = true;
    await left.queue.release([lent]);
    const { client, peer, told } = await scenes.bound({}, { ...ONCE, clock, queue: left });
    await until(() => told('failure').length === 1);
    assert.equal(told('failure')[0]?.code, 'OUTCOME_UNKNOWN');
    assert.equal(peer.submits.length, 0);
    assert.equal((await client.send(HELLO)).event, 'accepted');
  });

  it('sends it again where the connection is at-least-once now, marked', async () => {
    const clock = new FakeClock();
    const left = store(clock);
    const { client } = await scenes.idle({}, { ...ONCE, clock, queue: left });
    await client.enqueue(HELLO);
    const [lent] = await left.queue.take(1, { signal: AbortSignal.timeout(1000) });
    assert.ok(lent);
    lent.state.onTheWire = true;
    await left.queue.release([lent]);
    const { told } = await scenes.bound({}, { clock, queue: left });
    await until(() => told('response').length === 1);
    assert.equal(told('response')[0]?.redelivered, true);
  });

  it('is refused with a store that does not keep what happened to a message', async () => {
    const clock = new FakeClock();
    const whole = store(clock);
    const queue = { ...whole, capabilities: { ...whole.capabilities, segmentState: false } };
    const { client } = await scenes.idle({}, { clock, queue, delivery: 'at-most-once' });
    await assert.rejects(client.start(), { code: 'INVALID_CONFIG', message: /delivery.*at-least-once/s });
  });

  it('leaves no such store open that was made for it, and does not look for its broker', async () => {
    const clock = new FakeClock();
    let closed = 0;
    const made = store(clock);
    const create = async (): Promise<Store> => ({
      ...made,
      capabilities: { ...made.capabilities, segmentState: false },
      close: async () => (closed++, made.close()),
    });
    const refused = { code: 'INVALID_CONFIG', message: /delivery.*at-least-once/s };
    const queue = { type: 'smpp-store', apiVersion: 1, create } as never;
    const { client } = await scenes.idle({}, { clock, queue, ...ONCE });
    await assert.rejects(client.start(), refused);
    assert.equal(closed, 1);
    await assert.rejects(client.send(HELLO), refused);
    assert.equal(closed, 2);
    const away = { queue: 'rabbitmq', queueUrl: 'amqp://127.0.0.1:1', queueDirectory: '/nowhere' } as const;
    const { client: other } = await scenes.idle({}, { clock, ...away, ...ONCE });
    await assert.rejects(other.start(), refused);
  });
});
