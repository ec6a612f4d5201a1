import assert from 'node:assert/strict';
import { Metrics, SmppClient } from '../../../src/index';
import { startRedis, type TestRedis } from '../../support/brokers';
import { FakeClock } from '../../support/clock';
import { scraped } from '../../support/exposition';
import { silence } from '../../support/peer';
import { until } from '../../support/until';
import { HELLO, Scenes, advanceUntil, numbered } from '../setup';

const C = 'connection="Carrier"';

describe('what a client tells Prometheus', () => {
  const scenes = new Scenes();
  afterEach(() => scenes.end());
  const named = (metrics: Metrics) => ({ metrics, name: 'Carrier' });

  it('of messages, PDUs, responses and the window', async () => {
    const metrics = new Metrics();
    const { client } = await scenes.bound({}, named(metrics));
    await client.sendBatch(numbered(3));
    const found = await scraped(metrics);
    const is = (series: string, value: number): void => assert.equal(found.get(series), value, series);
    is(`smpp_connection_up{${C}}`, 1);
    is(`smpp_connection_state{${C},state="bound"}`, 1);
    is(`smpp_connection_state{${C},state="connecting"}`, 0);
    is(`smpp_binds_total{${C},command_status="ESME_ROK"}`, 1);
    is(`smpp_messages_queued_total{${C}}`, 3);
    is(`smpp_messages_accepted_total{${C}}`, 3);
    is(`smpp_pdus_total{${C},direction="out",command="submit_sm"}`, 3);
    is(`smpp_pdus_total{${C},direction="in",command="submit_sm_resp",command_status="ESME_ROK"}`, 3);
    is(`smpp_request_duration_seconds_count{${C},command="submit_sm"}`, 3);
    is(`smpp_window_slots{${C}}`, 10);
    is(`smpp_window_used{${C}}`, 0);
    is(`smpp_rate_limit_segments_per_second{${C}}`, Infinity);
  });

  it('of refusals, retries, failures and dead letters', async () => {
    const metrics = new Metrics();
    const statuses = [0x14, 0x8, 0x0b];
    const submit_sm = (): object => ({ command_status: statuses.shift() ?? 0 });
    const script = { submit_sm: submit_sm as never };
    const options = { ...named(metrics), windowSize: 1, throttleWait: 1 };
    const { client, clock } = await scenes.bound(script, options);
    // The first is throttled, refused for a while, then for good.
    const failed = assert.rejects(client.send(HELLO), { code: 'REFUSED' });
    let over = false;
    void failed.finally(() => (over = true));
    await advanceUntil(clock, () => over);
    await failed;
    const found = await scraped(metrics);
    const is = (series: string, value: number): void => assert.equal(found.get(series), value, series);
    is(`smpp_pdus_total{${C},direction="in",command="submit_sm_resp",command_status="ESME_RMSGQFUL"}`, 1);
    is(`smpp_message_retries_total{${C},reason="retry"}`, 1);
    is(`smpp_message_failures_total{${C},code="REFUSED"}`, 1);
    is(`smpp_message_failures_total{${C},code="EXPIRED"}`, 0);
    is(`smpp_throttle_pauses_total{${C}}`, 1);
    assert.ok((found.get(`smpp_throttle_pause_seconds_total{${C}}`) ?? 0) >= 1);
    is(`smpp_throttled{${C}}`, 0);
    is(`smpp_dead_letters{${C},backend="memory"}`, 1);
  });

  it('of responses that do not come, lost links and reconnects', async () => {
    const metrics = new Metrics();
    const options = { ...named(metrics), responseTimeout: 5, windowSize: 1 };
    const { client, peer, clock } = await scenes.bound({ submit_sm: silence }, options);
    client.send(HELLO).catch(() => undefined);
    const link = await peer.link();
    await link.until('submit_sm');
    await clock.advance(5001);
    await advanceUntil(clock, () => link.requests('submit_sm').length === 2);
    link.socket.destroy();
    await advanceUntil(clock, () => client.state === 'bound' && peer.links.length === 2);
    const found = await scraped(metrics);
    const is = (series: string, value: number): void => assert.equal(found.get(series), value, series);
    is(`smpp_request_timeouts_total{${C},command="submit_sm"}`, 1);
    is(`smpp_message_redeliveries_total{${C},reason="timeout"}`, 1);
    is(`smpp_message_redeliveries_total{${C},reason="link_lost"}`, 1);
    is(`smpp_reconnects_total{${C}}`, 1);
  });

  it('of receipts, matched or not, and of messages, with the time that our answer takes', async () => {
    const metrics = new Metrics();
    const { client, peer, clock, told } = await scenes.bound({}, { ...named(metrics), receiptHoldTime: 0 });
    const { message_id } = await client.send(HELLO);
    const link = await peer.link();
    await clock.advance(4000);
    const receipt = (id: string, stat: string): object => ({
      command: 'deliver_sm',
      source_addr: HELLO.destination_addr,
      destination_addr: 'Shop',
      esm_class: 4,
      short_message: Buffer.from(
        `id:${id} sub:001 dlvrd:001 submit date:2601010000 done date:2601010000 stat:${stat} err:000 text:`,
      ),
    });
    await link.ask(receipt(message_id, 'DELIVRD') as never);
    await link.ask(receipt('strange', 'NOSUCHSTATE') as never);
    await link.ask({
      command: 'deliver_sm',
      source_addr: '1',
      destination_addr: '2',
      short_message: Buffer.from('Hi'),
    });
    await until(() => told('message').length === 1);
    const found = await scraped(metrics);
    const is = (series: string, value: number): void => assert.equal(found.get(series), value, series);
    is(`smpp_receipts_total{${C},state="DELIVRD"}`, 1);
    is(`smpp_receipts_total{${C},state="other"}`, 1);
    is(`smpp_receipts_unmatched_total{${C}}`, 1);
    is(`smpp_receipt_delay_seconds_count{${C}}`, 1);
    is(`smpp_receipt_delay_seconds_bucket{${C},le="2"}`, 0);
    is(`smpp_receipt_delay_seconds_bucket{${C},le="5"}`, 1);
    is(`smpp_messages_received_total{${C}}`, 1);
    is(`smpp_answer_duration_seconds_count{${C},command="deliver_sm"}`, 3);
  });

  it('of binds that are refused, and of hosts that are away', async () => {
    const metrics = new Metrics();
    const script = { bind_transceiver: () => ({ command_status: 0x0e }) };
    const { client } = await scenes.idle(script, named(metrics));
    await assert.rejects(client.start({ failFast: true }), { code: 'BIND_REFUSED' });
    const found = await scraped(metrics);
    assert.equal(found.get(`smpp_binds_total{${C},command_status="ESME_RINVPASWD"}`), 1);
    assert.equal(found.get(`smpp_connection_failures_total{${C},code="BIND_REFUSED"}`), 1);
    assert.equal(found.get(`smpp_connection_up{${C}}`), 0);
  });

  it('by a name of its own each, until it stops; the next of a name goes on counting', async () => {
    const metrics = new Metrics();
    const one = await scenes.bound({}, named(metrics));
    const other = await scenes.bound({}, { metrics, clientId: 'other' });
    await one.client.send(HELLO);
    const series = (found: Map<string, number>): string[] =>
      [...found.keys()].filter((name) => name.startsWith('smpp_messages_accepted_total'));
    assert.equal(series(await scraped(metrics)).length, 2);
    await one.client.stop();
    assert.deepEqual(series(await scraped(metrics)), ['smpp_messages_accepted_total{connection="other"}']);
    const next = await scenes.bound({}, named(metrics));
    await next.client.send(HELLO);
    assert.equal((await scraped(metrics)).get(`smpp_messages_accepted_total{${C}}`), 2);
    await other.client.stop();
  });

  it('without a text, a number or a password in it', async () => {
    const metrics = new Metrics();
    const { client } = await scenes.bound({}, { ...named(metrics), password: 'hunter2' });
    await client.send({ ...HELLO, short_message: 'my text' });
    const text = await metrics.text();
    for (const secret of ['hunter2', 'my text', '491511234567', 'Shop']) assert.ok(!text.includes(secret));
  });

  it('also while its Redis is away, with the counts from before', async function () {
    this.timeout(60_000);
    const redis: TestRedis = await startRedis(this, {});
    const metrics = new Metrics();
    const options = { queue: 'redis', queueUrl: redis.url, clientId: 'metrics', logLevel: 'silent' } as const;
    const client = new SmppClient({ ...named(metrics), ...options });
    const queued = `smpp_queue_messages{${C},backend="redis",state="queued"}`;
    try {
      // Nothing listens there: what is queued stays.
      client.start().catch(() => undefined);
      await client.enqueue(numbered(3));
      await until(() => client.state === 'connecting');
      assert.equal((await scraped(metrics)).get(queued), 3);
      await redis.stop();
      let away = await scraped(metrics);
      for (
        let tries = 0;
        away.get(`smpp_queue_available{${C},backend="redis"}`) !== 0 && tries < 50;
        tries++
      ) {
        await new Promise((resolve) => setTimeout(resolve, 100));
        away = await scraped(metrics);
      }
      assert.equal(away.get(`smpp_queue_available{${C},backend="redis"}`), 0);
      assert.equal(away.get(queued), 3);
      assert.ok((away.get(`smpp_queue_count_age_seconds{${C},backend="redis"}`) ?? 0) > 0);
      const health = await client.health();
      assert.deepEqual([health.healthy, health.queue.state], [false, 'unavailable']);
      assert.match(health.problems.join(), /the queue does not answer/);
    } finally {
      await client.stop();
      await redis.kill();
    }
  });
});

describe('the health of a client', () => {
  const scenes = new Scenes();
  afterEach(() => scenes.end());

  it('is good while nothing is wanted of it, bad until it is bound, and says what went wrong last', async () => {
    const clock = new FakeClock();
    const refused = { bind_transceiver: () => ({ command_status: 0x0d }) };
    const { client } = await scenes.idle((link) => (link === 0 ? refused : {}), { clock });
    const idle = await client.health();
    assert.deepEqual([idle.healthy, idle.wanted, idle.state], [true, false, 'disconnected']);
    const started = client.start();
    await until(() => client.state === 'connecting');
    let health = await client.health();
    while (!health.last_error) {
      await new Promise((resolve) => setTimeout(resolve, 5));
      health = await client.health();
    }
    assert.deepEqual([health.healthy, health.bound, health.sessions], [false, 0, 1]);
    assert.match(health.last_error.text, /refused the bind with ESME_RBINDFAIL/);
    assert.equal(health.last_error.code, 'BIND_REFUSED');
    await advanceUntil(clock, () => client.state === 'bound');
    await started;
    const bound = await client.health();
    assert.deepEqual([bound.healthy, bound.problems, bound.bound], [true, [], 1]);
    assert.equal(bound.since, new Date(clock.now()).toISOString());
    client.pause();
    assert.equal((await client.health()).healthy, true);
    await client.disconnect();
    assert.deepEqual([(await client.health()).healthy, (await client.health()).wanted], [true, false]);
  });
});
