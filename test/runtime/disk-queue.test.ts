import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Smsc, type SubmitEvent } from '../../src/simulator';
import { connection, node, sendingFlow, tab } from '../support/flows';
import { Runtime, forEachNodeRed, sharedRuntime, type FlowNode } from '../support/runtime';

/** Names of queues, each used by one test: the runtime keeps what earlier ones left on disk. */
let names = 0;

forEachNodeRed('a queue on disk', (kind) => {
  let smsc: Smsc;
  let submits: SubmitEvent[];
  let onDisk: { readonly queue: 'disk'; readonly clientId: string };

  beforeEach(async () => {
    onDisk = { queue: 'disk', clientId: `kept-${++names}` };
    submits = [];
    smsc = new Smsc({ receiptDelay: 0.05, rules: [{ type: 'slow', seconds: 0.01 }] });
    smsc.on('submit', (submit) => submits.push(submit));
    await smsc.start();
  });

  afterEach(() => smsc.stop());

  const texts = (from: number, count: number): string[] =>
    Array.from({ length: count }, (_, at) => `message ${from + at}`);
  const sendAll = (runtime: Runtime, all: readonly string[]): void =>
    runtime.send('entry', ...all.map((payload) => ({ payload, topic: '447700900123' })));
  const arrived = (): Set<string> => new Set(submits.map(({ text }) => text ?? ''));

  describe('of a runtime that is killed', () => {
    let userDir: string;
    let runtime: Runtime;
    beforeEach(async () => {
      userDir = mkdtempSync(join(tmpdir(), 'node-red-smpp-disk-'));
      runtime = await Runtime.start(kind(), { userDir });
    });
    afterEach(() => runtime.kill());

    it('loses nothing that was queued, again and again', async () => {
      // What a crash may repeat beside the window, however slow the disk is.
      const config = connection(smsc.port, { ...onDisk, maxUnsettled: 40 });
      await runtime.deploy(sendingFlow(config, { out: { completeWhen: 'queued' } }));
      await runtime.waitForStatus('out', /^bound/);
      const all: string[] = [];
      for (let round = 0; round < 3; round++) {
        const some = texts(all.length, 100);
        all.push(...some);
        sendAll(runtime, some);
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
  });

  describe('of a runtime that goes on', () => {
    const runtime = sharedRuntime(kind);
    afterEach(() => runtime().reset());

    it('takes over what was queued in memory when the connection changes to it', async () => {
      const { port } = smsc;
      await smsc.stop();
      const config = connection(port, { clientId: onDisk.clientId, queue: 'memory' });
      await runtime().deploy(sendingFlow(config, { out: { completeWhen: 'queued' } }));
      const all = texts(0, 20);
      sendAll(runtime(), all);
      await runtime().until('all to be queued', () =>
        runtime().messages('outcome').length >= 20 ? true : undefined,
      );
      await runtime().deploy(sendingFlow(connection(port, onDisk)), 'nodes');
      await runtime().waitForLog(/the queue is now disk: 20 messages moved there from memory/);
      smsc = new Smsc({ port });
      smsc.on('submit', (submit) => submits.push(submit));
      await smsc.start();
      await runtime().until('all of them', () => (arrived().size >= 20 ? true : undefined));
      assert.deepEqual([...arrived()].sort(), [...all].sort());
    });

    it('refuses another account what it holds, says so, and deletes nothing', async () => {
      const away = { ...onDisk, autoConnect: false };
      const other = { credentials: { systemId: 'other', password: 'secret' } };
      const flow = (config: object): FlowNode[] =>
        sendingFlow(connection(smsc.port, { ...config }), { out: { completeWhen: 'queued' } });
      await runtime().deploy(flow(away));
      sendAll(runtime(), ['kept']);
      await runtime().until('it to be queued', () => runtime().messages('outcome')[0]);
      await runtime().deploy(flow({ ...onDisk, ...other }));
      await runtime().waitForLog(
        /belongs to the account test at 127\.0\.0\.1, not to other.*holds 1 message:/,
      );
      await runtime().waitForStatus('out', /^queue unavailable/);
      // Another client ID is another queue, and leaves the first to its account.
      await runtime().deploy(flow({ ...onDisk, ...other, clientId: `${onDisk.clientId}-others` }));
      await runtime().waitForStatus('out', /^bound/);
      assert.equal(submits.length, 0);
      await runtime().deploy(flow(onDisk));
      await runtime().until('the message', () => (arrived().has('kept') ? true : undefined));
    });

    it('is claimed by a corrected system ID while it holds nothing', async () => {
      await runtime().deploy(sendingFlow(connection(smsc.port, { ...onDisk, credentials: {} })));
      await runtime().waitForStatus('out', /^bound/);
      await runtime().deploy(sendingFlow(connection(smsc.port, onDisk)));
      await runtime().until('the session of the new account', () =>
        smsc.sessions.some(({ system_id }) => system_id === 'test') ? true : undefined,
      );
    });

    it('serves a connection that lies in a subflow in a subflow in a subflow', async () => {
      const id = (digit: number): string => `${digit}`.repeat(16);
      const inner = ['1', '2', '3'];
      const subflow = (level: string): FlowNode => ({
        id: level.padEnd(16, 'a'),
        type: 'subflow',
        name: `level ${level}`,
        in: [{ x: 1, y: 1, wires: [{ id: level.padEnd(16, 'b') }] }],
        out: [],
      });
      const config = { ...connection(smsc.port, { queue: 'disk', credentials: undefined }), id: id(9) };
      await runtime().deploy([
        tab,
        node('probe', 'entry', {}, [id(8)]),
        node('subflow:' + '1'.padEnd(16, 'a'), id(8)),
        ...inner.map(subflow),
        { ...node('subflow:' + '2'.padEnd(16, 'a'), '1'.padEnd(16, 'b')), z: '1'.padEnd(16, 'a') },
        { ...node('subflow:' + '3'.padEnd(16, 'a'), '2'.padEnd(16, 'b')), z: '2'.padEnd(16, 'a') },
        { ...node('smpp-out', '3'.padEnd(16, 'b'), { connection: id(9) }), z: '3'.padEnd(16, 'a') },
        { ...config, z: '3'.padEnd(16, 'a') },
      ]);
      sendAll(runtime(), ['deep']);
      await runtime().until('the message', () => (arrived().has('deep') ? true : undefined));
      const folders = readdirSync(join(runtime().userDir, 'smpp')).filter((name) => name.startsWith('id-'));
      assert.equal(folders.length, 1);
      assert.match(folders[0] ?? '', /^id-8{16}1bbb-[0-9a-f]{32}$/);
    });

    it('is named in the log when no connection has it any more', async () => {
      await runtime().deploy(sendingFlow(connection(smsc.port, onDisk)));
      await runtime().waitForStatus('out', /^bound/);
      await runtime().deploy([]);
      const [line] = await runtime().waitForLog(
        new RegExp(`the queue in \\S*${onDisk.clientId} belongs to no connection that is enabled`),
      );
      assert.ok(line.includes(join(runtime().userDir, 'smpp', onDisk.clientId)));
    });
  });
});
