import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Context } from 'mocha';
import { freePort } from '../../.ci/demo/ports';
import { amqpUrl, ownPrefix, redisUrl } from '../support/brokers';
import { forEachNodeRed, sharedRuntime, type FlowNode } from '../support/runtime';

const folder = join(__dirname, '..', '..', 'examples');

/** Flows lie in the folder itself; what lies deeper are packages that show how to extend this one. */
const examples = readdirSync(folder).filter((file) => file.endsWith('.json'));

forEachNodeRed('the examples of the import menu', (kind) => {
  const runtime = sharedRuntime(kind);

  // What one leaves behind is not to be taken for the next one's.
  afterEach(() => runtime().deploy([]));

  for (const example of examples)
    it(`imports and runs: ${example}`, async function () {
      const nodes = JSON.parse(readFileSync(join(folder, example), 'utf8')) as FlowNode[];
      const from = { told: runtime().told.length, output: runtime().output.length };
      await runtime().deploy(await ready(nodes, this));
      const bindsToSimulator = nodes.some(({ type }) => type === 'smpp-simulator');
      const user = nodes.find(({ type }) => type === 'smpp-out' || type === 'smpp-in');
      if (bindsToSimulator && user) await runtime().waitForStatus(user.id, /^bound/);
      for (const { id, type } of nodes) if (type === 'inject' && bindsToSimulator) await runtime().inject(id);
      if (bindsToSimulator && nodes.some(({ type }) => type === 'inject'))
        await somethingCame(nodes, from.told);
      const said = runtime().output.slice(from.output);
      assert.doesNotMatch(said, /missing types/);
      // What the example before left in its queue may still be told of.
      const own = nodes.map(({ type, name, id }) => `[error] [${type}:${name === '' ? id : String(name)}]`);
      assert.deepEqual(
        said.split('\n').filter((line) => own.some((tag) => line.includes(tag))),
        [],
      );
    });

  async function somethingCame(nodes: readonly FlowNode[], from: number): Promise<void> {
    const debugs = nodes.filter(({ type }) => type === 'debug').map(({ id }) => id);
    await runtime().waitFor(
      'a message at a debug node',
      (told) => told.kind === 'message' && debugs.includes(told.probe),
      { from },
    );
  }

  /** Its own simulator ports, credentials and names on servers, and a probe in place of each debug node. */
  async function ready(nodes: readonly FlowNode[], context: Context): Promise<FlowNode[]> {
    const urls = await serversOf(nodes, context);
    const ports = new Map<string, number>();
    let next = 20_000 + Math.floor(Math.random() * 10_000);
    for (const { type, port } of nodes) {
      if (type !== 'smpp-simulator') continue;
      ports.set(String(port), (next = await freePort(next + 1)));
    }
    return nodes.map((node) => {
      if (node.type === 'debug') return { ...node, type: 'probe' };
      if (node.type === 'smpp-config')
        return {
          ...node,
          credentials: { systemId: 'example', password: 'example', ...urls },
          keyPrefix: ownPrefix(),
          port: ports.get(String(node.port)) ?? node.port,
        };
      return node.type === 'smpp-simulator' ? { ...node, port: ports.get(String(node.port)) } : node;
    });
  }

  /** The servers that its queue needs, by the credentials that name them. */
  async function serversOf(nodes: readonly FlowNode[], context: Context): Promise<Record<string, string>> {
    const config = nodes.find(({ type }) => type === 'smpp-config');
    if (config?.queue === 'redis') return { queueUrl: await redisUrl(context) };
    if (config?.queue !== 'rabbitmq') return {};
    return { queueUrl: await amqpUrl(context), correlationUrl: await redisUrl(context) };
  }
});
