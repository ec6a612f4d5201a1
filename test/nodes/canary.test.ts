import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { NodeMessage } from 'node-red';
import { IN, NUMBERS, OUT, PASSWORDS, find, song } from '../canary/canaries';
import { helper, load, logged, until, useHelper } from './support/helper';
import { Centre } from './support/smsc';

const NOTHING = { passwords: [], texts: [], numbers: [] };
const MESSAGES: readonly NodeMessage[] = [
  { payload: `${OUT} sings`, topic: NUMBERS.to },
  { payload: song(400), topic: NUMBERS.to },
  { payload: Buffer.from(OUT), topic: NUMBERS.to },
  { payload: `${OUT} sings`, topic: NUMBERS.refused },
  { payload: OUT, topic: `${NUMBERS.to} or ${NUMBERS.other}` },
  { payload: OUT, topic: NUMBERS.to, smpp: { priority: OUT } },
  { payload: { short_message: { text: OUT }, destination_addr: NUMBERS.to } },
  { payload: OUT, topic: NUMBERS.to, smpp: { tlvs: { user_message_reference: OUT } } },
  { payload: OUT, topic: NUMBERS.to, action: OUT },
];

describe("In Node-RED's log", function () {
  useHelper();
  let centre: Centre;
  let folder: string;
  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'smpp-log-'));
    centre = await Centre.start({
      password: PASSWORDS.password,
      rules: [{ type: 'status', status: 'ESME_RINVDSTADR', destination: NUMBERS.refused }],
    });
  });
  afterEach(async () => {
    await helper.clearFlows();
    await centre.smsc.stop();
    rmSync(folder, { recursive: true });
  });

  const credentials = (password: string): object => ({ [centre.id]: { systemId: 'naz', password } });
  /** Whatever a log handler may take of a line. */
  const written = (): string =>
    helper
      .log()
      .args.map(([{ msg }]) => {
        const { message, stack, cause } = Object(msg) as Error;
        return [String(msg), message, stack, JSON.stringify(msg), String(cause)].join('\n');
      })
      .join('\n');

  async function start(config: object, password: string = PASSWORDS.password): Promise<void> {
    const nodes = [centre.out(), centre.in({ events: ['message', 'receipt', 'response', 'failure'] })];
    await load(
      centre.flow(nodes, { reconnectMin: 0.02, reconnectMax: 0.05, ...config }),
      credentials(password),
    );
  }

  for (const config of [{ logLevel: 'trace' }, { logLevel: 'debug' }, { flightRecorder: 500 }])
    it(`is no password, text or whole number, with ${JSON.stringify(config)}`, async () => {
      const submits: unknown[] = [];
      centre.smsc.on('submit', (submit) => submits.push(submit));
      await start(config);
      await until(() => centre.smsc.sessions.length === 1, 'a session');
      for (const msg of MESSAGES) helper.getNode('out').receive(structuredClone(msg));
      const phone = { source_addr: NUMBERS.caller, destination_addr: NUMBERS.from, text: IN };
      await centre.smsc.deliver(phone);
      await until(() => submits.length >= 3 && /ESME_RINVDSTADR/.test(written()), 'the messages');
      centre.smsc.dropLinks();
      await until(() => centre.smsc.sessions.length === 1, 'a session');
      assert.deepEqual(find(written()), NOTHING);
    });

  it('is no password where the bind is refused', async () => {
    await start({ logLevel: 'trace' }, PASSWORDS.wrongPassword);
    await until(() => /ESME_RINVPASWD/.test(written()), 'the refusal');
    assert.deepEqual(find(written()), NOTHING);
  });

  it('is what was recorded, at a level that is shown', async () => {
    await start({ flightRecorder: 500 });
    await until(() => centre.smsc.sessions.length === 1, 'a session');
    helper.getNode('out').receive({ payload: OUT, topic: NUMBERS.refused });
    await until(
      () => logged('WARN', centre.id).some((line) => line.includes('ESME_RINVDSTADR')),
      'a warning',
    );
    const lines = logged('INFO', centre.id);
    assert.ok(
      lines.some((line) => /submit_sm.*recorded=true/.test(line)),
      lines.join('\n'),
    );
  });

  it('is nothing of the connection where a file has it, which msg.action has opened anew', async () => {
    const logFile = join(folder, 'logs', 'smpp.log');
    await start({ logTarget: 'file', logFile });
    await until(() => existsSync(logFile) && /bound to/.test(readFileSync(logFile, 'utf8')), 'the file');
    assert.doesNotMatch(written(), /bound to/);
    renameSync(logFile, `${logFile}.1`);
    helper.getNode('out').receive({ action: 'reopen-log' });
    await until(() => existsSync(logFile), 'the new file');
  });

  it('is that a file cannot be written', async () => {
    await start({ logTarget: 'file', logFile: '/dev/null/smpp.log' });
    await until(
      () => logged('WARN', centre.id).some((line) => /cannot be written: E/.test(line)),
      'a warning',
    );
  });

  it('is that what goes to no file cannot be opened anew', async () => {
    await start({});
    helper.getNode('out').receive({ action: 'reopen-log' });
    await until(() => logged('ERROR', 'out').some((line) => /goes to no file/.test(line)), 'the error');
  });
});
