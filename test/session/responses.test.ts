import assert from 'node:assert/strict';
import { createLog } from '../../src/observability';
import type { PduInput } from '../../src/protocol';
import { SequenceCounter } from '../../src/session';
import { silence } from '../support/peer';
import { pass, until } from '../support/until';
import { Benches, closed } from './setup';

const SUBMIT: PduInput = { command: 'submit_sm', destination_addr: '1' };

describe('Responses', () => {
  const benches = new Benches();
  afterEach(() => benches.end());

  const lines: Record<string, unknown>[] = [];
  const log = createLog({ level: 'trace', sink: (line) => lines.push(line) });
  beforeEach(() => lines.splice(0));

  it('that do not come in time reject the request, and the session goes on', async () => {
    const { session, link, clock } = await benches.bound({ script: { query_sm: silence } });
    const asked = session.request({ command: 'query_sm' });
    asked.catch(() => undefined);
    await link.until('query_sm');
    await clock.advance(29_999);
    assert.equal(session.outstanding, 1);
    await clock.advance(1);
    await assert.rejects(asked, { code: 'RESPONSE_TIMEOUT', retriable: true, message: /query_sm/ });
    assert.equal(session.outstanding, 0);
    assert.equal((await session.request(SUBMIT)).command, 'submit_sm_resp');
  });

  for (const command of ['query_sm', 'enquire_link'] as const) {
    it(`that come late are known for what they are (${command})`, async () => {
      const { session, link, clock } = await benches.bound({ log, script: { [command]: silence } });
      const asked = session.request({ command });
      asked.catch(() => undefined);
      const request = await link.until(command);
      await clock.advance(30_000);
      await assert.rejects(asked, { code: 'RESPONSE_TIMEOUT' });
      link.answer(request);
      await until(() => lines.some((line) => line.stage === 'late'), 'the log line');
      const [line] = lines.filter(({ stage }) => stage === 'late');
      assert.deepEqual([line?.command, line?.msg], [`${command}_resp`, 'response after its time-out']);
    });
  }

  it('that come twice or unasked are warned of once in each session, and all of them told at debug', async () => {
    const { link, session } = await benches.bound({
      log: createLog({ level: 'debug', sink: (line) => lines.push(line) }),
    });
    lines.length = 0;
    for (let n = 0; n < 10; n++)
      link.send({ command: 'submit_sm_resp', sequence_number: 5000 + n, message_id: 'x' });
    await link.ask({ command: 'enquire_link' });
    const levels = lines.filter(({ stage }) => stage === 'unknown').map(({ level }) => level);
    assert.deepEqual(levels, ['warn', ...Array.from({ length: 9 }, () => 'debug')]);
    assert.equal(session.outstanding, 0);
  });

  it('to our own enquire_link that come late are known too', async () => {
    const { link, clock, session } = await benches.bound({
      log,
      enquireLinkInterval: 10_000,
      script: { enquire_link: silence },
    });
    await clock.advance(10_000);
    const request = await link.until('enquire_link');
    await clock.advance(29_000);
    await link.ask({ command: 'enquire_link' });
    await clock.advance(1000);
    link.answer(request);
    await until(() => lines.some((line) => line.stage === 'late'), 'the log line');
    assert.equal(session.state, 'bound_trx');
  });

  it('with a wrong number, doubled or unsolicited are ignored with a line, and the right one still counts', async () => {
    const { session, link } = await benches.bound({ log, script: { submit_sm: silence } });
    const asked = session.request(SUBMIT);
    const request = await link.until('submit_sm');
    link.answer(request, { sequence_number: request.sequence_number + 100, message_id: 'wrong' });
    link.answer(request, { command: 'query_sm_resp' });
    link.answer(request, { message_id: 'right' });
    link.answer(request, { message_id: 'again' });
    link.send({ command: '0x80000999', sequence_number: request.sequence_number });
    const response = (await asked) as { message_id?: string };
    assert.equal(response.message_id, 'right');
    await until(() => lines.filter(({ stage }) => stage === 'unknown').length === 4, 'four log lines');
    assert.equal((await link.ask({ command: 'enquire_link' })).command, 'enquire_link_resp');
  });

  it('with an error and without a body are responses', async () => {
    const { session } = await benches.bound({
      script: { submit_sm: () => ({ command_status: 'ESME_RTHROTTLED' }) },
    });
    assert.equal((await session.request(SUBMIT)).command_status, 0x58);
  });

  it('generic_nack answers a request, and with ESME_ROK it is an error all the same', async () => {
    const { session, link } = await benches.bound({ script: { submit_sm: silence } });
    const asked = session.request(SUBMIT);
    link.answer(await link.until('submit_sm'), { command: 'generic_nack', command_status: 0 });
    const { command, command_status } = await asked;
    assert.deepEqual([command, command_status], ['generic_nack', 0xff]);
  });

  it('missing three times in a row end the session; one in between does not let it come to that', async () => {
    const bench = await benches.bound({ script: { query_sm: silence } });
    const { session, link, clock } = bench;
    const ask = async (): Promise<void> => {
      const before = link.requests('query_sm').length;
      session.request({ command: 'query_sm' }).catch(() => undefined);
      await link.until('query_sm', before + 1);
      await clock.advance(30_000);
    };
    await ask();
    await ask();
    await session.request(SUBMIT);
    await ask();
    await ask();
    assert.equal(session.state, 'bound_trx');
    await ask();
    const { code, text } = await closed(bench);
    assert.deepEqual(
      [code, text],
      ['no-responses', 'requests stay unanswered: 3 requests in a row got no response'],
    );
    assert.equal(clock.pendingTimers, 0);
  });

  it('to requests of different age are all timed by one timer', async () => {
    const { session, link, clock } = await benches.bound({ script: { query_sm: silence } });
    for (let n = 1; n <= 5; n++) {
      session.request({ command: 'query_sm' }).catch(() => undefined);
      await link.until('query_sm', n);
      await clock.advance(100);
    }
    assert.equal(clock.pendingTimers, 1);
    await clock.advance(29_400 + 100);
    assert.equal(session.outstanding, 4);
  });
});

describe('Sequence numbers', () => {
  const benches = new Benches();
  afterEach(() => benches.end());

  it('start at 1 and come to 1 again after 0x7FFFFFFF', () => {
    const counter = new SequenceCounter();
    assert.deepEqual([counter.next(), counter.next()], [1, 2]);
    const last = new SequenceCounter(0x7ffffffe);
    assert.deepEqual([last.next(), last.next(), last.next()], [0x7fffffff, 1, 2]);
  });

  it('pass over what still waits for its response, after a wrap too', async () => {
    const sequence = new SequenceCounter(0x7ffffffd);
    const { session, link } = await benches.bound({ sequence, script: { submit_sm: silence } });
    const asked = [0, 1, 2].map(() => session.request(SUBMIT));
    for (const one of asked) one.catch(() => undefined);
    await link.until('submit_sm', 3);
    const numbers = link.requests('submit_sm').map(({ sequence_number }) => sequence_number);
    assert.deepEqual(numbers, [0x7fffffff, 1, 2]);
  });

  it('of a generator that repeats itself neither hang nor meet', async () => {
    const { session, link } = await benches.bound({
      sequence: { next: () => 5 },
      script: { submit_sm: silence },
    });
    for (let n = 0; n < 4; n++) session.request(SUBMIT).catch(() => undefined);
    await link.until('submit_sm', 4);
    const numbers = link.requests('submit_sm').map(({ sequence_number }) => sequence_number);
    assert.deepEqual(numbers, [5, 6, 7, 8]);
    await pass(1);
    assert.equal(session.outstanding, 4);
  });
});
