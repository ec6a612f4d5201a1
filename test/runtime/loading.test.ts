import assert from 'node:assert/strict';
import { forEachNodeRed, sharedRuntime } from '../support/runtime';

forEachNodeRed('the package in a runtime', (kind) => {
  const runtime = sharedRuntime(kind, { settings: { disableEditor: false } });

  it('loads every node, none with an error', async () => {
    const ours = (await runtime().nodeSets()).filter(({ id }) => id.startsWith('@nazjs/node-red-smpp/'));
    assert.deepEqual(
      ours.map(({ types, err }) => ({ types, err })),
      ['smpp-config', 'smpp-out', 'smpp-in', 'smpp-simulator'].map((type) => ({
        types: [type],
        err: undefined,
      })),
    );
  });

  it('shows its examples in the import menu', async () => {
    const response = await fetch(`${runtime().url}library/examples/flows/@nazjs/node-red-smpp`);
    const entries = (await response.json()) as (string | { fn: string })[];
    const names = entries.map((entry) => (typeof entry === 'string' ? entry : entry.fn));
    assert.ok(names.length > 0);
    const first = await fetch(`${runtime().url}library/examples/flows/@nazjs/node-red-smpp/${names[0]!}`);
    assert.ok(Array.isArray(await first.json()));
  });

  it('serves the texts of each node', async () => {
    for (const set of ['smpp-config', 'smpp-out', 'smpp-in', 'smpp-simulator']) {
      const response = await fetch(`${runtime().url}locales/@nazjs/node-red-smpp/${set}?lng=en-US`);
      const texts = (await response.json()) as Record<string, unknown>;
      assert.ok(texts[set], `no catalogue for ${set}`);
    }
  });
});
