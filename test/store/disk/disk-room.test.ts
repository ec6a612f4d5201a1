import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openDiskStore, type DiskStore } from '../../../src/store';
import { items } from '../../../src/store/conformance/harness';
import { needs } from '../../support/skip';
import type { Found } from '../../support/tools';

const account = { host: 'localhost', systemId: 'room' };

describe('the disk store, on a file system of its own,', function () {
  this.timeout(30_000);
  let directory: string;
  let disk: Found<'mount'>;
  let store: DiskStore;

  before(function () {
    disk = needs(this, 'mount');
  });

  beforeEach(async () => {
    directory = mkdtempSync(join(tmpdir(), 'smpp-room-'));
    disk.mount('-t', 'tmpfs', '-o', 'size=2m', 'tmpfs', directory);
    store = await openDiskStore({
      directory: join(directory, 'queue'),
      account,
      capacity: 0,
      whenFull: 'reject',
    });
  });

  afterEach(async () => {
    disk.mount('-o', 'remount,rw,size=16m', directory);
    await store.close();
    disk.unmount(directory);
    rmSync(directory, { recursive: true, force: true });
  });

  /** Everything that is queued, by id. */
  async function drain(): Promise<string[]> {
    const ids: string[] = [];
    for (;;) {
      const { queued } = await store.queue.stats();
      if (queued === 0) return ids;
      const leases = await store.queue.take(500, { signal: AbortSignal.timeout(5000) });
      ids.push(...leases.map(({ item }) => item.id));
      await store.queue.settle(leases.map((lease) => ({ outcome: 'done', lease }) as const));
    }
  }

  it('says that a disk is read-only, and keeps what it has', async () => {
    const acknowledged = await store.queue.enqueue(items('m', 20));
    await store.close();
    disk.mount('-o', 'remount,ro', directory);
    const open = openDiskStore({
      directory: join(directory, 'queue'),
      account,
      capacity: 0,
      whenFull: 'reject',
    });
    await assert.rejects(open, { code: 'QUEUE_UNAVAILABLE', message: /read-only/i });
    disk.mount('-o', 'remount,rw', directory);
    store = await openDiskStore({
      directory: join(directory, 'queue'),
      account,
      capacity: 0,
      whenFull: 'reject',
    });
    assert.deepEqual(await drain(), acknowledged);
  });
});
