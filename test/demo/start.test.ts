import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { anyFreePort, freePort, host } from '../../.ci/demo/ports';
import { StartedDemo } from '../support/demo';
import type { FlowNode } from '../support/runtime';

describe('npm start', function () {
  this.timeout(180_000);
  let folder: string;
  let editorPort: number;
  let demos: StartedDemo[];
  let squatters: Server[];

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'node-red-smpp-demo-'));
    editorPort = await freePort(20_000 + Math.floor(Math.random() * 10_000));
    demos = [];
    squatters = [];
  });

  afterEach(async () => {
    await Promise.all(demos.map((demo) => demo.stop('SIGKILL')));
    for (const squatter of squatters) squatter.close();
    rmSync(folder, { recursive: true, force: true });
  });

  function start(...args: string[]): StartedDemo {
    const demo = new StartedDemo(['--folder', folder, '--port', String(editorPort), ...args]);
    demos.push(demo);
    return demo;
  }

  async function occupy(port: number): Promise<void> {
    const squatter = createServer();
    squatters.push(squatter);
    await new Promise<void>((resolve) => squatter.on('error', () => resolve()).listen(port, host, resolve));
  }

  const send = (demo: StartedDemo, body: string): Promise<Response> =>
    fetch(`${demo.url}/send`, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body });

  async function flows(demo: StartedDemo): Promise<FlowNode[]> {
    return (await (await fetch(`${demo.url}/flows`)).json()) as FlowNode[];
  }

  async function deploy(demo: StartedDemo, nodes: readonly FlowNode[]): Promise<void> {
    const headers = { 'Content-Type': 'application/json', 'Node-RED-Deployment-Type': 'full' };
    const response = await fetch(`${demo.url}/flows`, {
      method: 'POST',
      headers,
      body: JSON.stringify(nodes),
    });
    assert.ok(response.ok, await response.text());
    // The answer comes before the flows run again.
    while ((await send(demo, '{}')).status === 404) await new Promise((resolve) => setTimeout(resolve, 50));
  }

  it('tells in words how a first message is sent, accepted and delivered', async () => {
    const demo = start();
    await demo.says(/^ {2}delivered +message id \S+: DELIVRD$/m);
    const words = [...demo.stdout.matchAll(/^ {2}(\w+)/gm)].map(([, word]) => word);
    assert.deepEqual(
      words.filter((word) => word !== 'connecting'),
      ['bound', 'sent', 'accepted', 'delivered'],
    );
    assert.match(demo.stdout, /Node-RED 4\.\S+ is listening: open http:\/\/127\.0\.0\.1:\d+ in a browser/);
    const editor = await fetch(demo.url);
    assert.match(await editor.text(), /<title>SMPP demo<\/title>/);
  });

  it('asks nothing at the first visit: no tour, no telemetry', async () => {
    const demo = start();
    await demo.says(/is listening/);
    const settings = (await (await fetch(`${demo.url}/settings`)).json()) as Record<string, unknown>;
    assert.equal((settings.editorTheme as { tours: unknown }).tours, false);
    assert.notEqual(settings.telemetryEnabled, true);
    assert.ok(!('telemetry' in settings) || (settings.telemetry as { enabled: unknown }).enabled === false);
  });

  it('sends by POST /send: 202 with the id, 400 with the field', async () => {
    const demo = start();
    await demo.says(/^ {2}delivered/m);
    const taken = await send(demo, '{"to": "447700900123", "text": "Hello"}');
    assert.equal(taken.status, 202);
    assert.match(((await taken.json()) as { id: string }).id, /./);
    for (const [body, field] of [
      ['{"text": "Hello"}', 'to'],
      ['{"to": "447700900123"}', 'text'],
      ['{"to": "nobody at all", "text": "Hello"}', 'to'],
      [JSON.stringify({ to: '447700900123', text: 'x'.repeat(50_000) }), 'text'],
      ['{"to": ', 'body'],
    ] as const) {
      const refused = await send(demo, body);
      assert.equal(refused.status, 400, body);
      const answer = (await refused.json()) as { field: string; error: string };
      assert.equal(answer.field, field);
      assert.match(answer.error, /\w/);
    }
    await demo.says(/delivered[\s\S]*delivered/);
  });

  it('answers POST /send with 503 when the queue is full', async () => {
    const demo = start();
    await demo.says(/^ {2}bound/m);
    const nowhere = await anyFreePort();
    const nodes = (await flows(demo)).filter(({ type }) => type !== 'smpp-simulator');
    const small = { queueCapacity: 2, port: nowhere };
    await deploy(
      demo,
      nodes.map((node) => (node.type === 'smpp-config' ? { ...node, ...small } : node)),
    );
    const statuses: number[] = [];
    for (let turn = 0; turn < 3; turn++)
      statuses.push((await send(demo, '{"to":"447700900123","text":"Hi"}')).status);
    assert.deepEqual(statuses, [202, 202, 503]);
  });

  it('takes the next port where one is taken, for the editor and for the simulator', async () => {
    await occupy(editorPort);
    await occupy(2775);
    const demo = start();
    await demo.says(/Port 2775 is taken: the simulator listens on (\d+), and the flow follows/);
    await demo.says(/^ {2}delivered/m);
    assert.notEqual(new URL(demo.url).port, String(editorPort));
  });

  it('keeps what was edited, until it is told to forget it', async () => {
    const rename = (nodes: FlowNode[]): FlowNode[] =>
      nodes.map((node) => (node.type === 'tab' ? { ...node, label: 'Mine' } : node));
    const labels = async (demo: StartedDemo): Promise<unknown[]> =>
      (await flows(demo)).filter(({ type }) => type === 'tab').map(({ label }) => label);
    const first = start();
    await first.says(/^ {2}bound/m);
    await deploy(first, rename(await flows(first)));
    await first.stop();

    const second = start();
    await second.says(/^ {2}delivered/m);
    assert.deepEqual(await labels(second), ['Mine']);
    await second.stop();

    const third = start('--fresh');
    await third.says(/^ {2}delivered/m);
    assert.deepEqual(await labels(third), ['SMPP demo']);
  });

  it('sends nothing by itself once the connection points elsewhere', async () => {
    const first = start();
    await first.says(/^ {2}delivered/m);
    const elsewhere = await anyFreePort();
    await deploy(first, [
      ...(await flows(first)).map((node) =>
        node.type === 'smpp-config' ? { ...node, port: elsewhere } : node,
      ),
      { id: 'other', type: 'smpp-simulator', z: 'demo-tab', x: 1, y: 1, port: elsewhere, wires: [[]] },
    ]);
    await first.stop();
    const second = start();
    await second.says(/^ {2}bound/m);
    await new Promise((resolve) => setTimeout(resolve, 1000));
    assert.doesNotMatch(second.stdout, /^ {2}sent/m);
  });

  it('runs once per folder', async () => {
    const first = start();
    await first.says(/is listening/);
    const second = start();
    assert.equal(await second.ended(), 1);
    assert.match(second.stderr, new RegExp(`running already: ${first.url}`));
  });

  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    it(`ends at ${signal} and leaves nothing behind`, async () => {
      const demo = start();
      await demo.says(/^ {2}delivered/m);
      assert.equal(await demo.stop(signal), 0);
      await assert.rejects(fetch(demo.url));
      assert.match(demo.stdout, /Stopping \.\.\.\s*$/m);
    });

  it('ends when the one who started it was killed', async () => {
    const args = ['--folder', folder, '--port', String(editorPort)];
    const shell = new StartedDemo(args, ['sh', '-c', '"$0" .ci/start.mjs "$@"; true', process.execPath]);
    demos.push(shell);
    await shell.says(/^ {2}delivered/m);
    const { url } = shell;
    shell.child.kill('SIGKILL');
    const deadline = Date.now() + 30_000;
    while (
      Date.now() < deadline &&
      (await fetch(url).then(
        () => true,
        () => false,
      ))
    )
      await new Promise((resolve) => setTimeout(resolve, 100));
    await assert.rejects(fetch(url));
  });
});
