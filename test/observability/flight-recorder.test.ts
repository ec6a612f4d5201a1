import assert from 'node:assert/strict';
import fc from 'fast-check';
import pino from 'pino';
import { FlightRecorder, createLog, redactedLog, withFacts, type OpenLog } from '../../src/observability';
import { FakeClock } from '../support/clock';

type Line = Record<string, unknown>;

interface Recorded {
  readonly log: OpenLog;
  readonly lines: Line[];
  readonly clock: FakeClock;
  readonly recorder: FlightRecorder;
}

function recorded(lines = 10, level = 'info', heartbeat = 0): Recorded {
  const written: Line[] = [];
  const clock = new FakeClock();
  const recorder = new FlightRecorder({ lines, clock, heartbeat });
  const log = createLog({ level, recorder, sink: (line) => written.push(line) });
  return { log, lines: written, clock, recorder };
}

/** `level text`, with a star where it was recorded. */
const short = (lines: readonly Line[]): string[] =>
  lines
    .filter(({ event }) => event !== 'flight_recorder')
    .map(({ level, msg, recorded: star }) => `${String(level)} ${String(msg)}${star === true ? '*' : ''}`);

describe('The flight recorder', () => {
  it('keeps what is not shown, and writes it before a warning, each line once, with its own time', async () => {
    const { log, lines, clock } = recorded();
    log.debug({ event: 'a' }, 'one');
    await clock.advance(2000);
    log.trace({ event: 'b' }, 'two');
    log.info({ event: 'c' }, 'shown');
    log.warn({ event: 'd' }, 'trouble');
    log.error({ event: 'd' }, 'more of it');
    assert.deepEqual(short(lines), [
      'info shown',
      'debug one*',
      'trace two*',
      'warn trouble',
      'error more of it',
    ]);
    const [, head, one, two] = lines;
    assert.deepEqual(
      [head?.event, head?.stage, head?.lines, head?.overwritten],
      ['flight_recorder', 'start', 2, undefined],
    );
    assert.deepEqual(
      [one?.recorded_at, two?.recorded_at, one?.event],
      ['2026-01-01T00:00:00.000Z', '2026-01-01T00:00:02.000Z', 'a'],
    );
  });

  it('keeps the last lines, and says how many made room for them', () => {
    const { log, lines } = recorded(3);
    for (let n = 0; n < 5; n++) log.debug({}, String(n));
    log.warn({}, 'trouble');
    assert.deepEqual(short(lines), ['debug 2*', 'debug 3*', 'debug 4*', 'warn trouble']);
    assert.equal(lines[0]?.overwritten, 2);
  });

  it('keeps at most 8 MiB', () => {
    const { log, recorder } = recorded(10_000);
    for (let n = 0; n < 200; n++) log.debug({ state: 'x'.repeat(100_000) }, 'a long one');
    const { lines, octets } = recorder.kept;
    assert.ok(octets <= 8 * 1024 * 1024 && octets > 7.9 * 1024 * 1024, String(octets));
    assert.equal(lines, 83);
  });

  it('never keeps more than it may, nor writes anything twice, or in another order', () =>
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 5 }),
        fc.array(fc.constantFrom('trace', 'debug', 'info', 'warn'), { maxLength: 60 }),
        (most, levels) => {
          const { log, lines, recorder } = recorded(most);
          const kept: string[] = [];
          const wanted: string[] = [];
          let dumps = 0;
          for (const [n, level] of levels.entries()) {
            log[level]({}, String(n));
            if (level === 'trace' || level === 'debug') {
              kept.push(`${level} ${n}*`);
              if (kept.length > most) kept.shift();
            } else {
              if (level === 'warn' && kept.length > 0 && ++dumps <= 6) wanted.push(...kept.splice(0));
              wanted.push(`${level} ${n}`);
            }
            assert.equal(recorder.kept.lines, kept.length);
          }
          assert.deepEqual(short(lines), wanted);
        },
      ),
    ));

  it('writes them six times a minute at most, and says then how often it did not', async () => {
    const { log, lines, clock } = recorded();
    for (let n = 0; n < 10; n++) {
      log.debug({}, String(n));
      log.warn({}, 'trouble');
    }
    assert.equal(short(lines).filter((line) => line.endsWith('*')).length, 6);
    await clock.advance(60_000);
    log.warn({}, 'trouble');
    assert.deepEqual(short(lines).slice(-5), [
      'debug 6*',
      'debug 7*',
      'debug 8*',
      'debug 9*',
      'warn trouble',
    ]);
    assert.equal(lines.at(-6)?.passed_over, 4);
  });

  it('redacts when a line is kept, and keeps facts as they were', () => {
    const { log, lines } = recorded();
    const facts = {
      state: { n: 1 },
      short_message: 'private',
      destination: '4915112345678',
      password: 'secret',
    };
    const error = Object.assign(new Error('no route to 4915112345678'), { code: 'E' });
    log.debug({ ...facts, err: error }, 'kept');
    facts.state.n = 2;
    log.warn({}, 'trouble');
    const { state, short_message, destination, password, err } = lines[1] ?? {};
    assert.deepEqual(
      [state, short_message, destination, password],
      [{ n: 1 }, '[hidden]', '49151******78', '[secret]'],
    );
    const { message, code } = err as { message: string; code: string };
    assert.deepEqual([message, code], ['no route to 49151******78', 'E']);
  });

  it('has what children and sessions say, with their facts', () => {
    const { log, lines } = recorded();
    log.child({ source: '4915112345678' }).debug({}, 'child');
    withFacts(log, { session: 3 }).debug({}, 'session');
    log.warn({}, 'trouble');
    assert.deepEqual([lines[1]?.source, lines[2]?.session, lines.length], ['49151******78', 3, 4]);
  });

  it('follows the level, and where nothing is shown nothing is kept', () => {
    const { log, lines, recorder } = recorded(10, 'debug');
    log.debug({}, 'shown');
    assert.equal(recorder.kept.lines, 0);
    log.level = 'error';
    log.warn({}, 'kept');
    log.level = 'silent';
    assert.ok(!log.isLevelEnabled('error') && !log.isLevelEnabled('debug'));
    log.error({}, 'never');
    log.level = 'info';
    log.error({}, 'trouble');
    assert.deepEqual(short(lines), ['debug shown', 'warn kept*', 'error trouble']);
  });

  it('says how many are kept as often as asked, whatever the level', async () => {
    const { log, lines, clock, recorder } = recorded(10, 'warn', 5000);
    recorder.begin();
    recorder.begin();
    log.debug({}, 'kept');
    await clock.advance(11_000);
    assert.deepEqual(
      lines.map(({ event, stage, lines: kept }) => [event, stage, kept]),
      [
        ['flight_recorder', 'heartbeat', 1],
        ['flight_recorder', 'heartbeat', 1],
      ],
    );
    recorder.end();
    assert.equal(clock.pendingTimers, 0);
  });

  it('that is off has nothing computed', () => {
    const log = createLog({ sink: () => undefined });
    assert.ok(!log.isLevelEnabled('debug') && !log.isLevelEnabled('trace'));
  });

  it('writes to a logger of the user’s own at the levels of the lines, whatever that one shows', () => {
    const lines: Line[] = [];
    const clock = new FakeClock();
    const recorder = new FlightRecorder({ lines: 10, clock });
    const own = pino({ level: 'info' }, { write: (line: string) => lines.push(JSON.parse(line) as Line) });
    const log = redactedLog(own, { recorder, metadata: { connection: 'main' } });
    log.debug({ event: 'a' }, 'one');
    log.warn({ event: 'b' }, 'trouble');
    assert.deepEqual(
      lines.map(({ level, msg, connection }) => [level, msg, connection]),
      [
        [30, 'what went before and was not shown (lines: 1)', 'main'],
        [20, 'one', 'main'],
        [40, 'trouble', 'main'],
      ],
    );
  });

  it('writes at the lowest level that is written to a logger which has no children of another', () => {
    const lines: string[] = [];
    const method =
      (level: string) =>
      (_: Line, text?: string): void =>
        void lines.push(`${level} ${text}`);
    const simple: OpenLog = {
      ...{ trace: method('trace'), debug: method('debug'), info: method('info') },
      ...{ warn: method('warn'), error: method('error') },
      isLevelEnabled: (level) => ['info', 'warn', 'error'].includes(level),
      child: () => simple,
      level: 'info',
    };
    const log = redactedLog(simple, { recorder: new FlightRecorder({ lines: 10, clock: new FakeClock() }) });
    log.debug({}, 'one');
    log.warn({}, 'trouble');
    assert.deepEqual(lines.slice(1), ['info one', 'warn trouble']);
  });
});
