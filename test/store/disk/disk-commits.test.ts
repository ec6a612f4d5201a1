import assert from 'node:assert/strict';
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { done, ids, item, items, takeAll } from '../../../src/store/conformance/harness';
import { until } from '../../support/until';
import { DiskStores, lmdbCommitting } from '../setup';

describe('a disk that commits late', () => {
  let base: string;
  let held: (() => void)[];
  let isLate: boolean;
  const stores = new DiskStores();
  const loadLmdb = lmdbCommitting(async (commit) => {
    if (isLate) await new Promise<void>((resolve) => held.push(resolve));
    return commit();
  });

  beforeEach(async () => {
    base = await mkdtemp(join(tmpdir(), 'smpp-commits-'));
    held = [];
    isLate = false;
  });
  afterEach(async () => {
    isLate = false;
    for (const go of held.splice(0)) go();
    await stores.close();
    await rm(base, { recursive: true, force: true });
  });

  it('acknowledges nothing before, and keeps the order of the calls', async () => {
    const store = await stores.open({ directory: join(base, 'queue'), loadLmdb });
    const told: string[] = [];
    isLate = true;
    const first = Promise.resolve(store.queue.enqueue([item('a')])).then(() => told.push('a'));
    await until(() => held.length === 1);
    const second = Promise.resolve(store.queue.enqueue([item('b')])).then(() => told.push('b'));
    await new Promise((resolve) => setTimeout(resolve, 20));
    assert.deepEqual(told, []);
    isLate = false;
    held.shift()?.();
    await Promise.all([first, second]);
    assert.deepEqual(told, ['a', 'b']);
    assert.deepEqual(ids(await takeAll(store, 2)), ['a', 'b']);
  });

  it('forgets in a crash only what was not acknowledged', async () => {
    const directory = join(base, 'queue');
    const store = await stores.open({ directory, loadLmdb });
    await store.queue.enqueue(items('safe', 3));
    const [lease] = await takeAll(store, 1);
    assert.ok(lease);
    isLate = true;
    const lost = [
      Promise.resolve(store.queue.settle([done(lease)])),
      Promise.resolve(store.queue.enqueue([item('unsafe')])),
    ];
    await until(() => held.length === 1);
    // As the disk is then.
    await cp(directory, join(base, 'crashed'), {
      recursive: true,
      filter: (path) => !path.endsWith('.sock'),
    });
    const after = await stores.open({ directory: join(base, 'crashed') });
    const leases = await takeAll(after, 3);
    assert.deepEqual(ids(leases), ['safe0', 'safe1', 'safe2']);
    assert.equal(leases[0]?.state.redelivered, true, 'the SMSC may have seen it');
    assert.equal((await after.queue.stats()).queued, 0);
    isLate = false;
    held.shift()?.();
    await Promise.all(lost);
  });
});
