import assert from 'node:assert/strict';
import type { PduError } from '../../src/protocol';
import { silence } from '../support/peer';
import { pass, until } from '../support/until';
import { Benches, closed } from './setup';

/** A deliver_sm whose last C-octet string has no end. */
const TRUNCATED = Buffer.from('00000014000000050000000000000009616263ff', 'hex');

describe('A session that does not read', () => {
  const benches = new Benches();
  afterEach(() => benches.end());

  it('takes nothing in, and everything once it reads again', async () => {
    const seen: string[] = [];
    const request = ({ command }: { command: string }): { command_status: number } => {
      seen.push(command);
      return { command_status: 0 };
    };
    const { session, link } = await benches.bound({ handlers: { request } });
    session.pauseReading();
    session.pauseReading();
    const number = link.send({ command: 'deliver_sm' });
    await pass(20);
    assert.deepEqual(seen, []);
    session.resumeReading();
    session.resumeReading();
    await link.response(number);
    assert.deepEqual(seen, ['deliver_sm']);
  });

  it('does not count its pause for a request: the response may lie unread', async () => {
    const { session, link, clock } = await benches.bound({
      responseTimeout: 10_000,
      script: { submit_sm: silence },
    });
    const sent = session.request({ command: 'submit_sm' } as never);
    const asked = await link.until('submit_sm');
    await clock.advance(4000);
    session.pauseReading();
    link.answer(asked, { message_id: 'late' });
    await clock.advance(600_000);
    session.resumeReading();
    assert.equal(((await sent) as { message_id?: string }).message_id, 'late');
  });

  it('goes on counting where it had stopped', async () => {
    const bench = await benches.bound({ responseTimeout: 10_000, script: { submit_sm: silence } });
    const { session, clock } = bench;
    const sent = session.request({ command: 'submit_sm' } as never);
    sent.catch(() => undefined);
    await bench.link.until('submit_sm');
    await clock.advance(4000);
    session.pauseReading();
    await clock.advance(60_000);
    session.resumeReading();
    await clock.advance(5900);
    assert.equal(session.outstanding, 1);
    await clock.advance(200);
    await assert.rejects(sent, { code: 'RESPONSE_TIMEOUT' });
  });

  it('neither asks whether the peer lives nor takes it for dead, and does both afterwards', async () => {
    const bench = await benches.bound({
      enquireLinkInterval: 5000,
      responseTimeout: 2000,
      script: { enquire_link: silence },
    });
    const { session, link, clock, reason } = bench;
    session.pauseReading();
    await clock.advance(300_000);
    assert.deepEqual([link.requests('enquire_link').length, reason()], [0, undefined]);
    session.resumeReading();
    await clock.advance(5100);
    await link.until('enquire_link');
    await clock.advance(2100);
    assert.equal((await closed(bench)).code, 'peer-silent');
  });

  it('while it waits for an enquire_link_resp that lies unread is not closed', async () => {
    const { session, link, clock, reason } = await benches.bound({
      enquireLinkInterval: 5000,
      responseTimeout: 2000,
      script: { enquire_link: silence },
    });
    await clock.advance(5100);
    const asked = await link.until('enquire_link');
    session.pauseReading();
    link.answer(asked);
    await clock.advance(60_000);
    session.resumeReading();
    await pass(20);
    await clock.advance(1000);
    assert.equal(reason(), undefined);
  });

  it('is not idle for that', async () => {
    const { session, clock, reason } = await benches.bound({ inactivityTimeout: 1000 });
    session.pauseReading();
    await clock.advance(30_000);
    assert.equal(reason(), undefined);
    session.resumeReading();
    session.destroy();
  });

  it('can be destroyed', async () => {
    const bench = await benches.bound();
    bench.session.pauseReading();
    bench.session.destroy();
    assert.equal((await closed(bench)).code, 'destroyed');
    bench.session.resumeReading();
    assert.equal(bench.clock.pendingTimers, 0);
  });
});

describe('A request that cannot be decoded', () => {
  const benches = new Benches();
  afterEach(() => benches.end());

  it('is handed on with its octets and the reason, and answered as the handler says', async () => {
    const seen: unknown[] = [];
    const { link } = await benches.bound({
      handlers: {
        request: () => undefined,
        malformed: (command: string, octets: Buffer, error: PduError) => {
          seen.push([command, octets.equals(TRUNCATED), error.code]);
          return Promise.resolve({ command_status: 'ESME_RX_R_APPN' });
        },
      },
    });
    link.write(TRUNCATED);
    const response = await link.response(9);
    assert.deepEqual([response.command, response.command_status], ['deliver_sm_resp', 0x66]);
    assert.deepEqual(seen, [['deliver_sm', true, 'PDU_TRUNCATED']]);
  });

  for (const [how, malformed] of [
    ['no handler', undefined],
    ['a handler that says nothing', () => undefined],
    ['one that says nothing later', () => Promise.resolve(undefined)],
  ] as const) {
    it(`with ${how} is refused with the status of what is wrong`, async () => {
      const handlers = { request: () => undefined, ...(malformed ? { malformed } : {}) };
      const { link, session } = await benches.bound({ handlers });
      link.write(TRUNCATED);
      assert.notEqual((await link.response(9)).command_status, 0);
      assert.equal(session.state, 'bound_trx');
    });
  }

  it('is not handed on where it may not come: a transmitter gets no messages', async () => {
    let called = false;
    const malformed = (): { command_status: number } => {
      called = true;
      return { command_status: 0 };
    };
    const { link } = await benches.bound({
      bind: 'bind_transmitter',
      handlers: { request: () => undefined, malformed },
    });
    link.write(TRUNCATED);
    assert.notEqual((await link.response(9)).command_status, 0);
    await until(() => !called);
  });
});
