import assert from 'node:assert/strict';
import type { Answer, SessionHandlers } from '../../src/session';
import { silence } from '../support/peer';
import { pass, until } from '../support/until';
import { Benches, closed, type Bench, type BenchOptions } from './setup';

const OK: Answer = { command_status: 0 };
const LATER = 0x64;

/** Handlers that work until they are told to end. */
class Work implements SessionHandlers {
  readonly begun: string[] = [];
  readonly #ends: ((answer: Answer) => void)[] = [];

  request = ({ command }: { command: string }): Promise<Answer> => this.#begin(command);
  malformed = (command: string): Promise<Answer> => this.#begin(command);

  end(answer: Answer = OK): void {
    this.#ends.shift()?.(answer);
  }

  #begin(command: string): Promise<Answer> {
    this.begun.push(command);
    return new Promise((resolve) => this.#ends.push(resolve));
  }
}

describe('Parting from a centre', () => {
  const benches = new Benches();
  afterEach(() => benches.end());

  /** A bound session whose handlers work on so many deliver_sm, with their numbers. */
  async function working(
    count: number,
    options: BenchOptions = {},
  ): Promise<Bench & { work: Work; numbers: number[] }> {
    const work = new Work();
    const bench = await benches.bound({ handlers: work, ...options });
    const numbers = Array.from({ length: count }, () => bench.link.send({ command: 'deliver_sm' }));
    await until(() => work.begun.length === count, 'the work');
    return { ...bench, work, numbers };
  }

  const answers = ({ link }: Bench): [string, number, number][] =>
    link.received
      .filter(({ command }) => command.endsWith('_resp') && !command.startsWith('enquire'))
      .map(({ command, sequence_number, command_status }) => [command, sequence_number, command_status]);

  it('that unbinds: what is owed is answered first, then the unbind', async () => {
    const bench = await working(2);
    const { link, work, clock, numbers } = bench;
    const unbind = link.send({ command: 'unbind' });
    await link.ask({ command: 'enquire_link' });
    await clock.advance(500);
    work.end();
    await link.response(numbers[0] as number);
    assert.equal(link.requests('unbind_resp').length, 0);
    work.end({ command_status: 'ESME_RX_P_APPN' });
    await link.response(unbind);
    assert.deepEqual(answers(bench), [
      ['deliver_sm_resp', numbers[0], 0],
      ['deliver_sm_resp', numbers[1], 0x65],
      ['unbind_resp', unbind, 0],
    ]);
    assert.equal((await closed(bench)).code, 'peer-unbound');
    await link.untilEnded();
    assert.equal(clock.pendingTimers, 0);
  });

  it('that unbinds: what is not done in three seconds is to be repeated, and a later answer is dropped', async () => {
    const bench = await working(2);
    const { link, work, clock, numbers } = bench;
    const unbind = link.send({ command: 'unbind' });
    await link.ask({ command: 'enquire_link' });
    await clock.advance(2999);
    await pass();
    assert.deepEqual(answers(bench), []);
    await clock.advance(1);
    await link.response(unbind);
    work.end();
    await link.untilEnded();
    assert.deepEqual(answers(bench), [
      ['deliver_sm_resp', numbers[0], LATER],
      ['deliver_sm_resp', numbers[1], LATER],
      ['unbind_resp', unbind, 0],
    ]);
    assert.equal(clock.pendingTimers, 0);
  });

  it('that unbinds: what it sends meanwhile is to be repeated, be it readable or not', async () => {
    const bench = await working(1);
    const { link, work, numbers } = bench;
    const unbind = link.send({ command: 'unbind' });
    assert.equal((await link.ask({ command: 'deliver_sm' })).command_status, LATER);
    assert.equal((await link.ask({ command: 'data_sm' })).command_status, LATER);
    link.write(Buffer.from('0000001100000005000000000000270f00', 'hex'));
    assert.equal((await link.response(9999)).command_status, LATER);
    assert.equal((await link.ask({ command: 'enquire_link' })).command_status, 0);
    assert.deepEqual(work.begun, ['deliver_sm']);
    work.end();
    await link.response(unbind);
    assert.equal((await link.response(numbers[0] as number)).command_status, 0);
  });

  it('that unbinds: waits for responses a second, though the work takes longer', async () => {
    const bench = await working(1, { script: { submit_sm: silence } });
    const { session, link, work, clock } = bench;
    const asked = session.request({ command: 'submit_sm' });
    asked.catch(() => undefined);
    await link.until('submit_sm');
    const unbind = link.send({ command: 'unbind' });
    await link.ask({ command: 'enquire_link' });
    await clock.advance(1500);
    assert.equal(session.state, 'bound_trx');
    work.end();
    await link.response(unbind);
    await assert.rejects(asked, { code: 'SESSION_CLOSED' });
    assert.equal(clock.pendingTimers, 0);
  });

  it('that unbinds: a malformed message that is being worked on is owed an answer as well', async () => {
    const { link, work } = await working(0);
    link.write(Buffer.from('0000001100000005000000000000270f00', 'hex'));
    await until(() => work.begun.length === 1);
    const unbind = link.send({ command: 'unbind' });
    await link.ask({ command: 'enquire_link' });
    assert.equal(link.requests('unbind_resp').length, 0);
    work.end();
    await link.response(unbind);
    assert.equal((await link.response(9999)).command_status, 0);
  });

  it('that unbinds, when we do as well: what is owed is to be repeated, and both are done', async () => {
    const bench = await working(1);
    const { session, link, numbers } = bench;
    const unbind = link.send({ command: 'unbind' });
    await link.ask({ command: 'enquire_link' });
    await session.unbind(1000);
    await link.response(unbind);
    assert.deepEqual(answers(bench), [
      ['deliver_sm_resp', numbers[0], LATER],
      ['unbind_resp', unbind, 0],
    ]);
    assert.equal(link.requests('unbind').length, 0);
  });

  it('by our own unbind: what is still owed is to be repeated, before the unbind goes', async () => {
    const bench = await working(2, { script: { unbind: silence } });
    const { session, link, work, numbers } = bench;
    const gone = session.unbind(1000);
    const unbind = await link.until('unbind');
    work.end();
    assert.equal((await link.ask({ command: 'deliver_sm' })).command_status, LATER);
    link.answer(unbind);
    await gone;
    const seen = link.received.map(({ command }) => command);
    assert.ok(seen.indexOf('unbind') > seen.indexOf('deliver_sm_resp'));
    for (const number of numbers) assert.equal((await link.response(number)).command_status, LATER);
    assert.equal(link.requests('deliver_sm_resp').length, 3);
  });

  it('that closes its half: what is owed is still answered', async () => {
    const bench = await working(2);
    const { session, link, work, clock, numbers } = bench;
    link.socket.end();
    await until(() => session.freeSlots === 0, 'the FIN');
    work.end();
    await link.response(numbers[0] as number);
    assert.equal(session.state, 'bound_trx');
    await clock.advance(3000);
    assert.equal((await link.response(numbers[1] as number)).command_status, LATER);
    assert.equal((await closed(bench)).code, 'peer-closed');
    await link.untilEnded();
    assert.equal(clock.pendingTimers, 0);
  });

  it('that closes its half while nothing is owed ends at once, whatever is on the wire', async () => {
    const bench = await benches.bound({ script: { submit_sm: silence } });
    const asked = bench.session.request({ command: 'submit_sm' });
    asked.catch(() => undefined);
    await bench.link.until('submit_sm');
    bench.link.socket.end();
    assert.equal((await closed(bench)).code, 'peer-closed');
    await assert.rejects(asked, { code: 'SESSION_CLOSED' });
  });

  it('that goes altogether while work is owed to it ends, and says so', async () => {
    const bench = await working(1);
    bench.link.socket.resetAndDestroy();
    assert.equal((await closed(bench)).code, 'link-lost');
    const half = await working(1);
    half.link.send({ command: 'unbind' });
    await half.link.ask({ command: 'enquire_link' });
    half.link.socket.destroy();
    half.work.end();
    assert.equal((await closed(half)).code, 'peer-unbound');
  });

  it('that unbinds while a request waits for a slot of the window: the request is told when the link goes', async () => {
    const bench = await working(1, { windowSize: 1, script: { submit_sm: silence } });
    const asked = [1, 2].map(() => bench.session.request({ command: 'submit_sm' }));
    const ends = Promise.allSettled(asked);
    await bench.link.until('submit_sm');
    bench.link.send({ command: 'unbind' });
    await bench.link.ask({ command: 'enquire_link' });
    await bench.clock.advance(3000);
    for (const end of await ends) assert.equal(end.status, 'rejected');
    assert.equal(bench.link.requests('submit_sm').length, 1);
  });
});

describe('A client that leaves a centre of ours', () => {
  const benches = new Benches();
  afterEach(() => benches.end());

  it('is let go at once', async () => {
    const bench = await benches.smsc({
      handlers: { request: (pdu) => (pdu.command === 'submit_sm' ? new Promise(() => undefined) : OK) },
    });
    await bench.link.ask({ command: 'bind_transceiver', interface_version: 0x34 });
    bench.link.send({ command: 'submit_sm' });
    await bench.link.ask({ command: 'unbind' });
    assert.equal((await closed(bench)).code, 'peer-unbound');
  });
});

describe('A session whose peer says that it knows none', () => {
  const benches = new Benches();
  afterEach(() => benches.end());

  const NO_SESSION = { command_status: 'ESME_RINVBNDSTS' };

  for (const command of ['submit_sm', 'data_sm', 'submit_multi', 'query_sm', 'cancel_sm'] as const) {
    it(`to ${command}: who asked gets the answer, then it closes`, async () => {
      const bench = await benches.bound({ script: { [command]: () => NO_SESSION } });
      const response = await bench.session.request({ command });
      assert.equal(response.command_status, 4);
      const { code, text } = await closed(bench);
      assert.equal(code, 'session-unknown');
      assert.match(text, new RegExp(`knows no session of ours any more: ESME_RINVBNDSTS to ${command}`));
      assert.equal(bench.link.requests('unbind').length, 0);
      assert.equal(bench.clock.pendingTimers, 0);
    });
  }

  it('to enquire_link: an idle link closes', async () => {
    const bench = await benches.bound({
      bind: 'bind_receiver',
      enquireLinkInterval: 1000,
      script: { enquire_link: () => NO_SESSION },
    });
    await bench.clock.advance(1000);
    assert.match((await closed(bench)).text, /ESME_RINVBNDSTS to enquire_link/);
    assert.equal(bench.session.evidence, 'none');
  });

  for (const sequence_number of [0, 4711]) {
    it(`by a generic_nack with the number ${sequence_number}, on an idle link`, async () => {
      const bench = await benches.bound();
      bench.link.send({ command: 'generic_nack', sequence_number, ...NO_SESSION });
      assert.equal((await closed(bench)).code, 'session-unknown');
    });
  }

  it('by a generic_nack to a request: who asked gets it', async () => {
    const script = { submit_sm: () => ({ command: 'generic_nack', ...NO_SESSION }) };
    const bench = await benches.bound({ script });
    assert.equal((await bench.session.request({ command: 'submit_sm' })).command, 'generic_nack');
    assert.equal((await closed(bench)).code, 'session-unknown');
  });

  it('gives what is on the wire a second to be answered, and sends nothing more', async () => {
    const bench = await benches.bound({ windowSize: 3, script: { submit_sm: silence } });
    const { session, link, clock } = bench;
    const asked = [1, 2, 3].map(() => session.request({ command: 'submit_sm' }));
    const ends = Promise.allSettled(asked);
    const [first, second] = [await link.until('submit_sm'), await link.until('submit_sm', 2)];
    link.answer(first, NO_SESSION);
    await asked[0];
    assert.equal(session.freeSlots, 0);
    link.answer(second, NO_SESSION);
    assert.equal((await asked[1])?.command_status, 4);
    await clock.advance(1000);
    assert.equal((await ends)[2]?.status, 'rejected');
    assert.equal((await closed(bench)).code, 'session-unknown');
    assert.equal(clock.pendingTimers, 0);
  });

  it('after it has unbound parts as it unbound', async () => {
    const bench = await benches.bound({ script: { submit_sm: silence } });
    const asked = bench.session.request({ command: 'submit_sm' });
    const request = await bench.link.until('submit_sm');
    const unbind = bench.link.send({ command: 'unbind' });
    bench.link.answer(request, NO_SESSION);
    assert.equal((await asked).command_status, 4);
    await bench.link.response(unbind);
    assert.equal((await closed(bench)).code, 'peer-unbound');
  });

  it('is one of a client only: what a client answers to deliver_sm ends nothing', async () => {
    const bench = await benches.smsc();
    await bench.link.ask({ command: 'bind_transceiver', interface_version: 0x34 });
    const asked = bench.session.request({ command: 'deliver_sm' });
    await bench.link.until('deliver_sm');
    bench.link.send({ command: 'generic_nack', sequence_number: 0, ...NO_SESSION });
    await asked;
    assert.equal(bench.session.state, 'bound_trx');
  });

  it('has shown before that it did by what it accepted or sent, but an answer to enquire_link shows less', async () => {
    const bench = await benches.bound({
      enquireLinkInterval: 1000,
      handlers: { request: () => OK },
      script: { query_sm: () => ({ command_status: 'ESME_RQUERYFAIL' }) },
    });
    await bench.session.request({ command: 'query_sm' });
    assert.equal(bench.session.evidence, 'none');
    await bench.clock.advance(1000);
    await until(() => bench.session.evidence === 'alive');
    await bench.link.ask({ command: 'deliver_sm' });
    assert.equal(bench.session.evidence, 'served');
    const sending = await benches.bound();
    await sending.session.request({ command: 'submit_sm' });
    assert.equal(sending.session.evidence, 'served');
  });
});

describe('A transport of ours', () => {
  it('is closed by a session that is not bound when the peer closes its half', async () => {
    const benches = new Benches();
    const { session, link } = await benches.esme();
    link.socket.end();
    assert.equal((await session.closed).code, 'peer-closed');
    await link.untilEnded();
    await benches.end();
  });
});
