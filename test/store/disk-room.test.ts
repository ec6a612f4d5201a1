import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openDiskStore, type DiskStore } from '../../src/store';
import { items } from '../../src/store/conformance/harness';
import { needs } from '../support/skip';

const account = { host: 'localhost', systemId: 'room' };

function mount(...words: string[]): boolean {
  try {
    execFileSync('mount', words, { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

describe('the disk store, on a file system of its own,', function () {
  this.timeout(30_000);
  let directory: string;
  let mounted: boolean;
  let store: DiskStore;

  beforeEach(async function () {
    directory = mkdtempSync(join(tmpdir(), 'smpp-room-'));
    mounted = mount('-t', 'tmpfs', '-o', 'size=2m', 'tmpfs', directory);
    needs(this, mounted || undefined, 'the right to mount a small file system');
    store = await openDiskStore({
      directory: join(directory, 'queue'),
      account,
      capacity: 0,
      whenFull: 'reject',
    });
  });

  afterEach(async () => {
    mount('-o', 'remount,rw,size=16m', directory);
    await store.close();
    if (mounted) execFileSync('umount', [directory]);
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
    assert.ok(mount('-o', 'remount,ro', directory));
    const open = openDiskStore({
      directory: join(directory, 'queue'),
      account,
      capacity: 0,
      whenFull: 'reject',
    });
    await assert.rejects(open, { code: 'QUEUE_UNAVAILABLE', message: /read-only/i });
    assert.ok(mount('-o', 'remount,rw', directory));
    store = await openDiskStore({
      directory: join(directory, 'queue'),
      account,
      capacity: 0,
      whenFull: 'reject',
    });
    assert.deepEqual(await drain(), acknowledged);
  });
});
