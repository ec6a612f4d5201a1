import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePort } from '../../.ci/demo/ports';
import { forEachNodeRed, sharedRuntime, type FlowNode } from '../support/runtime';

const FILE = join(__dirname, '..', '..', 'examples', '19-broadcast-alert.json');

forEachNodeRed('the example of a broadcast alert', (kind) => {
  const runtime = sharedRuntime(kind);
  afterEach(() => runtime().deploy([]));

  async function deployed(): Promise<void> {
    const port = await freePort(30_000 + Math.floor(Math.random() * 10_000));
    const nodes = JSON.parse(readFileSync(FILE, 'utf8')) as FlowNode[];
    await runtime().deploy(
      nodes.map((node) => ({
        ...node,
        ...(node.type === 'debug' ? { type: 'probe' } : {}),
        ...('port' in node ? { port } : {}),
      })),
    );
    await runtime().waitForStatus('smpp-broadcast-out', /^bound/);
  }

  it('sends it, asks how far it is, and ends it', async () => {
    await deployed();
    const asked = async (inject: string, probe: string): Promise<Record<string, unknown>> => {
      const from = runtime().told.length;
      await runtime().inject(`smpp-broadcast-${inject}`);
      const { smpp = {} } = await runtime().message(`smpp-broadcast-${probe}`, undefined, { from });
      return smpp;
    };
    const alert = await asked('send', 'accepted');
    const [failed] = alert['failed_broadcast_area_identifier'] as { alias: string }[];
    assert.deepEqual([alert['event'], failed?.alias], ['accepted', 'Atlantis']);
    const progress = await asked('query', 'progress');
    assert.deepEqual(
      (progress['areas'] as { alias: string }[]).map(({ alias }) => alias),
      ['Lyon', 'Grenoble'],
    );
    assert.deepEqual([progress['state'], progress['message_id']], ['ENROUTE', alert['message_id']]);
    assert.equal((await asked('cancel', 'cancelled'))['event'], 'accepted');
    assert.equal((await asked('query', 'progress'))['state'], 'DELETED');
  });
});
