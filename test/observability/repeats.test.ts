import assert from 'node:assert/strict';
import { collapseRepeats, createLog, type CollapsedLog } from '../../src/observability';
import { FakeClock } from '../support/clock';

type Line = Record<string, unknown>;

function lined(level = 'info'): { log: CollapsedLog; lines: Line[]; clock: FakeClock; texts(): string[] } {
  const lines: Line[] = [];
  const clock = new FakeClock();
  const log = collapseRepeats(createLog({ level, sink: (line) => lines.push(line) }), clock);
  return { log, lines, clock, texts: () => lines.map(({ msg }) => String(msg)) };
}

describe('Repeated log lines', () => {
  it('are written once at once, then with a count every ten seconds while they come', async () => {
    const { log, lines, clock, texts } = lined();
    for (let n = 0; n < 20_000; n++)
      log.warn({ event: 'pdu', stage: 'malformed', sequence_number: n }, 'malformed PDU');
    assert.deepEqual(texts(), ['malformed PDU']);
    assert.equal(clock.pendingTimers, 1);
    await clock.advance(10_100);
    assert.deepEqual(texts(), ['malformed PDU', 'malformed PDU (19,999 more of this in 10 s)']);
    const { level, event, stage, repeated, within } = lines[1] as Line;
    assert.deepEqual([level, event, stage, repeated, within], ['warn', 'pdu', 'malformed', 19_999, 10]);
    assert.equal(clock.pendingTimers, 0);
    log.warn({ event: 'pdu', stage: 'malformed' }, 'malformed PDU');
    await clock.advance(10_100);
    assert.equal(texts()[2], 'malformed PDU (1 more of this in 10 s)');
    await clock.advance(10_100);
    log.warn({ event: 'pdu', stage: 'malformed' }, 'malformed PDU');
    assert.equal(texts()[3], 'malformed PDU');
    log.end();
  });

  it('are alike whatever trace each message belongs to', () => {
    const { log, texts } = lined();
    for (let n = 0; n < 3; n++)
      log.info({ event: 'submit', stage: 'end', trace_id: `${n}`, span_id: `${n}` }, 'not accepted');
    log.end();
    assert.deepEqual(texts(), ['not accepted', 'not accepted (2 more of this in 1 s)']);
  });

  it('have no timer while none is repeated', () => {
    const { log, lines, clock } = lined();
    log.info({ event: 'session', stage: 'bound' }, 'bound');
    log.error({ event: 'queue' }, 'damaged');
    assert.deepEqual([lines.length, clock.pendingTimers], [2, 0]);
  });

  it('are told at the end, after which each is written, without a timer, until it begins again', () => {
    const { log, texts, clock } = lined();
    for (let n = 0; n < 3; n++) log.warn({ event: 'a' }, 'a line');
    log.end();
    assert.deepEqual(texts(), ['a line', 'a line (2 more of this in 1 s)']);
    for (let n = 0; n < 3; n++) log.warn({ event: 'a' }, 'a line');
    assert.deepEqual([texts().length, clock.pendingTimers], [5, 0]);
    log.begin();
    for (let n = 0; n < 3; n++) log.warn({ event: 'a' }, 'a line');
    assert.deepEqual([texts().length, clock.pendingTimers], [6, 1]);
    log.end();
    assert.equal(clock.pendingTimers, 0);
  });

  it('differ where their level, text, facts, command or status differ', () => {
    const { log, lines } = lined();
    const each = (): void => {
      log.warn({ event: 'a', command_status: 'ESME_RSYSERR' }, 'refused');
      log.warn({ event: 'a', command_status: 'ESME_RINVDSTADR' }, 'refused');
      log.info({ event: 'a', command_status: 'ESME_RSYSERR' }, 'refused');
      log.warn({ event: 'a', command: 'submit_sm' }, 'refused');
      log.warn({ event: 'a', err: new Error('one') }, 'refused');
      log.warn({ event: 'a', err: new Error('other') }, 'refused');
      log.warn({ event: 'a', data_coding: 8 }, 'refused');
      log.child({ connection: 'x' }).warn({ event: 'a', data_coding: 8 }, 'refused');
      log.child({ connection: 'y' }).warn({ event: 'a', data_coding: 8 }, 'refused');
    };
    each();
    assert.equal(lines.length, 9);
    each();
    assert.equal(lines.length, 9);
    log.end();
    assert.equal(lines.length, 18);
    assert.deepEqual([lines[16]?.connection, lines[17]?.connection], ['x', 'y']);
  });

  it('of one kind that never are the same are ten, and the others are counted together', () => {
    const { log, lines } = lined();
    for (let n = 0; n < 5000; n++) {
      log.warn({ event: 'failure', code: 'REFUSED', id: `m${n}` }, `not sent to 49151****${n}`);
    }
    assert.equal(lines.length, 10);
    log.warn({ event: 'failure', code: 'EXPIRED' }, 'not sent to 49151****1');
    assert.equal(lines.length, 11);
    log.end();
    assert.deepEqual([lines.length, lines[11]?.repeated], [12, 4990]);
  });

  it('that differ in everything are bounded as well, and a line of another event is still told', async () => {
    const { log, lines, clock } = lined();
    for (let n = 0; n < 100_000; n++) {
      const name = [...String(n)].map((digit) => String.fromCharCode(97 + Number(digit))).join('');
      log.warn({ event: 'bind', command_status: name, system_id: name }, `bind of ${name}`);
    }
    assert.ok(lines.length <= 110, `${lines.length} lines`);
    const before = lines.length;
    log.error({ event: 'queue', stage: 'damaged' }, 'damaged');
    assert.equal(lines.length, before + 1);
    await clock.advance(30_000);
    assert.equal(clock.pendingTimers, 0);
    const counted = lines.reduce((sum, { repeated = 0 }) => sum + (repeated as number), 0);
    assert.equal(lines.filter(({ repeated }) => repeated === undefined).length + counted, 100_001);
  });

  it('of a session are to be read in their order, a few of each', () => {
    const { log, lines } = lined();
    for (let n = 0; n < 100; n++) {
      log.info({ event: 'session', stage: 'bound' }, 'bound');
      log.warn({ event: 'session', stage: 'closed' }, 'closed');
    }
    assert.equal(lines.length, 10);
    log.end();
    assert.deepEqual(
      lines.slice(10).map(({ msg }) => msg),
      ['bound (95 more of this in 1 s)', 'closed (95 more of this in 1 s)'],
    );
  });

  it('are all written at debug where that is asked for, and lines of debug and trace as they come', () => {
    const { log, lines } = lined('trace');
    for (let n = 0; n < 5; n++) {
      log.warn({ event: 'a' }, 'a line');
      log.debug({ event: 'b' }, 'another');
      log.trace({ event: 'c' }, 'a third');
    }
    const levels = lines.map(({ level }) => level);
    assert.deepEqual(
      ['warn', 'debug', 'trace'].map((level) => levels.filter((one) => one === level).length),
      [1, 9, 5],
    );
    log.end();
  });

  it('follow the level of the log', () => {
    const { log, lines } = lined('silent');
    log.warn({ event: 'a' }, 'a line');
    log.level = 'info';
    log.warn({ event: 'a' }, 'a line');
    assert.deepEqual([lines.length, log.level, log.isLevelEnabled('debug')], [1, 'info', false]);
  });
});
