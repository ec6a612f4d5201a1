import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Smsc, type SubmitEvent } from '../../src/simulator';
import { connection, sendingFlow } from '../support/flows';
import { Runtime, forEachNodeRed } from '../support/runtime';

const onDisk = { queue: 'disk', clientId: 'kept' };

forEachNodeRed('a queue on disk', (kind) => {
  let userDir: string;
  let runtime: Runtime;
  let smsc: Smsc;
  let submits: SubmitEvent[];

  beforeEach(async () => {
    userDir = mkdtempSync(join(tmpdir(), 'node-red-smpp-disk-'));
    submits = [];
    smsc = new Smsc({ receiptDelay: 0.05, rules: [{ type: 'slow', seconds: 0.01 }] });
    smsc.on('submit', (submit) => submits.push(submit));
    await smsc.start();
    runtime = await Runtime.start(kind(), { userDir });
  });

  afterEach(async () => {
    await runtime.kill();
    await smsc.stop();
    rmSync(userDir, { recursive: true, force: true });
  });

  const texts = (from: number, count: number): string[] =>
    Array.from({ length: count }, (_, at) => `message ${from + at}`);
  const sendAll = (all: readonly string[]): void =>
    runtime.send('entry', ...all.map((payload) => ({ payload, topic: '447700900123' })));
  const arrived = (): Set<string> => new Set(submits.map(({ text }) => text ?? ''));

  it('loses nothing that was queued when the whole runtime is killed, again and again', async () => {
    // What a crash may repeat beside the window, however slow the disk is.
    const config = connection(smsc.port, { ...onDisk, maxUnsettled: 40 });
    await runtime.deploy(sendingFlow(config, { out: { completeWhen: 'queued' } }));
    await runtime.waitForStatus('out', /^bound/);
    const all: string[] = [];
    for (let round = 0; round < 3; round++) {
      const some = texts(all.length, 100);
      all.push(...some);
      sendAll(some);
      const queued = (): true | undefined =>
        runtime.messages('outcome').length >= some.length ? true : undefined;
      await runtime.until('all to be queued', queued);
      await runtime.kill({ keepUserDir: true });
      runtime = await Runtime.start(kind(), { userDir });
    }
    await runtime.until(`all ${all.length} (${arrived().size} came)`, () =>
      arrived().size >= all.length ? true : undefined,
    );
    assert.deepEqual([...arrived()].sort(), [...all].sort());
    const repeated = submits.length - all.length;
    assert.ok(repeated <= 3 * (40 + 10), `${repeated} of ${all.length} were repeated`);
  });

  it('takes over what was queued in memory when the connection changes to it', async () => {
    const { port } = smsc;
    await smsc.stop();
    const config = connection(port, { clientId: 'kept', queue: 'memory' });
    await runtime.deploy(sendingFlow(config, { out: { completeWhen: 'queued' } }));
    const all = texts(0, 20);
    sendAll(all);
    await runtime.until('all to be queued', () =>
      runtime.messages('outcome').length >= 20 ? true : undefined,
    );
    await runtime.deploy(sendingFlow(connection(port, onDisk)), 'nodes');
    await runtime.waitForLog(/the queue is now disk: 20 messages moved there from memory/);
    smsc = new Smsc({ port });
    smsc.on('submit', (submit) => submits.push(submit));
    await smsc.start();
    await runtime.until('all of them', () => (arrived().size >= 20 ? true : undefined));
    assert.deepEqual([...arrived()].sort(), [...all].sort());
  });

  it('refuses another account, says so, and deletes nothing', async () => {
    await runtime.deploy(sendingFlow(connection(smsc.port, onDisk)));
    await runtime.waitForStatus('out', /^bound/);
    const other = connection(smsc.port, {
      ...onDisk,
      credentials: { systemId: 'other', password: 'secret' },
    });
    await runtime.deploy(sendingFlow(other));
    await runtime.waitForLog(/belongs to the account test at 127\.0\.0\.1, not to other/);
    await runtime.waitForStatus('out', /^queue unavailable/);
    await runtime.deploy(sendingFlow(connection(smsc.port, onDisk)));
    await runtime.waitForStatus('out', /^bound/);
  });

  it('is named in the log when no connection has it any more', async () => {
    await runtime.deploy(sendingFlow(connection(smsc.port, onDisk)));
    await runtime.waitForStatus('out', /^bound/);
    await runtime.deploy([]);
    const [line] = await runtime.waitForLog(/the queue in \S*kept belongs to no connection/);
    assert.ok(line.includes(join(userDir, 'smpp', 'kept')));
  });
});
