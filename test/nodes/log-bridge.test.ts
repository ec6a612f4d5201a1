import assert from 'node:assert/strict';
import { logTo } from '../../nodes/log-bridge';
import { createLog } from '../../src/index';

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
    for (const level of ['trace', 'debug', 'info', 'warn', 'error'] as const) log[level]({}, level);
    assert.deepEqual(said, [
      ['trace', 'trace'],
      ['debug', 'debug'],
      ['log', 'info'],
      ['warn', 'warn'],
      ['error', 'error'],
    ]);
  });

  it('says a sentence, then the facts that are not in it, and not what Node-RED says itself', () => {
    const { said, node } = recorder();
    const log = createLog({
      metadata: { connection: 'Carrier', host: 'h', system_id: 'naz', team: 'billing' },
      sink: logTo(node),
    });
    log.info(
      { event: 'session', stage: 'end', attempts: 2, reason: 'bound', command_status: undefined },
      'bound',
    );
    assert.deepEqual(said, [['log', 'bound (team=billing event=session stage=end attempts=2)']]);
  });

  it('says of an error what it is, without its stack', () => {
    const { said, node } = recorder();
    createLog({ sink: logTo(node) }).error({ err: new Error('no route') }, 'lost');
    assert.deepEqual(said, [['error', 'lost (err="no route")']]);
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
});
