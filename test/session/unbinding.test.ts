import assert from 'node:assert/strict';
import { silence } from '../support/peer';
import { pass, until } from '../support/until';
import { Benches, closed } from './setup';

describe('Unbinding', () => {
  const benches = new Benches();
  afterEach(() => benches.end());

  it('asks, waits for the response, then closes', async () => {
    const bench = await benches.bound({ script: { unbind: silence } });
    const { session, link, clock } = bench;
    let done = false;
    const unbound = session.unbind(1000).then(() => (done = true));
    const request = await link.until('unbind');
    await pass();
    assert.deepEqual([done, session.state], [false, 'bound_trx']);
    link.answer(request);
    await unbound;
    assert.deepEqual([session.state, (await closed(bench)).code], ['closed', 'unbound']);
    assert.equal(clock.pendingTimers, 0);
  });

  it('closes anyway when there is no response in time, or the link goes', async () => {
    const silent = await benches.bound({ script: { unbind: silence } });
    const unbound = silent.session.unbind(1000);
    await silent.link.until('unbind');
    await silent.clock.advance(1000);
    await unbound;
    assert.equal((await closed(silent)).text, 'unbound by us: no unbind_resp');
    const rude = await benches.bound({
      script: { unbind: (_pdu, link) => void link.socket.resetAndDestroy() },
    });
    await rude.session.unbind(1000);
    assert.equal(rude.session.state, 'closed');
  });

  it('twice sends one unbind, and both wait for its end', async () => {
    const { session, link } = await benches.bound();
    await Promise.all([session.unbind(1000), session.unbind(1000)]);
    await session.unbind(1000);
    assert.equal(link.requests('unbind').length, 1);
  });

  it('while not bound just closes', async () => {
    const bench = await benches.esme();
    await bench.session.unbind(1000);
    assert.equal((await closed(bench)).code, 'unbound');
    await bench.link.untilEnded();
    assert.equal(bench.link.received.length, 0);
  });

  it('by the peer is answered, then the link closes', async () => {
    const bench = await benches.bound();
    assert.equal((await bench.link.ask({ command: 'unbind' })).command, 'unbind_resp');
    assert.equal((await closed(bench)).code, 'peer-unbound');
    await bench.link.untilEnded();
  });

  it('by the peer comes after the answer to what was in the same chunk before it', async () => {
    const { link } = await benches.bound({ handlers: { request: () => ({ command_status: 0 }) } });
    link.socket.cork();
    const first = link.send({ command: 'deliver_sm' });
    const second = link.send({ command: 'unbind' });
    link.socket.uncork();
    await link.response(second);
    const order = link.received.slice(-2).map(({ sequence_number }) => sequence_number);
    assert.deepEqual(order, [first, second]);
  });

  it('by the peer is answered when it has answered what it has taken, and nothing more goes meanwhile', async () => {
    const bench = await benches.bound({ windowSize: 3, script: { submit_sm: silence } });
    const { session, link } = bench;
    const asked = [session.request({ command: 'submit_sm' }), session.request({ command: 'submit_sm' })];
    await link.until('submit_sm', 2);
    const number = link.send({ command: 'unbind' });
    await until(() => session.freeSlots === 0);
    session.resizeWindow(5);
    assert.equal(session.freeSlots, 0);
    const [first, second] = link.requests('submit_sm');
    link.answer(first as never, { message_id: '1' });
    await asked[0];
    assert.equal(session.state, 'bound_trx');
    assert.equal(link.requests('unbind_resp').length, 0);
    link.answer(second as never, { message_id: '2' });
    await asked[1];
    assert.equal((await link.response(number)).command, 'unbind_resp');
    assert.equal((await closed(bench)).code, 'peer-unbound');
    assert.equal(bench.clock.pendingTimers, 0);
  });

  it('by the peer is answered after a second, whatever it has not answered by then', async () => {
    const bench = await benches.bound({ script: { submit_sm: silence } });
    const { session, link, clock } = bench;
    const asked = session.request({ command: 'submit_sm' });
    asked.catch(() => undefined);
    await link.until('submit_sm');
    const numbers = [link.send({ command: 'unbind' }), link.send({ command: 'unbind' })];
    await until(() => session.freeSlots === 0);
    await clock.advance(999);
    await pass();
    assert.equal(session.state, 'bound_trx');
    assert.equal(link.requests('unbind_resp').length, 0);
    await clock.advance(1);
    // One that is asked twice answers twice.
    for (const number of numbers) await link.response(number);
    await assert.rejects(asked, { code: 'SESSION_CLOSED' });
    assert.equal((await closed(bench)).code, 'peer-unbound');
    assert.equal(clock.pendingTimers, 0);
  });

  it('by both at once ends well', async () => {
    const bench = await benches.bound({ script: { unbind: silence } });
    const unbound = bench.session.unbind(1000);
    await bench.link.until('unbind');
    assert.equal((await bench.link.ask({ command: 'unbind' })).command, 'unbind_resp');
    await unbound;
    assert.equal((await closed(bench)).code, 'peer-unbound');
  });

  it('a link that is closed or broken without unbind says which', async () => {
    const ended = await benches.bound();
    ended.link.socket.end();
    assert.equal((await closed(ended)).code, 'peer-closed');
    const broken = await benches.bound();
    broken.link.socket.resetAndDestroy();
    const { code, text } = await closed(broken);
    assert.equal(code, 'link-lost');
    assert.match(text, /ECONNRESET/);
  });
});
