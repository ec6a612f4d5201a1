import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openDiskStore, type DiskStore } from '../../../src/store';
import { SmppClient, type Message } from '../../../src/index';
import { Smsc } from '../../../src/simulator';
import { needs } from '../../support/skip';
import type { Found } from '../../support/tools';
import { pass } from '../../support/until';
import { done, entry, hasCode, ids, item, takeAll } from '../../../src/store/conformance/harness';

const unavailable = hasCode('QUEUE_UNAVAILABLE');

describe('the disk store on a disk that is full or read-only', () => {
  let tool: Found<'mount'> | undefined;
  let disk: string;
  let rest: string;
  let stores: DiskStore[];
  const rejections: unknown[] = [];
  const noteRejection = (reason: unknown): number => rejections.push(reason);

  before(async function () {
    const { mount } = (tool = needs(this, 'mount'));
    disk = await mkdtemp(join(tmpdir(), 'smpp-full-'));
    rest = join(disk, 'rest');
    process.on('unhandledRejection', noteRejection);
    mount('-t', 'tmpfs', '-o', 'size=16m', 'tmpfs', disk);
  });
  after(async () => {
    process.off('unhandledRejection', noteRejection);
    if (!tool) return;
    tool.unmount(disk);
    await rm(disk, { recursive: true, force: true });
  });
  beforeEach(() => (stores = []));
  afterEach(async () => {
    for (const store of stores) await store.close();
    await rm(join(disk, 'queue'), { recursive: true, force: true });
    assert.deepEqual(rejections, []);
  });

  async function open(): Promise<DiskStore> {
    const store = await openDiskStore({
      directory: join(disk, 'queue'),
      account: { host: 'smsc.example', systemId: 'user' },
      capacity: 0,
      whenFull: 'reject',
      onDamage: ({ text }) => assert.fail(text),
    });
    stores.push(store);
    return store;
  }

  /** Enqueues until it is refused; the ids that were acknowledged. */
  async function fill(store: DiskStore): Promise<string[]> {
    const acknowledged: string[] = [];
    for (let at = 0; at < 10_000; at++) {
      try {
        acknowledged.push(
          ...(await store.queue.enqueue([item(`m${at}`, { segments: [Buffer.alloc(3000)] })])),
        );
      } catch (error) {
        assert.ok(unavailable(error), String(error));
        assert.match((error as Error).message, /Make room on its disk/);
        return acknowledged;
      }
    }
    return assert.fail('it never filled');
  }

  it('refuses what is new, drains, and takes new messages again', async () => {
    const store = await open();
    const acknowledged = await fill(store);
    assert.ok(acknowledged.length > 300, `${acknowledged.length}`);
    await assert.rejects(async () => store.queue.enqueue([item('too much')]), unavailable);
    const leases = await takeAll(store, acknowledged.length - 10);
    for (let at = 0; at < leases.length; at += 20) {
      const some = leases.slice(at, at + 20);
      await store.settle(
        some.map((lease) => entry(lease.item.id)),
        some.map(done),
      );
    }
    assert.equal((await store.correlator.get('m0')).length, 1);
    await new Promise((resolve) => setTimeout(resolve, 1100));
    await store.queue.enqueue([item('again')]);
    assert.deepEqual(ids(await takeAll(store, 11)), [...acknowledged.slice(-10), 'again']);
  }).timeout(20_000);

  it('has all that was acknowledged when it is opened again, even while the disk is full', async () => {
    const store = await open();
    const acknowledged = await fill(store);
    await store.close();
    await writeFile(rest, Buffer.alloc(16_000_000)).catch(() => undefined);
    const again = await open();
    assert.deepEqual(ids(await takeAll(again, acknowledged.length)), acknowledged);
    await rm(rest);
  }).timeout(20_000);

  /** Queues short messages until the disk has no room; then a client sends them. */
  async function sendAll(segments: number, whenFull: () => Promise<unknown>): Promise<void> {
    const smsc = new Smsc({});
    const { host, port } = await smsc.start();
    const options = { queue: 'disk', queueDirectory: join(disk, 'queue'), queueCapacity: 0, windowSize: 50 };
    const client = new SmppClient({ ...options, host, port, logLevel: 'silent' });
    try {
      const message = { short_message: Buffer.alloc(100 * segments, 1), destination_addr: '447700900123' };
      client.pause();
      await client.start();
      let queued = 0;
      await assert.rejects(async () => {
        for (; queued < 100_000; queued += 100) await client.enqueue(Array<Message>(100).fill(message));
      }, unavailable);
      assert.ok(queued * segments > 1000, `${queued}`);
      client.resume();
      await whenFull();
      const end = Date.now() + 20_000;
      for (let left = queued; left > 0; left = (await client.status()).queued) {
        assert.ok(Date.now() < end, `${left} of ${queued} are left`);
        await pass();
      }
      await pass(1100);
      assert.equal((await client.send(message)).event, 'accepted');
    } finally {
      await client.stop();
      await smsc.stop();
      await rm(rest, { force: true });
    }
  }

  it('lets a client send all that is queued, and take new messages then', async () => {
    await writeFile(rest, Buffer.alloc(10 * 1024 * 1024));
    await sendAll(1, async () => undefined);
  }).timeout(30_000);

  // The receipts to come take more room than their message did.
  it('goes on by itself with what stood still when there is room again', async () => {
    await writeFile(rest, Buffer.alloc(10 * 1024 * 1024));
    await sendAll(10, async () => {
      await pass(500);
      await rm(rest);
    });
  }).timeout(30_000);

  it('says what is wrong when there is no room for a new store', async () => {
    await writeFile(rest, Buffer.alloc(16_777_216)).catch(() => undefined);
    await assert.rejects(open(), unavailable);
    await rm(rest);
    await open();
  });

  it('says what is wrong with a read-only disk', async () => {
    await (await open()).close();
    tool!.mount('-o', 'remount,ro', disk);
    try {
      await assert.rejects(open(), unavailable);
    } finally {
      tool!.mount('-o', 'remount,rw', disk);
    }
    await open();
  });
});
