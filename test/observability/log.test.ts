import assert from 'node:assert/strict';
import pino from 'pino';
import { createLog, maskNumber, redactedLog, withFacts, type OpenLog } from '../../src/observability';

type Line = Record<string, unknown>;

/** A log, and the lines that it wrote. */
function lined(options: Parameters<typeof createLog>[0] = {}): { log: OpenLog; lines: Line[] } {
  const lines: Line[] = [];
  return { log: createLog({ level: 'trace', sink: (line) => lines.push(line), ...options }), lines };
}

/** A logger of the user's own. */
function foreign(): { log: OpenLog; lines: Line[] } {
  const lines: Line[] = [];
  const log = pino(
    { level: 'trace', base: {} },
    { write: (line: string) => lines.push(JSON.parse(line) as Line) },
  );
  return { log: redactedLog(log), lines };
}

const FACTS = {
  event: 'test',
  password: 'secret',
  short_message: 'private words',
  text: 'private words',
  payload: { a: 'private words' },
  destination: '+4915112345678',
  destination_addr: '4915112345678,4915112345679',
  source: 'Shop',
  message_id: '4915112345678',
  nested: {
    password: 'secret',
    source_addr: '4915112345678',
    short_message: 'private words',
    state: 'DELIVRD',
  },
};

describe('Numbers', () => {
  for (const [given, masked] of [
    ['+4915112345678', '+49151******78'],
    ['4915112345678', '49151******78'],
    ['12345678', '1234**78'],
    ['1234567', '123**67'],
    ['123456', '123456'],
    ['Shop', 'Shop'],
    ['', ''],
    ['4915112345678,+4915112345679', '49151******78,+49151******79'],
    ['sent to +4915112345678 again', 'sent to +49151******78 again'],
  ] as const) {
    it(`${JSON.stringify(given)} is shown as ${JSON.stringify(masked)}`, () => {
      assert.equal(maskNumber(given), masked);
    });
  }
});

describe('The log', () => {
  /** The names of a line as they are written: parsed, a name that stands twice is one. */
  const namesIn = (line: string): string[] => [...line.matchAll(/"(\w+)":/g)].map(([, name]) => name!);

  for (const [title, made] of [
    [
      'a log of its own',
      (lines: string[], metadata: Line) => createLog({ lines: (line) => lines.push(line), metadata }),
    ],
    [
      "a logger of the user's own",
      (lines: string[], metadata: Line) =>
        redactedLog(pino({ base: null }, { write: (line: string) => lines.push(line) }), { metadata }),
    ],
  ] as const) {
    it(`has each name once in a line, with ${title}, and what a line says itself counts`, () => {
      const lines: string[] = [];
      const metadata = {
        ...{ level: 'mine', time: 'mine', msg: 'mine', event: 'mine', repeated: 'mine' },
        ...{ site: 'mine', connection: 'carrier', host: 'first:1', system_id: 'naz' },
      };
      const log = made(lines, metadata);
      withFacts(log, { session: 1, host: 'second:2' }).info({ event: 'bind', repeated: 2 }, 'text');
      log.info({ event: 'other' }, 'text');
      for (const line of lines) assert.equal(new Set(namesIn(line)).size, namesIn(line).length, line);
      const [first, second] = lines.map((line) => JSON.parse(line) as Line);
      const { level, time, ...facts } = first!;
      assert.notEqual(level, 'mine');
      assert.notEqual(time, 'mine');
      assert.deepEqual(facts, {
        ...{ site: 'mine', connection: 'carrier', host: 'second:2', system_id: 'naz' },
        ...{ event: 'bind', repeated: 2, session: 1, msg: 'text' },
      });
      assert.deepEqual([second!['host'], second!['event']], ['first:1', 'other']);
    });
  }

  it('goes on, and the process is warned once, where its sink throws or rejects', async () => {
    const warnings: string[] = [];
    const onWarning = (warning: Error): void => void warnings.push(warning.message);
    process.on('warning', onWarning);
    for (const sink of [
      (): unknown => {
        throw new Error('full');
      },
      (): unknown => Promise.reject(new Error('full')),
      (line: unknown): unknown => line,
    ]) {
      const log = createLog({ sink });
      log.info({}, 'one');
      log.info({}, 'two');
      await new Promise(setImmediate);
    }
    process.off('warning', onWarning);
    assert.deepEqual(warnings, Array(2).fill('the log sink (option log) failed; lines are lost: full'));
  });

  it('has one JSON object per line with level, time and the sentence', () => {
    const { log, lines } = lined({ metadata: { team: 'sms' } });
    log.info({ event: 'bind', stage: 'end' }, 'bound');
    const [line] = lines;
    assert.deepEqual(
      [line?.level, line?.event, line?.stage, line?.msg, line?.team],
      ['info', 'bind', 'end', 'bound', 'sms'],
    );
    assert.match(String(line?.time), /^\d{4}-\d\d-\d\dT[\d:.]+Z$/);
    assert.equal(line?.pid, undefined);
  });

  for (const [whose, make] of [
    ['of its own', lined],
    ['of the user', foreign],
  ] as const) {
    it(`${whose} never shows passwords or texts, and masks numbers, in children too`, () => {
      const { log, lines } = make();
      log.warn(FACTS, 'a sentence');
      log.child({ system_id: 'a', password: 'secret', source: '4915112345678' }).error(FACTS, 'another');
      assert.equal(lines.length, 2);
      for (const line of lines) {
        const text = JSON.stringify(line);
        for (const word of ['secret"', 'private', '4915112345678,', '+4915112345678'])
          assert.ok(!text.includes(word), text);
        assert.equal(line.destination, '+49151******78');
        assert.equal(line.destination_addr, '49151******78,49151******79');
        assert.equal((line.nested as Line).state, 'DELIVRD');
        assert.equal((line.nested as Line).source_addr, '49151******78');
        assert.equal(line.message_id, '4915112345678');
      }
      assert.equal(lines[1]?.system_id, 'a');
    });

    it(`${whose} has a level that can be changed, and leaves out what is below`, () => {
      const { log, lines } = make();
      log.level = 'warn';
      log.info({ event: 'a' });
      log.warn({ event: 'b' });
      assert.deepEqual(
        [log.level, log.isLevelEnabled('info'), log.isLevelEnabled('error')],
        ['warn', false, true],
      );
      assert.deepEqual(
        lines.map(({ event }) => event),
        ['b'],
      );
    });
  }

  it('shows texts and whole numbers where asked, and passwords not even then', () => {
    const { log, lines } = lined({ messageText: true });
    log.info(FACTS);
    const [line] = lines;
    assert.deepEqual(
      [line?.short_message, line?.destination, line?.password],
      ['private words', '+4915112345678', '[secret]'],
    );
  });

  it('shows an error with its code', () => {
    const { log, lines } = lined();
    log.error({ err: Object.assign(new Error('no route'), { code: 'EHOSTUNREACH' }) }, 'failed');
    const { message, code } = lines[0]?.err as { message: string; code: string };
    assert.deepEqual([message, code], ['no route', 'EHOSTUNREACH']);
  });

  it('with facts has them on each line, and follows the level of the log that it is of', () => {
    const { log, lines } = lined({ level: 'info' });
    const session = withFacts(log, { session: 3, password: 'secret' }).child({ source: '4915112345678' });
    session.debug({ event: 'a' });
    log.level = 'debug';
    session.debug({ event: 'b' }, 'text');
    assert.deepEqual(
      lines.map(({ event, session, source, password, msg }) => [event, session, source, password, msg]),
      [['b', 3, '49151******78', '[secret]', 'text']],
    );
    session.level = 'error';
    assert.deepEqual([log.level, session.isLevelEnabled('warn')], ['error', false]);
  });

  it('of the user that throws harms nobody', () => {
    const broken = (): never => {
      throw new Error('broken');
    };
    const { log } = foreign();
    const throwing = {
      ...log,
      info: broken,
      isLevelEnabled: () => true,
      child: () => throwing,
    } as unknown as OpenLog;
    redactedLog(throwing).info({ event: 'a' });
    redactedLog({ ...throwing, isLevelEnabled: broken }).info({ event: 'a' });
  });
});
