import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { anyFreePort } from '../../.ci/demo/ports';
import { StartedDemo } from '../support/demo';

const root = join(__dirname, '..', '..');
const run = promisify(execFile);

describe('npm start -- --once', function () {
  this.timeout(180_000);

  it('sends one message and prints its outcome as the only line on standard output', async () => {
    const demo = new StartedDemo(['--once']);
    assert.equal(await demo.ended(), 0, demo.stderr);
    const [line = '', ...rest] = demo.stdout.split('\n');
    assert.deepEqual(rest, ['']);
    const { state, message_id, id, segments } = JSON.parse(line) as Record<string, unknown>;
    assert.equal(state, 'DELIVRD');
    assert.equal(typeof message_id, 'string');
    assert.match(String(id), /./);
    assert.equal(segments, 1);
    for (const word of ['bound', 'sent', 'accepted', 'delivered'])
      assert.match(demo.stderr, new RegExp(`^  ${word}`, 'm'));
  });

  it('runs beside another one', async () => {
    const demos = [new StartedDemo(['--once']), new StartedDemo(['--once'])];
    assert.deepEqual(await Promise.all(demos.map((demo) => demo.ended())), [0, 0]);
  });

  it('says why, when the message is not delivered in time', async () => {
    // The time is over when a connection was refused, however long Node-RED takes to come so far.
    const script = `
      const { sendOnce } = require('./.ci/compiled.cjs') && require('./.ci/demo/index.ts');
      const express = require('node:module').createRequire(require.resolve('node-red'))('express');
      const modules = { nodeRed: require('node-red'), express };
      const setRealTimeout = setTimeout;
      let expire;
      globalThis.setTimeout = (callback, ms, ...rest) =>
        ms === 31_000 ? void (expire = callback) : setRealTimeout(callback, ms, ...rest);
      sendOnce({ modules, root: ${JSON.stringify(root)}, timeout: 31_000, smscPort: ${await anyFreePort()},
        say: (line) => line.includes('ECONNREFUSED') && setImmediate(expire),
        signal: new AbortController().signal })
        .catch((error) => { console.log(error.name + ': ' + error.message); process.exit(1); });`;
    const failed = await run(process.execPath, ['-e', script], { cwd: root }).then(
      () => assert.fail('it was delivered to nobody'),
      (error: unknown) => error as { code: number; stdout: string },
    );
    assert.equal(failed.code, 1);
    assert.match(
      failed.stdout,
      /^DemoError: Not delivered within 31 s. It was not accepted; the connection is (connecting|disconnected)/,
    );
    assert.match(failed.stdout, /ECONNREFUSED/);
  });

  it('ends when it is told to, and says so', async () => {
    const demo = new StartedDemo(['--once']);
    await new Promise((resolve) => demo.child.stderr?.once('data', resolve));
    assert.equal(await demo.stop('SIGINT'), 1);
    assert.match(demo.stderr, /Stopped before the message was delivered/);
    assert.equal(demo.stdout, '');
  });
});

describe('the options of npm start', function () {
  this.timeout(60_000);

  const wrong: [args: string[], says: RegExp][] = [
    [['--twice'], /Unknown option '--twice'/],
    [['hello'], /Unexpected argument 'hello'/],
    [['--port', 'seventy'], /--port takes a number from 1 to 65535, not "seventy"/],
    [['--port'], /--port/],
    [['--once', '--fresh'], /--once has a flow, ports and a folder of its own/],
  ];

  for (const [args, says] of wrong)
    it(`are refused with the usage where they are wrong: ${args.join(' ')}`, async () => {
      const demo = new StartedDemo(args);
      assert.equal(await demo.ended(), 2);
      assert.match(demo.stderr, says);
      assert.match(demo.stderr, /^Usage: npm start -- \[options\]/m);
      assert.equal(demo.stdout, '');
    });

  it('are explained on request', async () => {
    const demo = new StartedDemo(['--help']);
    assert.equal(await demo.ended(), 0);
    assert.match(demo.stdout, /^Usage: npm start/);
    for (const option of ['--once', '--fresh', '--port', '--folder', '--help'])
      assert.ok(demo.stdout.includes(option));
  });
});
