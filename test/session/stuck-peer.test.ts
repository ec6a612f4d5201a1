import assert from 'node:assert/strict';
import { encodePdu } from '../../src/protocol';
import { settle } from '../support/clock';
import { silence } from '../support/peer';
import { until } from '../support/until';
import { Benches, closed, type Bench } from './setup';

const LONG = encodePdu({ command: 'deliver_sm', sequence_number: 9, short_message: Buffer.alloc(200) });

/** Lets the peer write octet after octet, one a second. */
async function trickle({ link, clock }: Bench, octets: Buffer, seconds: number): Promise<void> {
  for (let at = 0; at < seconds; at++) {
    link.write(octets.subarray(at, at + 1));
    await settle();
    await clock.advance(1000);
  }
}

describe('A peer whose octets trickle', () => {
  const benches = new Benches();
  afterEach(() => benches.end());

  it('is given up when a PDU has begun and not ended within responseTimeout, also without keep-alive', async () => {
    const bench = await benches.bound({ responseTimeout: 20_000 });
    await trickle(bench, LONG, 19);
    assert.equal(bench.reason(), undefined);
    await trickle(bench, LONG.subarray(19), 2);
    const { code, text } = await closed(bench);
    assert.deepEqual([code, text], ['peer-stalled', 'the peer got stuck: a PDU began and did not end']);
    assert.equal(bench.clock.pendingTimers, 0);
  });

  it('is asked when no whole PDU has come for enquireLinkInterval, for octets are no sign of life', async () => {
    const bench = await benches.bound({ responseTimeout: 60_000, enquireLinkInterval: 10_000 });
    await trickle(bench, LONG, 9);
    assert.equal(bench.link.requests('enquire_link').length, 0);
    await trickle(bench, LONG.subarray(9), 2);
    await bench.link.until('enquire_link');
  });

  it('that does not answer enquire_link is gone after responseTimeout, trickle or not', async () => {
    const bench = await benches.bound({
      responseTimeout: 5_000,
      enquireLinkInterval: 10_000,
      script: { enquire_link: silence },
    });
    await bench.clock.advance(9_000);
    await trickle(bench, LONG, 3);
    await bench.link.until('enquire_link');
    await trickle(bench, LONG.subarray(3), 4);
    assert.notEqual((await closed(bench)).code, 'destroyed');
  });

  it('lives as long as its PDUs end in time', async () => {
    const bench = await benches.bound({
      responseTimeout: 30_000,
      enquireLinkInterval: 40_000,
      handlers: { request: () => ({ command_status: 0 }) },
    });
    const short = encodePdu({ command: 'enquire_link', sequence_number: 7 });
    for (let n = 0; n < 4; n++) await trickle(bench, short, short.length);
    assert.equal(bench.reason(), undefined);
    assert.equal(bench.link.requests('enquire_link').length, 0);
    assert.equal(bench.link.received.filter((pdu) => pdu.command === 'enquire_link_resp').length, 4);
  });

  it('counts from the PDU that began last', async () => {
    const bench = await benches.bound({ responseTimeout: 10_000 });
    const short = encodePdu({ command: 'enquire_link', sequence_number: 7 });
    bench.link.write(short.subarray(0, 10));
    await settle();
    await bench.clock.advance(8_000);
    bench.link.write(Buffer.concat([short.subarray(10), short.subarray(0, 5)]));
    await bench.link.until('enquire_link_resp');
    await bench.clock.advance(9_000);
    assert.equal(bench.reason(), undefined);
    await bench.clock.advance(1_010);
    assert.equal((await closed(bench)).code, 'peer-stalled');
  });

  it('does not get a session by trickling its bind, nor after outbind', async () => {
    for (const state of ['open', 'outbound'] as const) {
      const bench = await benches.inState('smsc', state, { sessionInitTimeout: 10_000 });
      const bind = encodePdu({ command: 'bind_transceiver', sequence_number: 1, system_id: 'a'.repeat(15) });
      await trickle(bench, bind, 9);
      assert.equal(bench.reason(), undefined);
      await trickle(bench, bind.subarray(9), 1);
      assert.equal((await closed(bench)).code, 'bind-timeout');
    }
  });

  it('has bindTimeout for its answer to a bind, however short responseTimeout is', async () => {
    const bench = await benches.esme({ responseTimeout: 1_000, script: { bind_transceiver: silence } });
    const binding = bench.session.bind('bind_transceiver', {}, 5_000);
    const request = await bench.link.until('bind_transceiver');
    await bench.clock.advance(4_900);
    bench.link.answer(request);
    assert.equal((await binding).command_status, 0);
    await bench.clock.advance(1_000);
    assert.equal(bench.reason(), undefined);
    assert.equal(bench.clock.pendingTimers, 0);
  });

  it('does not hold up the bind of a client: bindTimeout holds', async () => {
    const bench = await benches.esme({ script: { bind_transceiver: silence } });
    const binding = bench.session.bind('bind_transceiver', {}, 5_000);
    binding.catch(() => undefined);
    const { sequence_number } = await bench.link.until('bind_transceiver');
    const answer = encodePdu({ command: 'bind_transceiver_resp', sequence_number, system_id: 'a' });
    await trickle(bench, answer, 5);
    await assert.rejects(binding, { code: 'BIND_TIMEOUT' });
    assert.equal(bench.clock.pendingTimers, 0);
  });
});

describe('The timers of a session', () => {
  const benches = new Benches();
  afterEach(() => benches.end());

  it('are one of the clock, however much is due', async () => {
    const { session, clock, link } = await benches.bound({
      enquireLinkInterval: 10_000,
      inactivityTimeout: 100_000,
      windowSize: 5,
      script: { submit_sm: silence },
    });
    for (let n = 0; n < 5; n++) void session.request({ command: 'submit_sm' }).catch(() => undefined);
    link.write(LONG.subarray(0, 3));
    await link.until('submit_sm', 5);
    await settle();
    assert.equal(clock.pendingTimers, 1);
    void session.unbind(1000);
    assert.equal(clock.pendingTimers, 1);
  });

  it('hold for an interval of one second', async () => {
    const { clock, link } = await benches.bound({ enquireLinkInterval: 1000 });
    for (let n = 1; n <= 3; n++) {
      await clock.advance(1000);
      await link.until('enquire_link', n);
      await until(() => clock.pendingTimers > 0);
      await settle();
    }
  });

  it("the peer's enquire_link is answered between the requests of a busy session", async () => {
    const { session, link } = await benches.bound({ windowSize: 5 });
    let busy = true;
    const road = (async () => {
      while (busy) await session.request({ command: 'submit_sm' });
    })();
    for (let n = 0; n < 20; n++)
      assert.equal((await link.ask({ command: 'enquire_link' })).command_status, 0);
    busy = false;
    await road;
    assert.ok(link.requests('submit_sm').length > 20);
  });
});
