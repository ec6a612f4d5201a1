import assert from 'node:assert/strict';
import fc from 'fast-check';
import { logTo } from '../../nodes/log-bridge';
import { createLog } from '../../src/index';
import { readNodeRedLine } from '../support/node-red-line';

function recorder(): { said: [string, string][]; node: Parameters<typeof logTo>[0] } {
  const said: [string, string][] = [];
  const as = (name: string) => (text: string) => said.push([name, text]);
  const node = {
    log: as('log'),
    warn: as('warn'),
    error: as('error'),
    debug: as('debug'),
    trace: as('trace'),
  };
  return { said, node };
}

describe("the engine in Node-RED's log", () => {
  it('speaks at the level of the same name', () => {
    const { said, node } = recorder();
    const log = createLog({ level: 'trace', sink: logTo(node) });
    for (const level of ['trace', 'debug', 'info', 'warn', 'error'] as const)
      log[level]({ event: 'bind', stage: 'end' }, level);
    assert.deepEqual(said, [
      ['trace', 'trace (event=bind stage=end)'],
      ['debug', 'debug (event=bind stage=end)'],
      ['log', 'info (event=bind stage=end)'],
      ['warn', 'warn (event=bind stage=end)'],
      ['error', 'error (event=bind stage=end)'],
    ]);
  });

  it('says a sentence, then the facts, event and stage first, and not what Node-RED says itself', () => {
    const { said, node } = recorder();
    const log = createLog({
      metadata: { connection: 'Carrier', host: 'h', system_id: 'naz', team: 'billing' },
      sink: logTo(node),
    });
    log.info(
      { event: 'session', stage: 'connecting', session: 2, reason: 'it broke', command_status: undefined },
      'it broke',
    );
    assert.deepEqual(said, [
      ['log', 'it broke (event=session stage=connecting team=billing host=h session=2 reason="it broke")'],
    ]);
  });

  it('says of an error what it is, without its stack', () => {
    const { said, node } = recorder();
    createLog({ sink: logTo(node) }).error(
      { event: 'queue', stage: 'settle', err: new Error('no route') },
      'lost',
    );
    assert.deepEqual(said, [['error', 'lost (event=queue stage=settle err="no route")']]);
  });

  it('never says a password or a text, and masks numbers', () => {
    const { said, node } = recorder();
    createLog({ sink: logTo(node) }).info(
      { password: 'secret', short_message: 'private', destination: '447700900123' },
      'sending',
    );
    const [, line] = said[0] ?? ['', ''];
    assert.doesNotMatch(line, /private|447700900123/);
    assert.doesNotMatch(line, /=secret /);
  });

  it('can be read back whatever the facts and the sentence are, and is one line', () => {
    const value = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.stringMatching(/^[\w :=().,"'\\-]{0,20}$/),
      fc.constantFrom('', 'true', 'null', '4711', '-1', '1e3', '(event=x stage=y)', 'a\nb', '\u2028', '"'),
      fc.integer(),
      fc.double({ noNaN: true, noDefaultInfinity: true }).filter((number) => !Object.is(number, -0)),
      fc.boolean(),
      fc.constant(null),
      fc.jsonValue({ maxDepth: 2 }).filter(isPlainJson),
    );
    const name = fc
      .oneof(fc.stringMatching(/^[a-z_]{1,8}$/), fc.string({ unit: 'grapheme', minLength: 1 }))
      .filter((one) => !['level', 'time', 'msg', 'connection', 'system_id', '__proto__'].includes(one));
    const line = fc.record({
      facts: fc.dictionary(name, value, { maxKeys: 6 }),
      msg: fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom('a (event=b stage=c)', 'a\nb', '')),
    });
    fc.assert(
      fc.property(line, ({ facts, msg }) => {
        const { said, node } = recorder();
        const given = { ...facts, event: 'session', stage: 'bound' };
        logTo(node)({ ...given, level: 'info', msg });
        const [, text] = said[0] ?? ['', ''];
        assert.doesNotMatch(text, /[\n\r\u2028\u2029]/);
        assert.deepEqual(readNodeRedLine(text)?.facts, JSON.parse(JSON.stringify(given)));
      }),
    );
  });
});

/** An object with a `message` is shown as an error. */
const isPlainJson = (value: unknown): boolean =>
  typeof value !== 'object' || value === null || typeof (value as { message?: unknown }).message !== 'string';
