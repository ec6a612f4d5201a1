import assert from 'node:assert/strict';
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Smsc, type SubmitEvent } from '../../src/simulator';
import { connection, sendingFlow } from '../support/flows';
import { Runtime, forEachNodeRed } from '../support/runtime';

const root = join(__dirname, '..', '..');
const example = join(root, 'examples', 'plugins');

/** Plugins that are not what they should be. */
const BAD = `module.exports = (RED) => {
  RED.plugins.registerPlugin('too-new', { type: 'smpp-rate-limiter', apiVersion: 99, create: () => ({}) });
  RED.plugins.registerPlugin('no-shape', { type: 'smpp-rate-limiter', apiVersion: 1, create: () => ({ acquire: () => 1 }) });
};`;

forEachNodeRed('plugins of a package of their own', (kind) => {
  let userDir: string;
  let runtime: Runtime;
  let smsc: Smsc;
  let submits: (SubmitEvent & { sequence_number: number; data_coding: number })[];

  before(async () => {
    userDir = mkdtempSync(join(tmpdir(), 'node-red-smpp-plugins-'));
    const modules = join(userDir, 'node_modules');
    mkdirSync(join(modules, '@nazjs'), { recursive: true });
    symlinkSync(root, join(modules, '@nazjs', 'node-red-smpp'));
    cpSync(example, join(modules, 'node-red-smpp-example-plugins'), { recursive: true });
    const bad = join(modules, 'node-red-smpp-bad-plugins');
    mkdirSync(bad);
    const manifest = {
      name: 'node-red-smpp-bad-plugins',
      version: '1.0.0',
      'node-red': { plugins: { bad: 'bad.js' } },
    };
    writeFileSync(join(bad, 'package.json'), JSON.stringify(manifest));
    writeFileSync(join(bad, 'bad.js'), BAD);
    const dependencies = {
      [manifest.name]: '*',
      'node-red-smpp-example-plugins': '*',
      '@nazjs/node-red-smpp': '*',
    };
    writeFileSync(
      join(userDir, 'package.json'),
      JSON.stringify({ name: 'user', version: '1.0.0', dependencies }),
    );
    runtime = await Runtime.start(kind(), { userDir, withCheckout: false });
  });

  after(async () => {
    // Where the runtime is not to be had, nothing was started.
    await (runtime as Runtime | undefined)?.kill();
    if (runtime) rmSync(userDir, { recursive: true, force: true });
  });

  beforeEach(async () => {
    submits = [];
    smsc = new Smsc({ receiptDelay: 0.05 });
    smsc.on('submit', (submit) => submits.push(submit as (typeof submits)[number]));
    await smsc.start();
  });

  afterEach(async () => {
    await runtime.deploy([]);
    await smsc.stop();
  });

  const all = {
    correlator: 'example-correlator',
    rateLimiter: 'example-rate-limiter',
    throttleHandler: 'example-throttle-handler',
    sequence: 'example-sequence',
  };

  for (const queue of ['example-store', 'example-queue'])
    it(`of every type carry a message from end to end, with ${queue}`, async () => {
      await runtime.deploy(sendingFlow(connection(smsc.port, { ...all, queue })));
      await runtime.waitForStatus('out', /^bound/);
      const from = runtime.told.length;
      runtime.send('entry', {
        payload: 'abc',
        topic: '447700900123',
        smpp: { encoding: 'example-reversed' },
      });
      const [receipt] = await runtime.until('the receipt', () => {
        const heard = runtime.messages('heard', from);
        return heard.length > 0 ? heard : undefined;
      });
      assert.equal(receipt?.smpp?.['matched'], true);
      const [submit] = submits;
      assert.equal(submit?.data_coding, 0x0b);
      assert.equal(submit?.octets.toString('latin1'), 'cba');
      assert.ok((submit?.sequence_number ?? 0) >= 1000);
    });

  for (const [what, id, line] of [
    ['is not installed', 'nowhere', /plugin "nowhere" of type smpp-rate-limiter is not installed/],
    [
      'is made for another version',
      'too-new',
      /plugin "too-new" .* is made for apiVersion 99, this package has 1/,
    ],
    ['lacks something', 'no-shape', /plugin "no-shape" of type smpp-rate-limiter lacks giveBack/],
  ] as const)
    it(`that ${what} is one clear line, and the flows go on`, async () => {
      const before = runtime.output.length;
      await runtime.deploy(sendingFlow(connection(smsc.port, { rateLimiter: id, queue: 'memory' })));
      await runtime.waitForStatus('out', /^plugin unavailable/);
      await runtime.waitForLog(line);
      const lines = runtime.output
        .slice(before)
        .split('\n')
        .filter((one) => line.test(one));
      assert.equal(lines.length, 1);
      assert.ok(runtime.isRunning);
    });
});
