import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openDiskStore, openMemoryStore, type QueueLimits, type Store } from '../../src/store';
import { ids, item, takeAll } from '../../src/store/conformance/harness';

describe('A queue that drops its oldest', () => {
  let directory: string;

  beforeEach(async () => (directory = await mkdtemp(join(tmpdir(), 'smpp-dropped-'))));
  afterEach(() => rm(directory, { recursive: true, force: true }));

  const stores: Record<string, (limits: QueueLimits) => Promise<Store>> = {
    memory: async (limits) => openMemoryStore(limits),
    disk: (limits) => openDiskStore({ directory, account: { host: 'a', systemId: 'b' }, ...limits }),
  };
  for (const [name, open] of Object.entries(stores))
    it(`goes on when whoever is told of it throws (${name})`, async () => {
      const warned = new Promise((resolve) => process.once('warning', resolve));
      const onDropped = (): void => {
        throw new Error('not my fault');
      };
      const store = await open({ capacity: 1, whenFull: 'drop-oldest', onDropped });
      try {
        await store.queue.enqueue([item('a')]);
        assert.deepEqual(await store.queue.enqueue([item('b')]), ['b']);
        assert.deepEqual(ids(await takeAll(store, 1)), ['b']);
        assert.match(String(await warned), /not my fault/);
      } finally {
        await store.close();
      }
    });
});
