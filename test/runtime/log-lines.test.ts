import assert from 'node:assert/strict';
import { existsSync, readFileSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { Smsc } from '../../src/simulator';
import { connection, sendingFlow } from '../support/flows';
import { readNodeRedLine } from '../support/node-red-line';
import { Runtime, forEachNodeRed } from '../support/runtime';
import { until } from '../support/until';

forEachNodeRed("lines in Node-RED's log", (kind) => {
  let runtime: Runtime;
  let smsc: Smsc;

  before(async () => {
    smsc = new Smsc({ receiptDelay: 0.05 });
    await smsc.start();
    runtime = await Runtime.start(kind(), { settings: { logging: { console: { level: 'trace' } } } });
  });

  after(async () => {
    await runtime?.stop();
    await smsc?.stop();
  });

  /** The first of an event and stage, as the console has it: what stands before the sentence, and the facts. */
  async function line(
    event: string,
    stage: string,
  ): Promise<{ head: string; facts: Record<string, unknown> }> {
    const [found] = await runtime.waitForLog(new RegExp(`^.*\\(event=${event} stage=${stage} .*\\)$`, 'm'));
    const { text, facts } = readNodeRedLine(found) ?? assert.fail(`cannot be read back: ${found}`);
    return { head: text, facts };
  }

  it('have their level and node in front, and facts behind that are read back as they were', async () => {
    const metadata = { team: 'the night shift (2)', '4711': '4711', 'a b': { c: [1, 'd e'] } };
    await runtime.deploy(sendingFlow(connection(smsc.port, { logLevel: 'debug', logMetadata: metadata })));
    runtime.send('entry', { _msgid: 'm 1', payload: 'Hello', topic: '447700900123' });
    const host = `127.0.0.1:${smsc.port}`;

    const bound = await line('session', 'bound');
    assert.match(bound.head, /\[info\] \[smpp-config:Test\] bound to 127\.0\.0\.1:\d+ as transceiver$/);
    const common = { ...metadata, host, session: 1 };
    assert.deepEqual(bound.facts, {
      ...common,
      ...{ event: 'session', stage: 'bound', bind_type: 'transceiver' },
    });

    const start = await line('submit', 'start');
    const end = await line('submit', 'end');
    assert.match(end.head, /\[debug\] \[smpp-config:Test\] accepted$/);
    const { duration, message_id, command_status, ...asked } = end.facts;
    const { correlation_id, destination, command, id } = end.facts;
    assert.equal(typeof duration, 'number');
    assert.equal(typeof message_id, 'string');
    assert.equal(command_status, 'ESME_ROK');
    assert.deepEqual(asked, { ...start.facts, stage: 'end' });
    assert.deepEqual([correlation_id, destination, command], ['m 1', '44770*****23', 'submit_sm']);

    const receipt = await line('receipt', 'end');
    assert.deepEqual([receipt.facts.id, receipt.facts.state], [id, 'DELIVRD']);
    const received = await line('receive', 'end');
    assert.deepEqual([received.facts.command, received.facts.command_status], ['deliver_sm', 'ESME_ROK']);
  });

  it('in a file go to a new one after the signal of the page about logging, and Node-RED goes on', async () => {
    const page = readFileSync(join(__dirname, '..', '..', 'docs', 'logging.md'), 'utf8');
    const [, signal] = /systemctl kill .*--signal=(\w+)/.exec(page) ?? assert.fail('no signal');
    const file = join(runtime.userDir, 'logs', 'smpp.log');
    const from = runtime.told.length;
    const target = { logTarget: 'file', logFile: 'logs/smpp.log', logLevel: 'debug' };
    await runtime.deploy(sendingFlow(connection(smsc.port, target)));
    const send = async (): Promise<void> => {
      const before = runtime.messages('heard', from).length;
      runtime.send('entry', { payload: 'Hello', topic: '447700900123' });
      await runtime.until('its receipt', () => runtime.messages('heard', from).length > before || undefined);
    };
    await send();
    await until(() => existsSync(file), 'the file');
    renameSync(file, `${file}.1`);
    runtime.signal(signal as NodeJS.Signals);
    await until(() => existsSync(file), 'the new file');
    await send();
    await until(() => /"event":"submit"/.test(readFileSync(file, 'utf8')), 'its lines');
    assert.ok(runtime.isRunning);
    assert.doesNotMatch(readFileSync(`${file}.1`, 'utf8'), /"event":"unbind"/);
  });
});
