import assert from 'node:assert/strict';
import { ConfigError, openMemoryStore, type RateLimiter } from '../../src/index';
import { FakeClock } from '../support/clock';
import { silence } from '../support/peer';
import { pass, until } from '../support/until';
import { HELLO, Scenes, numbered, textsOf } from './setup';

describe('Control', () => {
  const scenes = new Scenes();
  afterEach(() => scenes.end());

  it('pause stops sending and nothing else, resume goes on', async () => {
    const { client, peer, told } = await scenes.bound();
    await client.send(HELLO);
    client.pause();
    assert.equal(client.state, 'paused');
    const sent = client.sendBatch(numbered(2));
    await pass(20);
    assert.equal(peer.submits.length, 1);
    client.resume();
    await sent;
    assert.equal(client.state, 'bound');
    assert.deepEqual(
      told('session').map(({ state }) => state),
      ['connecting', 'bound', 'paused', 'bound'],
    );
  });

  it('pause before start holds the first message', async () => {
    const { client, peer } = await scenes.idle();
    client.pause();
    const sent = client.send(HELLO);
    await client.start();
    await pass(10);
    assert.deepEqual([peer.submits.length, client.state], [0, 'paused']);
    client.resume();
    await sent;
  });

  it('purge removes what is not on the wire, tells each REMOVED and how many', async () => {
    const { client, peer, told } = await scenes.bound({ submit_sm: silence }, { windowSize: 1 });
    const onTheWire = client.send(HELLO);
    await peer.untilSubmits(1);
    const sent = client.sendBatch(numbered(3));
    await pass(10);
    assert.equal(await client.purge(), 3);
    const results = await sent;
    const codes = results.map((one) => one.status === 'rejected' && (one.reason as { code: string }).code);
    assert.deepEqual(codes, ['REMOVED', 'REMOVED', 'REMOVED']);
    assert.deepEqual(
      told('failure').map(({ code }) => code),
      ['REMOVED', 'REMOVED', 'REMOVED'],
    );
    const [purged] = told('queue');
    assert.deepEqual([purged?.state, purged?.removed], ['purged', 3]);
    peer.links[0]?.answer(peer.submits[0] as never, { message_id: 'x' });
    await onTheWire;
    assert.equal(peer.submits.length, 1);
  });

  it('status tells how it is', async () => {
    const { client, peer, clock } = await scenes.bound(
      { submit_sm: silence },
      { windowSize: 2, sendRate: 100, burst: 5 },
    );
    client.sendBatch(numbered(5)).catch(() => undefined);
    await peer.untilSubmits(2);
    await clock.advance(2000);
    const {
      state,
      queued,
      delayed,
      in_flight,
      waiting,
      oldest_age,
      rate,
      send_rate,
      window_size,
      host,
      port,
    } = await client.status();
    assert.deepEqual(
      { state, queued, delayed, in_flight, waiting, oldest_age, send_rate, window_size, host, port },
      {
        state: 'bound',
        queued: 3,
        delayed: 0,
        in_flight: 2,
        waiting: 5,
        oldest_age: 2,
        send_rate: 100,
        window_size: 2,
        host: '127.0.0.1',
        port: peer.port,
      },
    );
    assert.ok(rate > 0);
  });

  it('configure changes window, rate and log level at once, and over a reconnect', async () => {
    const { client, peer, clock, lines } = await scenes.bound(
      { submit_sm: silence },
      { windowSize: 1, logLevel: 'info' },
    );
    await client.enqueue(numbered(20));
    await peer.untilSubmits(1);
    client.configure({ windowSize: '3', logLevel: 'debug' });
    await peer.untilSubmits(3);
    await pass(10);
    assert.equal(peer.submits.length, 3);
    assert.ok(lines.some(({ level }) => level === 'debug'));
    peer.links[0]?.socket.destroy();
    await clock.advance(2000);
    await until(() => (peer.links[1]?.requests('submit_sm').length ?? 0) === 3);
    await pass(10);
    assert.equal(peer.links[1]?.requests('submit_sm').length, 3);
    client.configure({ sendRate: 0.5 });
    const { send_rate, window_size } = await client.status();
    assert.deepEqual([send_rate, window_size], [0.5, 3]);
  });

  it('configure refuses an empty value: it must not lift the limit that is in force', async () => {
    const { client } = await scenes.idle({}, { sendRate: 7 });
    for (const empty of [null, '', ' ']) {
      assert.throws(
        () => client.configure({ sendRate: empty as string }),
        /sendRate.*what is not to change is left out/,
      );
    }
    assert.equal((await client.status()).send_rate, 7);
  });

  it('configure refuses what cannot be, all of it, and changes nothing', async () => {
    const { client } = await scenes.idle({}, { sendRate: 5 });
    for (const changes of [
      { sendRate: -1, windowSize: 0 },
      { logLevel: 'loud' },
      { port: 1 },
      { sendRate: 7, windowSize: 'many' },
    ]) {
      assert.throws(() => client.configure(changes), ConfigError);
    }
    assert.equal((await client.status()).send_rate, 5);
    const limiter: RateLimiter = { acquire: (max) => Promise.resolve(max), giveBack: () => undefined };
    const own = await scenes.idle({}, { rateLimiter: limiter });
    assert.throws(() => own.client.configure({ sendRate: 5 }), /sendRate.*your own/);
  });

  it('queries, cancels and replaces go straight through the window, also while paused', async () => {
    const { client, peer, told } = await scenes.bound({
      query_sm: () => ({ message_id: 'q', final_date: '', message_state: 2, error_code: 0 }),
      cancel_sm: () => ({ command_status: 'ESME_RCANCELFAIL' }),
    });
    client.pause();
    const answer = await client.send(
      { command: 'query_sm', message_id: 'q', source_addr: '1234', correlation_id: 'c' },
      { msgid: 'flow' },
    );
    assert.deepEqual(
      [
        answer.event,
        answer.command_status,
        answer.correlation_id,
        answer.msgid,
        (answer.payload as { message_state: number }).message_state,
      ],
      ['accepted', 'ESME_ROK', 'c', 'flow', 2],
    );
    await assert.rejects(
      client.send({
        command: 'cancel_sm',
        message_id: 'q',
        source_addr: '1',
        destination_addr: '491511234567',
      }),
      {
        code: 'REFUSED',
        message: /cancel_sm with ESME_RCANCELFAIL/,
      },
    );
    await client.send({ command: 'replace_sm', message_id: 'q', source_addr: '1', short_message: 'new' });
    assert.deepEqual(textsOf((await peer.link()).requests('replace_sm')), ['new']);
    assert.equal(told('response').length, 3);
  });

  it('queries fail with NOT_BOUND without a session that may send', async () => {
    const idle = await scenes.idle();
    const query = { command: 'query_sm', message_id: 'q', source_addr: '1' } as const;
    await assert.rejects(idle.client.send(query), { code: 'NOT_BOUND', retriable: true });
    const receiver = await scenes.bound({}, { bindType: 'receiver' });
    await assert.rejects(receiver.client.send(query), { code: 'NOT_BOUND' });
  });

  it('a message for a connection that only receives is warned of, once', async () => {
    const { client, lines } = await scenes.bound({}, { bindType: 'receiver' });
    const warnings = (): number => lines.filter(({ msg }) => /only receives/.test(String(msg))).length;
    assert.equal(warnings(), 0);
    await client.enqueue(HELLO);
    await client.enqueue(numbered(2));
    assert.deepEqual([warnings(), (await client.status()).queued], [1, 3]);
  });

  it('a receiver sends nothing: messages wait in the queue', async () => {
    const { client, peer } = await scenes.bound({}, { bindType: 'receiver' });
    client.send(HELLO).catch(() => undefined);
    await pass(20);
    assert.deepEqual([peer.submits.length, (await client.status()).queued], [0, 1]);
  });
});

describe('A store that is away', () => {
  const scenes = new Scenes();
  afterEach(() => scenes.end());

  it('for settling is tried again until it is back, and no message is sent twice for it', async () => {
    const clock = new FakeClock();
    const inner = openMemoryStore({ capacity: 100, whenFull: 'reject', clock });
    let failures = 3;
    const queue = {
      ...inner,
      settle: (...given: Parameters<typeof inner.settle>) =>
        failures-- > 0 ? Promise.reject(new Error('away')) : inner.settle(...given),
    };
    const { client, peer, lines } = await scenes.bound({}, { clock, queue });
    const sent = client.send(HELLO);
    await peer.untilSubmits(1);
    await pass(10);
    await clock.advance(5000);
    assert.equal((await sent).event, 'accepted');
    assert.equal(peer.submits.length, 1);
    const causes = lines.flatMap(({ err }) => (err as Error | undefined)?.message ?? []);
    assert.deepEqual(causes, ['away'], 'told once, however often it is tried');
  });

  it('for taking keeps the session, and sending resumes when it is back, without a leak', async () => {
    const clock = new FakeClock();
    const inner = openMemoryStore({ capacity: 100, whenFull: 'reject', clock });
    let away = true;
    const take = inner.queue.take.bind(inner.queue);
    Object.assign(inner.queue, {
      take: (...given: Parameters<typeof take>) =>
        away ? Promise.reject(new Error('away')) : take(...given),
    });
    const warnings: Error[] = [];
    const onWarning = (warning: Error): void => void warnings.push(warning);
    process.on('warning', onWarning);
    const { client, peer } = await scenes.bound({}, { clock, queue: inner, enquireLinkInterval: 0 });
    const sent = client.send(HELLO);
    for (let n = 0; n < 20; n++) await clock.advance(1000);
    assert.deepEqual([client.state, peer.submits.length], ['bound', 0]);
    away = false;
    await clock.advance(1000);
    await sent;
    process.off('warning', onWarning);
    assert.deepEqual(warnings, []);
  });

  it('for good does not keep a client from stopping, nor leave a timer', async () => {
    const clock = new FakeClock();
    const inner = openMemoryStore({ capacity: 100, whenFull: 'reject', clock });
    const queue = { ...inner, settle: () => Promise.reject(new Error('away')) };
    const { client, peer } = await scenes.bound({}, { clock, queue });
    const sent = client.send(HELLO);
    sent.catch(() => undefined);
    await peer.untilSubmits(1);
    await pass(10);
    const stopped = client.stop();
    await pass(20);
    await clock.advance(1000);
    await stopped;
    await assert.rejects(sent, { code: 'STOPPED' });
    await until(() => clock.pendingTimers === 0, 'the end of all timers');
  });
});
