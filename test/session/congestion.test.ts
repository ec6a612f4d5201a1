import assert from 'node:assert/strict';
import fc from 'fast-check';
import { createLog } from '../../src/observability';
import { Congestion } from '../../src/session/congestion';
import { silence } from '../support/peer';
import { until } from '../support/until';
import { Benches } from './setup';

describe('The congestion of a centre', () => {
  it('from 90 on takes a quarter off the window, once per round trip, and never the last slot', () => {
    const congestion = new Congestion(10);
    const sizes = [10];
    for (let n = 0; n < 60; n++) {
      if (congestion.heard(95)) sizes.push(congestion.size);
    }
    assert.deepEqual(sizes, [10, 7, 5, 3, 2, 1]);
    assert.equal(congestion.heard(100), false);
    assert.equal(congestion.size, 1);
  });

  it('lets pass as many responses after a change as were on their way', () => {
    const congestion = new Congestion(8);
    assert.equal(congestion.heard(90), true);
    for (let n = 0; n < 8; n++) assert.equal(congestion.heard(99), false);
    assert.equal(congestion.heard(99), true);
  });

  it('at 80 to 89 leaves it, below and where nothing is said gives it back, one by one', () => {
    for (const state of [0, 79, undefined]) {
      const congestion = new Congestion(4);
      congestion.heard(90);
      assert.equal(congestion.size, 3);
      for (let n = 0; n < 20; n++) congestion.heard(n % 2 === 0 ? 80 : 89);
      assert.equal(congestion.size, 3);
      for (let n = 0; n < 20; n++) congestion.heard(state);
      assert.equal(congestion.size, 4, String(state));
    }
  });

  it('takes no notice of what the specification reserves', () => {
    const congestion = new Congestion(4);
    assert.equal(congestion.heard(101), false);
    assert.equal(congestion.heard(255), false);
    assert.equal(congestion.size, 4);
  });

  it('keeps within the window, whatever is heard and however it is resized', () => {
    const move = fc.oneof(
      fc.record({ state: fc.option(fc.nat(255), { nil: undefined }) }),
      fc.record({ limit: fc.integer({ min: 1, max: 20 }) }),
    );
    fc.assert(
      fc.property(fc.array(move, { maxLength: 200, size: 'max' }), (all) => {
        let limit = 10;
        const congestion = new Congestion(limit);
        for (const one of all) {
          if ('limit' in one) congestion.resize((limit = one.limit));
          else congestion.heard(one.state);
          assert.ok(congestion.size >= 1 && congestion.size <= limit);
        }
        for (let n = 0; n < 1000; n++) congestion.heard(undefined);
        assert.equal(congestion.size, limit);
      }),
    );
  });

  const benches = new Benches();
  afterEach(() => benches.end());

  it('is heard by a session in its responses, refusals too, before the next request goes', async () => {
    const logged: object[] = [];
    const { session, link } = await benches.bound({
      windowSize: 4,
      script: { submit_sm: silence },
      log: createLog({ level: 'debug', sink: (line) => logged.push(line) }),
    });
    const ask = (count: number): void => {
      for (let n = 0; n < count; n++) void session.request({ command: 'submit_sm' }).catch(() => undefined);
    };
    ask(10);
    await until(() => link.requests('submit_sm').length === 4);
    link.answer(link.requests('submit_sm')[0]!, { command_status: 0x58, tlvs: { congestion_state: 99 } });
    await until(() => session.windowSize === 3);
    assert.equal(session.outstanding, 3);
    assert.equal(link.requests('submit_sm').length, 4);
    assert.match(JSON.stringify(logged), /"window_size":3,"congestion_state":99/);
    for (let n = 1; n < 10; n++) {
      await until(() => link.requests('submit_sm').length > n);
      link.answer(link.requests('submit_sm')[n]!);
    }
    await until(() => session.windowSize === 4);
  });

  it('in a response that is not the right one is of no account', async () => {
    const { session, link } = await benches.bound({ windowSize: 4, script: { submit_sm: silence } });
    void session.request({ command: 'submit_sm' }).catch(() => undefined);
    const { sequence_number } = await link.until('submit_sm');
    link.send({ command: 'query_sm_resp', sequence_number, tlvs: { congestion_state: 99 } });
    link.send({ command: 'submit_sm_resp', sequence_number: 77, tlvs: { congestion_state: 99 } });
    await link.ask({ command: 'enquire_link' });
    assert.deepEqual([session.windowSize, session.outstanding], [4, 1]);
  });

  it('of enquire_link is of no account', async () => {
    const { session, link, clock } = await benches.bound({
      windowSize: 4,
      enquireLinkInterval: 1000,
      script: { enquire_link: () => ({ tlvs: { congestion_state: 99 } }) },
    });
    await clock.advance(1000);
    await link.until('enquire_link');
    await link.ask({ command: 'enquire_link' });
    assert.equal(session.windowSize, 4);
  });
});
