import assert from 'node:assert/strict';
import { Smsc } from '../../src/simulator';
import { connection, sendingFlow } from '../support/flows';
import { forEachNodeRed, Runtime } from '../support/runtime';

forEachNodeRed('settings from the environment', (kind) => {
  let smsc: Smsc;
  let runtime: Runtime;

  before(async () => {
    smsc = new Smsc({ systemId: 'fromenv', password: 'secret' });
    await smsc.start();
    runtime = await Runtime.start(kind(), {
      env: {
        SMPP_HOST: '127.0.0.1',
        SMPP_PORT: String(smsc.port),
        SMPP_ID: 'fromenv',
        SMPP_PASSWORD: 'secret',
        SMPP_WINDOW: '3',
        SMPP_TEXT: 'from the environment',
        SMPP_WORD: 'many',
      },
    });
  });

  after(async () => {
    // Where the runtime is not to be had, nothing was started.
    await (runtime as Runtime | undefined)?.stop();
    await (smsc as Smsc | undefined)?.stop();
  });

  it('are taken for address, account and numbers, and for what is sent', async () => {
    const config = connection('${SMPP_PORT}', {
      host: '${SMPP_HOST}',
      windowSize: '${SMPP_WINDOW}',
      credentials: { systemId: '${SMPP_ID}', password: '${SMPP_PASSWORD}' },
    });
    const out = { message: 'SMPP_TEXT', messageType: 'env' };
    const texts: (string | undefined)[] = [];
    smsc.on('submit', ({ text }) => texts.push(text));
    await runtime.deploy(sendingFlow(config, { out }));
    await runtime.waitForStatus('out', /^bound/);
    runtime.send('entry', { topic: '447700900123' });
    await runtime.message('outcome');
    assert.deepEqual(texts, ['from the environment']);
  });

  it('are missed by name, together with the property that wants them', async () => {
    const from = runtime.told.length;
    const config = connection('${SMPP_NO_PORT}', { host: '${SMPP_NO_HOST}' });
    await runtime.deploy(sendingFlow(config));
    await runtime.waitForLog(/environment variable SMPP_NO_HOST is not set \(host\)/);
    await runtime.waitForLog(/environment variable SMPP_NO_PORT is not set \(port\)/);
    await runtime.waitForStatus('out', /error/);
    runtime.send('entry', { payload: 'Hello', topic: '447700900123' });
    const failed = await runtime.waitFor('the failure', (told) => told.kind === 'failed', { from });
    assert.ok(failed.kind === 'failed');
    assert.equal(failed.code, 'INVALID_CONFIG');
    assert.match(failed.message, /SMPP_NO_HOST/);
  });

  it('are missed in credentials too', async () => {
    const credentials = { systemId: '${SMPP_NO_ID}', password: 'secret' };
    await runtime.deploy(sendingFlow(connection(smsc.port, { credentials })));
    await runtime.waitForLog(/environment variable SMPP_NO_ID is not set \(systemId\)/);
  });

  it('are refused where they are no number', async () => {
    await runtime.deploy(sendingFlow(connection(smsc.port, { windowSize: '${SMPP_WORD}' })));
    await runtime.waitForLog(/windowSize.*"many".*number/);
    assert.ok(runtime.isRunning);
  });
});
