import assert from 'node:assert/strict';
import { silence } from '../support/peer';
import { pass, until } from '../support/until';
import { Benches, closed, type Bench } from './setup';

const enquiries = ({ link }: Bench): number => link.requests('enquire_link').length;

describe('Keep-alive', () => {
  const benches = new Benches();
  afterEach(() => benches.end());

  it('asks when nothing has come for enquireLinkInterval, and goes on as long as it is answered', async () => {
    const bench = await benches.bound({ enquireLinkInterval: 10_000 });
    const { link, clock, session } = bench;
    await clock.advance(9_999);
    assert.equal(enquiries(bench), 0);
    for (let n = 1; n <= 3; n++) {
      await clock.advance(10_000);
      await link.until('enquire_link', n);
      await until(() => clock.pendingTimers > 0);
      await pass(5);
    }
    assert.equal(session.state, 'bound_trx');
  });

  it('counts from the last PDU that came, whatever it was', async () => {
    const bench = await benches.bound({ enquireLinkInterval: 10_000 });
    const { link, clock } = bench;
    for (let n = 0; n < 5; n++) {
      await clock.advance(9_000);
      await link.ask({ command: 'enquire_link' });
    }
    assert.equal(enquiries(bench), 0);
    await clock.advance(9_999);
    assert.equal(enquiries(bench), 0);
    await clock.advance(2);
    await link.until('enquire_link');
  });

  it('is never asked with interval 0, nor before the bind', async () => {
    const off = await benches.bound();
    await off.clock.advance(10_000_000);
    const open = await benches.esme({ enquireLinkInterval: 1000 });
    await open.clock.advance(10_000);
    await pass();
    assert.deepEqual([enquiries(off), enquiries(open)], [0, 0]);
  });

  it("answers the peer's enquire_link, bound or not, also with a full window", async () => {
    const { link } = await benches.esme();
    assert.equal((await link.ask({ command: 'enquire_link' })).command, 'enquire_link_resp');
    const full = await benches.bound({ windowSize: 1, script: { submit_sm: silence } });
    void full.session.request({ command: 'submit_sm' }).catch(() => undefined);
    assert.equal((await full.link.ask({ command: 'enquire_link' })).command_status, 0);
  });

  it('a peer that is silent is given up after interval and responseTimeout, not before', async () => {
    const bench = await benches.bound({
      enquireLinkInterval: 10_000,
      responseTimeout: 5_000,
      script: { enquire_link: silence },
    });
    const { link, clock, session } = bench;
    await clock.advance(10_000);
    await link.until('enquire_link');
    await clock.advance(4_990);
    assert.equal(session.state, 'bound_trx');
    await clock.advance(20);
    assert.equal((await closed(bench)).code, 'peer-silent');
    assert.equal(clock.pendingTimers, 0);
  });

  it('a half-open peer, which neither answers nor closes, is noticed in the same time', async () => {
    const bench = await benches.bound({ enquireLinkInterval: 1_000, responseTimeout: 2_000 });
    bench.link.socket.pause();
    await bench.clock.advance(3_010);
    assert.equal((await closed(bench)).code, 'peer-silent');
  });

  it('a peer that sends other things instead of the answer lives', async () => {
    const bench = await benches.bound({
      enquireLinkInterval: 10_000,
      responseTimeout: 5_000,
      script: { enquire_link: silence },
    });
    const { link, clock, session } = bench;
    await clock.advance(10_000);
    await link.until('enquire_link');
    await clock.advance(3_000);
    await link.ask({ command: 'enquire_link' });
    await clock.advance(3_000);
    assert.equal(session.state, 'bound_trx');
    await clock.advance(10_000);
    await link.until('enquire_link', 2);
  });
});

describe('A peer that does not read', () => {
  const benches = new Benches();
  afterEach(() => benches.end());

  const body = Buffer.alloc(1000);
  const request = {
    commandId: 0x00000f00,
    body,
    handler: { onResponse: () => undefined, onLost: () => undefined },
  };

  it('is not writable, and is given up after responseTimeout', async () => {
    const bench = await benches.bound({ windowSize: 100_000, responseTimeout: 5_000 });
    const { session, clock, link } = bench;
    link.socket.pause();
    // More than the kernel takes.
    for (let n = 0; n < 20; n++) session.submit(Array.from({ length: 1000 }, () => request));
    await pass();
    assert.equal(session.isWritable, false);
    await clock.advance(5_010);
    assert.equal((await closed(bench)).code, 'peer-stalled');
  });

  it('is forgiven when it reads again in time', async () => {
    const bench = await benches.bound({
      windowSize: 100_000,
      responseTimeout: 5_000,
      script: { '0x00000f00': silence },
    });
    const { session, link } = bench;
    link.socket.pause();
    for (let n = 0; n < 8; n++) session.submit(Array.from({ length: 1000 }, () => request));
    await pass();
    link.socket.resume();
    await until(() => session.isWritable, 'the peer to read');
    assert.equal(session.state, 'bound_trx');
  });
});

describe('Inactivity', () => {
  const benches = new Benches();
  afterEach(() => benches.end());

  it('unbinds once, in order, when no message has gone or come for inactivityTimeout', async () => {
    const bench = await benches.bound({ inactivityTimeout: 10_000, script: { unbind: silence } });
    const { link, clock } = bench;
    await clock.advance(9_999);
    assert.equal(link.requests('unbind').length, 0);
    await clock.advance(1);
    await link.until('unbind');
    await clock.advance(999);
    await pass();
    assert.equal(link.requests('unbind').length, 1);
    await clock.advance(1);
    assert.equal((await closed(bench)).code, 'unbound');
    assert.equal(clock.pendingTimers, 0);
  });

  it('enquire_link is no activity, messages and their responses are', async () => {
    const { link, clock, session } = await benches.bound({
      inactivityTimeout: 10_000,
      handlers: { request: () => ({ command_status: 0 }) },
    });
    await clock.advance(6_000);
    await session.request({ command: 'query_sm' });
    await clock.advance(6_000);
    await link.ask({ command: 'deliver_sm' });
    await clock.advance(6_000);
    await link.ask({ command: 'enquire_link' });
    assert.equal(link.requests('unbind').length, 0);
    await clock.advance(4_000);
    await link.until('unbind');
  });

  it('is not what it is to wait for a slow answer, on either side', async () => {
    let held = false;
    let answer: (status: { command_status: number }) => void = () => undefined;
    const { link, clock, session } = await benches.bound({
      inactivityTimeout: 5_000,
      script: { submit_sm: silence },
      handlers: {
        request: () => {
          held = true;
          return new Promise((resolve) => (answer = resolve));
        },
      },
    });
    const asked = session.request({ command: 'submit_sm' });
    const request = await link.until('submit_sm');
    await clock.advance(20_000);
    assert.equal(link.requests('unbind').length, 0);
    link.answer(request, { message_id: '1' });
    await asked;
    const number = link.send({ command: 'deliver_sm' });
    await until(() => held);
    await clock.advance(20_000);
    assert.equal(link.requests('unbind').length, 0);
    answer({ command_status: 0 });
    await link.response(number);
    await clock.advance(10_000);
    await link.until('unbind');
  });

  it('sends no request any more once it unbinds', async () => {
    const { link, clock, session } = await benches.bound({
      inactivityTimeout: 1000,
      script: { unbind: silence },
    });
    await clock.advance(1000);
    await link.until('unbind');
    assert.equal(session.freeSlots, 0);
    session.resizeWindow(50);
    assert.equal(session.freeSlots, 0);
    const asked = session.request({ command: 'submit_sm' });
    asked.catch(() => undefined);
    await clock.advance(1000);
    await assert.rejects(asked, { code: 'SESSION_CLOSED' });
    assert.equal(link.requests('submit_sm').length, 0);
  });
});
