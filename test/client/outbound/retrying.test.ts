import assert from 'node:assert/strict';
import { retryDelay } from '../../../src/client/outbound/retry';
import { DeliveryError } from '../../../src/index';
import { silence } from '../../support/peer';
import { pass, until } from '../../support/until';
import { HELLO, Scenes, advanceUntil, numbered, textsOf } from '../setup';

describe('Retrying', () => {
  const scenes = new Scenes();
  afterEach(() => scenes.end());

  it('waits 2, 4, 8 … s, at most 5 min, the last fifth by chance', () => {
    assert.deepEqual(
      [1, 2, 3, 8, 9, 50].map((n) => retryDelay(n, () => 1)),
      [2000, 4000, 8000, 256_000, 300_000, 300_000],
    );
    assert.equal(
      retryDelay(1, () => 0),
      1600,
    );
  });

  for (const status of ['ESME_RINVDSTADR', 'ESME_RINVSRCADR', 'ESME_RINVMSGLEN', 'ESME_RINVPASWD']) {
    it(`never happens after ${status}: the message fails at once`, async () => {
      const { client, peer, told } = await scenes.bound({ submit_sm: () => ({ command_status: status }) });
      await assert.rejects(client.send(HELLO), (error: DeliveryError) => {
        assert.ok(error instanceof DeliveryError);
        assert.match(error.message, new RegExp(`refused it with ${status}: `));
        const { code, command_status, attempts, redelivered, message_ids, history } = error.outcome;
        assert.deepEqual(
          [code, command_status, attempts, redelivered, message_ids],
          ['REFUSED', status, 1, false, []],
        );
        assert.deepEqual(
          history.map(({ reason, segment }) => [reason, segment]),
          [[status, 0]],
        );
        return true;
      });
      const [failure] = told('failure');
      assert.deepEqual(
        [failure?.event, failure?.code, failure?.command_status, failure?.topic],
        ['failure', 'REFUSED', status, '491511234567'],
      );
      assert.equal(peer.submits.length, 1);
    });
  }

  it('happens after a temporary status, with growing delay, and does not hold up those behind', async () => {
    let refusals = 3;
    const { client, peer, clock } = await scenes.bound({
      submit_sm: (pdu) => {
        const isFirst = (pdu.short_message as Buffer).toString() === '0';
        return isFirst && refusals-- > 0 ? { command_status: 'ESME_RSYSERR' } : { message_id: 'x' };
      },
    });
    const [first, ...others] = numbered(4).map((message) => client.send(message));
    await Promise.all(others);
    assert.deepEqual(textsOf(peer.submits), ['0', '1', '2', '3']);
    const { delayed } = await client.status();
    assert.equal(delayed, 1);
    const started = clock.monotonic();
    await advanceUntil(clock, () => peer.submits.length === 7);
    assert.equal((await first)?.attempts, 4);
    const waited = clock.monotonic() - started;
    assert.ok(waited > 12_000 && waited < 14_500, `${waited} ms`);
  });

  it('ends after maxAttempts with the last status and the history', async () => {
    const { client, peer, clock, told } = await scenes.bound(
      { submit_sm: () => ({ command_status: 'ESME_RSUBMITFAIL' }) },
      { maxAttempts: 3 },
    );
    const sent = client.send(HELLO);
    sent.catch(() => undefined);
    await advanceUntil(clock, () => told('failure').length > 0);
    await assert.rejects(sent, (error: DeliveryError) => {
      const { code, command_status, attempts, history } = error.outcome;
      assert.deepEqual(
        [code, command_status, attempts, history.length],
        ['MAX_ATTEMPTS', 'ESME_RSUBMITFAIL', 3, 3],
      );
      assert.match(error.message, /given up after 3 attempts.*ESME_RSUBMITFAIL/);
      return true;
    });
    assert.equal(peer.submits.length, 3);
  });

  it('treats a status that nobody knows as temporary, and names it by its number', async () => {
    const { client, clock, told } = await scenes.bound(
      { submit_sm: () => ({ command_status: 0x0401 }) },
      { maxAttempts: 2 },
    );
    const sent = client.send(HELLO);
    sent.catch(() => undefined);
    await advanceUntil(clock, () => told('failure').length > 0);
    await assert.rejects(sent, (error: DeliveryError) => error.outcome.command_status === '0x00000401');
  });

  it('a generic_nack without an error is not an acceptance', async () => {
    const { client, clock, told } = await scenes.bound(
      { submit_sm: () => ({ command: 'generic_nack', command_status: 0 }) },
      { maxAttempts: 1 },
    );
    const sent = client.send(HELLO);
    sent.catch(() => undefined);
    await advanceUntil(clock, () => told('failure').length > 0);
    await assert.rejects(sent, { code: 'MAX_ATTEMPTS' });
  });
});

describe('Unknown outcomes', () => {
  const scenes = new Scenes();
  afterEach(() => scenes.end());

  it('of a missing response send the message again, marked redelivered and not counted as an attempt', async () => {
    let n = 0;
    const { client, peer, clock } = await scenes.bound(
      { submit_sm: () => (++n === 1 ? undefined : { message_id: 'second' }) },
      { responseTimeout: 5 },
    );
    const sent = client.send(HELLO);
    await peer.untilSubmits(1);
    await advanceUntil(clock, () => peer.submits.length === 2);
    const { redelivered, attempts, message_id } = await sent;
    assert.deepEqual([redelivered, attempts, message_id], [true, 1, 'second']);
  });

  it('of a lost link send again exactly what was unanswered, in order', async () => {
    const { client, peer, clock } = await scenes.bound((link) => (link === 0 ? { submit_sm: silence } : {}), {
      windowSize: 3,
    });
    const sent = client.sendBatch(numbered(5));
    const [first] = await peer.untilSubmits(3);
    peer.links[0]?.answer(first as never, { message_id: 'early' });
    await peer.untilSubmits(4);
    peer.links[0]?.socket.destroy();
    await advanceUntil(clock, () => peer.submits.length >= 8);
    const results = await sent;
    const marked = results.map((one) => one.status === 'fulfilled' && one.value.redelivered);
    assert.deepEqual(marked, [false, true, true, true, false]);
    assert.deepEqual(textsOf(peer.links[1]?.requests('submit_sm') ?? []), ['1', '2', '3', '4']);
  });

  it('end after maxRedeliveries with OUTCOME_UNKNOWN', async () => {
    const { client, peer, clock, told } = await scenes.bound(
      { submit_sm: silence },
      { responseTimeout: 1, maxRedeliveries: 2, enquireLinkInterval: 0 },
    );
    const sent = client.send(HELLO);
    sent.catch(() => undefined);
    await advanceUntil(clock, () => told('failure').length > 0);
    await assert.rejects(sent, (error: DeliveryError) => {
      const { code, redelivered, attempts, history } = error.outcome;
      assert.deepEqual([code, redelivered, attempts], ['OUTCOME_UNKNOWN', true, 0]);
      assert.deepEqual(
        history.map(({ reason }) => reason),
        ['RESPONSE_TIMEOUT', 'RESPONSE_TIMEOUT', 'RESPONSE_TIMEOUT'],
      );
      return true;
    });
    assert.equal(peer.submits.length, 3);
  });

  it('a late response is correlated: its receipt finds the message', async () => {
    let n = 0;
    const { client, peer, clock, told } = await scenes.bound(
      { submit_sm: () => (++n === 1 ? undefined : { message_id: 'second' }) },
      { responseTimeout: 5 },
    );
    const sent = client.send({ ...HELLO, correlation_id: 'c' });
    const [first] = await peer.untilSubmits(1);
    await advanceUntil(clock, () => peer.submits.length === 2);
    await sent;
    const link = await peer.link();
    link.answer(first as never, { message_id: 'first' });
    await pass(10);
    link.receipt('first');
    await until(() => told('receipt').length === 1);
    const [receipt] = told('receipt');
    assert.deepEqual([receipt?.matched, receipt?.correlation_id, receipt?.message_id], [true, 'c', 'first']);
  });
});

describe('Expiry', () => {
  const scenes = new Scenes();
  afterEach(() => scenes.end());

  for (const [how, expires] of [
    ['a Date', (now: number) => new Date(now + 60_000)],
    ['an ISO time', (now: number) => new Date(now + 60_000).toISOString()],
    ['epoch milliseconds', (now: number) => now + 60_000],
  ] as const) {
    it(`given as ${how} fails what was not sent by then, and nothing goes out`, async () => {
      const { client, clock, peer, told } = await scenes.idle();
      const sent = client.send({ ...HELLO, expires: expires(clock.now()) });
      const other = client.send({ ...HELLO, short_message: 'other' });
      sent.catch(() => undefined);
      await clock.advance(60_001);
      await client.start();
      await other;
      await assert.rejects(sent, {
        code: 'EXPIRED',
        message: /not sent before it expired at 2026-01-01T00:01:00\.000Z/,
      });
      assert.deepEqual(textsOf(peer.submits), ['other']);
      assert.equal(told('failure')[0]?.code, 'EXPIRED');
    });
  }

  it('is messageTtl where a message says nothing, and none with 0', async () => {
    const short = await scenes.idle({}, { messageTtl: 10 });
    const sent = short.client.send(HELLO);
    sent.catch(() => undefined);
    await short.clock.advance(10_001);
    await short.client.start();
    await assert.rejects(sent, { code: 'EXPIRED' });
    const never = await scenes.idle({}, { messageTtl: 0 });
    const patient = never.client.send(HELLO);
    await never.clock.advance(1e9);
    await never.client.start();
    assert.equal((await patient).event, 'accepted');
  });

  it('holds for throttled messages too', async () => {
    const { client, clock, peer } = await scenes.bound({
      submit_sm: () => ({ command_status: 'ESME_RTHROTTLED' }),
    });
    const sent = client.send({ ...HELLO, expires: clock.now() + 10_000 });
    sent.catch(() => undefined);
    await peer.untilSubmits(1);
    await advanceUntil(clock, () => clock.monotonic() > 14_000);
    await assert.rejects(sent, { code: 'EXPIRED' });
  });
});

describe('A late acceptance', () => {
  const scenes = new Scenes();
  afterEach(() => scenes.end());

  it('is told as the response that it is: who only listens learns the message_id', async () => {
    const { client, peer, clock, told } = await scenes.bound(
      { submit_sm: silence },
      { responseTimeout: 5, windowSize: 2 },
    );
    const ids = await client.enqueue([HELLO, HELLO]);
    const [first, second] = await peer.untilSubmits(2);
    client.pause();
    await clock.advance(5_010);
    peer.links[0]?.answer(first as never, { message_id: 'late' });
    peer.links[0]?.answer(second as never, { command_status: 'ESME_RSYSERR' });
    await until(() => told('response').length === 2);
    assert.deepEqual(
      told('response').map(({ id, payload, message_id, late, duration = 0 }) => [
        id,
        payload,
        message_id,
        late,
        duration > 5,
      ]),
      [
        [ids[0], 'ESME_ROK', 'late', true, true],
        [ids[1], 'ESME_RSYSERR', '', true, true],
      ],
    );
  });

  it('settles a message that was not sent again yet', async () => {
    const { client, peer, clock } = await scenes.bound({ submit_sm: silence }, { responseTimeout: 5 });
    const sent = client.send(HELLO);
    const [request] = await peer.untilSubmits(1);
    client.pause();
    await clock.advance(5_010);
    await until(() => clock.pendingTimers > 0);
    peer.links[0]?.answer(request as never, { message_id: 'late' });
    await pass(10);
    client.resume();
    const { message_id, redelivered } = await sent;
    assert.deepEqual([message_id, redelivered, peer.submits.length], ['late', true, 1]);
  });

  it('settles the segments that it is about, and only the others go again', async () => {
    const script = { submit_sm: silence };
    const { client, peer, clock } = await scenes.bound(script, { responseTimeout: 5 });
    const sent = client.send({ ...HELLO, short_message: 'x'.repeat(200) });
    const [first] = await peer.untilSubmits(2);
    client.pause();
    await clock.advance(5_010);
    peer.links[0]?.answer(first as never, { message_id: 'late' });
    await pass(10);
    client.resume();
    const [, , again] = await peer.untilSubmits(3);
    peer.links[0]?.answer(again as never, { message_id: 'again' });
    assert.deepEqual((await sent).message_ids, ['late', 'again']);
  });
});
