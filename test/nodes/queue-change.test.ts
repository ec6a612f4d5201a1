import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { followQueue } from '../../nodes/queue-change';
import {
  SmppClient,
  normalise,
  openDiskStore,
  openMemoryStore,
  type MemoryStore,
  type Store,
} from '../../src/index';
import { hasCode, items, retry, takeAll } from '../../src/store/conformance/harness';
import { behind } from '../store/setup';

const limits = { capacity: 0, whenFull: 'reject' } as const;

describe('a connection whose queue is changed', () => {
  let queueDirectory: string;
  let warnings: string[];
  let client: SmppClient;

  beforeEach(() => {
    queueDirectory = mkdtempSync(join(tmpdir(), 'smpp-change-'));
    warnings = [];
  });
  afterEach(async () => {
    await client.stop();
    rmSync(queueDirectory, { recursive: true, force: true });
  });

  const directory = (): string => join(queueDirectory, 'carrier');
  const openDisk = (): Promise<Store> =>
    openDiskStore({ directory: directory(), account: { host: '127.0.0.1', systemId: 'me' }, ...limits });

  async function follow(queue: string, left?: MemoryStore, queueCapacity = 100): Promise<void> {
    const options = { queue, queueDirectory, queueCapacity, systemId: 'me', clientId: 'carrier' };
    client = new SmppClient({ ...options, logLevel: 'silent' });
    const settings = normalise({ ...options, host: '127.0.0.1' });
    const warn = (text: string): number => warnings.push(text);
    await followQueue({ client, settings, queue, left, warn });
  }
  const queued = async (): Promise<number> => (await client.status()).queued;

  it('away from the disk takes with it what is queued, and says how much waits there for its time', async () => {
    const disk = await openDisk();
    await disk.queue.enqueue(items('m', 5));
    const [first] = await takeAll(disk, 1);
    assert.ok(first);
    await disk.queue.settle([retry(first, Date.now() + 60_000)]);
    await disk.close();
    await follow('memory');
    assert.equal(await queued(), 4);
    assert.deepEqual(warnings, [
      `the queue is now memory: 4 messages moved there from ${directory()}`,
      `the queue is now memory: 1 messages stay behind in ${directory()} until their time has come`,
    ]);
    const again = await openDisk();
    assert.equal((await again.queue.stats()).delayed, 1);
    await again.close();
  });

  it('says how many stay on the disk because the new queue has no room, and why', async () => {
    const disk = await openDisk();
    await disk.queue.enqueue(items('m', 5));
    await disk.close();
    await follow('memory', undefined, 3);
    assert.equal(await queued(), 0);
    assert.equal(warnings.length, 1);
    assert.match(warnings[0] ?? '', /5 messages stay behind in .*carrier: .*(full|capacity|holds)/i);
    const again = await openDisk();
    assert.equal((await again.queue.stats()).queued, 5);
    await again.close();
  });

  it('tells of what it cannot read there', async () => {
    const disk = await openDisk();
    for (const message of items('m', 3)) await disk.queue.enqueue([message]);
    await disk.close();
    await behind(directory(), 'priority2', async (table) => {
      const [{ key, value }] = [...table.getRange({ offset: 1, limit: 1 })] as [
        { key: Buffer; value: Buffer },
      ];
      await table.put(key, value.fill(1, 10, 12));
    });
    await follow('memory');
    assert.equal(await queued(), 2);
    assert.match(warnings[0] ?? '', /queued message number 2 of priority 2 is damaged/);
  });

  it('to the disk moves what was in memory, and keeps that where the disk refuses it', async () => {
    const memory = openMemoryStore(limits);
    await memory.queue.enqueue(items('m', 5));
    await assert.rejects(follow('disk', memory, 3), hasCode('QUEUE_FULL'));
    assert.match(warnings[0] ?? '', /5 messages stay behind in memory: /);
    assert.equal((await memory.queue.stats()).queued, 5);
    await client.stop();
    await follow('disk', memory);
    assert.equal(await queued(), 5);
    assert.equal(warnings[1], 'the queue is now disk: 5 messages moved there from memory');
  });

  it('is silent where there was nothing', async () => {
    await follow('memory');
    assert.deepEqual(warnings, []);
    assert.ok(!existsSync(directory()));
  });
});
