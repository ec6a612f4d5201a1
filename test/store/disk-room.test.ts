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

/** A full disk is not asked again at every call. */
async function whenThereIsRoom<T>(work: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if ((error as { code?: unknown }).code !== 'QUEUE_UNAVAILABLE') throw error;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
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

  it('refuses what does not fit on a full disk, keeps what it has, and goes on when there is room', async () => {
    const acknowledged: string[] = [];
    const fill = async (): Promise<void> => {
      for (let batch = 0; batch < 1000; batch++) {
        acknowledged.push(...(await store.queue.enqueue(items(`b${batch}-`, 50))));
      }
    };
    await assert.rejects(fill(), { code: 'QUEUE_UNAVAILABLE', retriable: true, message: /full|no space/i });
    assert.ok(acknowledged.length > 0);
    assert.ok(mount('-o', 'remount,size=16m', directory));
    acknowledged.push(...(await whenThereIsRoom(() => store.queue.enqueue(items('later', 10)))));
    assert.deepEqual(await drain(), acknowledged);
  });

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
