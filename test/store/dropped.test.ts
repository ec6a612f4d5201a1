import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openDiskStore, openMemoryStore, type QueueLimits, type Store } from '../../src/store';
import { ids, item, takeAll } from '../../src/store/conformance/harness';
import { until } from '../support/until';

describe('A queue that drops its oldest', () => {
  let directory: string;

  beforeEach(async () => (directory = await mkdtemp(join(tmpdir(), 'smpp-dropped-'))));
  afterEach(() => rm(directory, { recursive: true, force: true }));

  const stores: Record<string, (limits: QueueLimits) => Promise<Store>> = {
    memory: async (limits) => openMemoryStore(limits),
    disk: (limits) => openDiskStore({ directory, account: { host: 'a', systemId: 'b' }, ...limits }),
  };
  for (const [name, open] of Object.entries(stores))
    it(`goes on when whoever is told of it throws, or rejects (${name})`, async () => {
      const warnings: unknown[] = [];
      const warned = (warning: unknown): void => void warnings.push(warning);
      process.on('warning', warned);
      const tell = [
        (): unknown => {
          throw new Error('not my fault');
        },
        (): unknown => Promise.reject(new Error('nor mine')),
        (): unknown => 1,
      ];
      const onDropped = (): unknown => tell.shift()?.();
      const store = await open({ capacity: 1, whenFull: 'drop-oldest', onDropped });
      try {
        await store.queue.enqueue([item('a')]);
        for (const id of ['b', 'c', 'd']) assert.deepEqual(await store.queue.enqueue([item(id)]), [id]);
        assert.deepEqual(ids(await takeAll(store, 1)), ['d']);
        await until(() => warnings.length === 2);
        assert.deepEqual(warnings.map(String), ['Error: not my fault', 'Error: nor mine']);
      } finally {
        process.off('warning', warned);
        await store.close();
      }
    });
});
