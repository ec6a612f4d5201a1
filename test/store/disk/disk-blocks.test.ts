import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import {
  openMemoryStore,
  type DiskStore,
  type DiskStoreOptions,
  type Lease,
  type Store,
  type StoreDamage,
} from '../../../src/store';
import { dead, done, ids, item, items, retry, take, takeAll } from '../../../src/store/conformance/harness';
import { allRecordsOf, recordsOf } from '../../../src/store/disk/record/blocks';
import { Records } from '../../../src/store/disk/record/records';
import { DiskStores, behind } from '../setup';

describe('messages that share a record', () => {
  let base: string;
  let damages: StoreDamage[];
  const stores = new DiskStores();

  beforeEach(async () => {
    base = await mkdtemp(join(tmpdir(), 'smpp-blocks-'));
    damages = [];
  });
  afterEach(async () => {
    await stores.close();
    await rm(base, { recursive: true, force: true });
  });

  const directory = (): string => join(base, 'queue');
  const open = (options: Partial<DiskStoreOptions> = {}): Promise<DiskStore> =>
    stores.open({ directory: directory(), onDamage: (damage) => damages.push(damage), ...options });

  /** All that is queued, in order; it stays. */
  async function queued(store: Store): Promise<string[]> {
    const stats = await store.queue.stats();
    if (stats.queued === 0) return [];
    const leases = await takeAll(store, stats.queued);
    await store.queue.release(leases);
    return ids(leases);
  }

  const rows = (name: string): Promise<number> => behind(directory(), name, (table) => table.getCount());

  const settleThose = async (
    store: Store,
    leases: readonly Lease[],
    which: (at: number) => boolean,
  ): Promise<void> => {
    await store.queue.settle(leases.filter((_, at) => which(at)).map(done));
  };

  it('lie together where one call or one moment brings them, by priority', async () => {
    const store = await open();
    await Promise.all([
      store.queue.enqueue(items('a', 10)),
      store.queue.enqueue(items('b', 5, 0)),
      ...items('c', 10).map((message) => store.queue.enqueue([message])),
    ]);
    await store.close();
    assert.deepEqual([await rows('priority0'), await rows('priority2')], [1, 1]);
    const again = await open();
    assert.deepEqual(
      await queued(again),
      [...items('b', 5), ...items('a', 10), ...items('c', 10)].map(({ id }) => id),
    );
  });

  it('fill a page and no more, and a long one has its own', async () => {
    const store = await open();
    const long = item('long', { segments: Array.from({ length: 60 }, () => Buffer.alloc(140)) });
    await store.queue.enqueue([...items('a', 100), long, ...items('b', 100)]);
    await store.close();
    const sizes = await behind(directory(), 'priority2', (table) =>
      [...table.getRange()].map(({ value }) => value.length),
    );
    assert.ok(sizes.length < 10 && sizes.filter((size) => size > 4072).length === 1, String(sizes));
    assert.equal((await queued(await open())).length, 201);
  });

  it('go one by one, and what is gone stays so', async () => {
    let store = await open();
    await store.queue.enqueue(items('m', 12));
    await settleThose(store, await takeAll(store, 12), (at) => at % 2 === 0);
    await store.close();
    store = await open({ capacity: 6 });
    assert.equal((await store.queue.stats()).queued, 6);
    assert.deepEqual(await queued(store), ['m1', 'm3', 'm5', 'm7', 'm9', 'm11']);
    for (const lease of await takeAll(store, 6)) await store.queue.settle([done(lease)]);
    await store.close();
    assert.deepEqual(
      [await rows('priority2'), await rows('tombstones')],
      [0, 0],
      'nothing is left of the block',
    );
    assert.equal((await (await open()).queue.stats()).queued, 0);
  });

  it('go at once in calls that do not wait for each other', async () => {
    const store = await open();
    await store.queue.enqueue(items('m', 18));
    const leases = await takeAll(store, 18);
    await Promise.all(leases.map(async (lease) => store.queue.settle([done(lease)])));
    await store.close();
    assert.deepEqual([await rows('priority2'), await rows('tombstones')], [0, 0]);
  });

  it('do not keep the others when one is put off', async () => {
    let store = await open();
    await store.queue.enqueue(items('m', 10));
    const leases = await takeAll(store, 10);
    await store.queue.settle(
      leases.map((lease, at) => (at === 0 || at === 4 ? retry(lease, Date.now() + 300) : done(lease))),
    );
    await store.close();
    assert.deepEqual([await rows('priority2'), await rows('tombstones')], [2, 0]);
    store = await open();
    assert.deepEqual(await store.queue.stats().then(({ queued: all, delayed }) => [all, delayed]), [2, 2]);
    assert.deepEqual(ids(await takeAll(store, 2)), ['m0', 'm4']);
  });

  it('that were put off do not hide those behind them', async () => {
    const store = await open();
    await store.queue.enqueue(items('m', 60));
    const leases = await takeAll(store, 60);
    await store.queue.settle(leases.map((lease) => retry(lease, Date.now() + 60_000)));
    await store.queue.enqueue(items('x', 3));
    assert.deepEqual(ids(await takeAll(store, 3)), ['x0', 'x1', 'x2']);
  });

  it('fail for good one by one', async () => {
    const store = await open();
    await store.queue.enqueue(items('m', 5));
    const [, second] = await takeAll(store, 5);
    await store.queue.settle([dead(second as Lease)]);
    await store.close();
    const again = await open();
    assert.deepEqual(await queued(again), ['m0', 'm2', 'm3', 'm4']);
    assert.deepEqual(
      (await again.deadLetters.list()).letters.map(({ item: { id } }) => id),
      ['m1'],
    );
  });

  it('are purged around what is leased', async () => {
    const store = await open();
    await store.queue.enqueue(items('m', 10));
    const leases = await takeAll(store, 6);
    await settleThose(store, leases, (at) => at === 0);
    await store.queue.release(leases.slice(4));
    const { removed, items: purged } = await store.queue.purge();
    assert.deepEqual([removed, purged.map(({ id }) => id)], [6, ['m4', 'm5', 'm6', 'm7', 'm8', 'm9']]);
    assert.deepEqual(await store.queue.stats(), { queued: 0, delayed: 0, leased: 3 });
    await settleThose(store, leases, (at) => at === 1 || at === 2);
    await store.queue.release(leases.slice(3, 4));
    assert.deepEqual(await queued(store), ['m3']);
    await store.close();
    assert.deepEqual(await queued(await open()), ['m3']);
  });

  it('are dropped one by one for new ones', async () => {
    const store = await open({ capacity: 5, whenFull: 'drop-oldest' });
    await store.queue.enqueue(items('m', 5));
    await store.queue.enqueue(items('x', 2));
    assert.deepEqual(await queued(store), ['m2', 'm3', 'm4', 'x0', 'x1']);
    await store.close();
    assert.deepEqual(await queued(await open({ capacity: 5 })), ['m2', 'm3', 'm4', 'x0', 'x1']);
  });

  describe('where something is damaged', () => {
    it('do not take the others with them', async () => {
      const store = await open();
      await store.queue.enqueue(items('m', 6));
      await store.close();
      await behind(directory(), 'priority2', async (table) => {
        const [{ key, value }] = [...table.getRange()] as [{ key: Buffer; value: Buffer }];
        const at = value.indexOf('body of m3');
        value[at] = (value[at] as number) ^ 1;
        await table.put(key, value);
      });
      const again = await open();
      assert.deepEqual(ids(await takeAll(again, 5)), ['m0', 'm1', 'm2', 'm4', 'm5']);
      assert.equal(damages.length, 1);
      assert.match(
        damages[0]?.text ?? '',
        /message of priority 2, the 4\. of 6 from number 1 on, is damaged/,
      );
      assert.equal((await again.queue.purge()).removed, 1);
    });

    it('are told of, where their key counts fewer than there are', async () => {
      const store = await open();
      await store.queue.enqueue(items('m', 6));
      await store.close();
      await behind(directory(), 'priority2', async (table) => {
        const [{ key, value }] = [...table.getRange()] as [{ key: Buffer; value: Buffer }];
        await table.remove(key);
        const fewer = Buffer.from(key);
        fewer.writeUInt16BE(4, fewer.length - 2);
        await table.put(fewer, value);
      });
      const again = await open();
      assert.deepEqual(ids(await takeAll(again, 4)), ['m0', 'm1', 'm2', 'm3']);
      assert.equal((await again.queue.stats()).queued, 0);
      assert.match(damages[0]?.text ?? '', /the 5\. of 4 from number 1 on, is damaged/);
      assert.equal(damages.length, 2);
    });

    it('are told of, where their key says nothing, and hold up none of the others', async () => {
      const store = await open();
      for (const name of ['a', 'b', 'c']) {
        await store.queue.enqueue(items(name, 40));
        await store.queue.enqueue(items('urgent', 1, 0));
      }
      await store.close();
      await behind(directory(), 'priority2', async (table) => {
        const { key, value } = [...table.getRange()][1] as { key: Buffer; value: Buffer };
        await table.remove(key);
        await table.put(Buffer.concat([key, Buffer.alloc(4)]), value);
      });
      const again = await open();
      const came = await takeAll(again, 83);
      const { queued } = await again.queue.stats();
      assert.ok(came.length >= 43 && queued === 0, `${came.length} came, ${queued} are left`);
      assert.match(damages[0]?.text ?? '', /message of priority 2, whose number is not known, is damaged/);
      assert.equal(came.length + damages.length, 123);
      await again.queue.settle(came.map(done));
      await again.queue.purge();
      await again.queue.enqueue(items('n', 3));
      assert.deepEqual(ids(await takeAll(again, 3)), ['n0', 'n1', 'n2']);
    });

    it('are told of, where their key lies behind all that there are', async () => {
      const store = await open();
      await store.queue.enqueue(items('a', 5));
      await store.queue.enqueue(items('urgent', 1, 0));
      await store.queue.enqueue(items('b', 5));
      await store.close();
      await behind(directory(), 'priority2', async (table) => {
        const { key, value } = [...table.getRange()].at(-1) as { key: Buffer; value: Buffer };
        await table.remove(key);
        const far = Buffer.from(key);
        far.writeDoubleBE(5000);
        await table.put(far, value);
      });
      const again = await open();
      assert.deepEqual(damages.length, 5);
      await again.queue.enqueue(items('n', 2));
      const came = ids(await takeAll(again, 8));
      assert.deepEqual(came, ['urgent0', 'a0', 'a1', 'a2', 'a3', 'a4', 'n0', 'n1']);
    });

    it('of which a key of the index of those put off says nothing are purged all the same', async () => {
      const store = await open();
      await store.queue.enqueue(items('m', 3));
      const leases = await takeAll(store, 3);
      await store.queue.settle(leases.map((lease) => retry(lease, Date.now() + 3_600_000)));
      await store.close();
      await behind(directory(), 'delayed', async (table) => {
        const [{ key, value }] = [...table.getRange()] as [{ key: Buffer; value: Buffer }];
        await table.remove(key);
        await table.put(Buffer.concat([key, Buffer.alloc(4)]), value);
      });
      const again = await open();
      await again.queue.purge();
      assert.deepEqual(await queued(again), []);
      await again.queue.enqueue(items('n', 1));
      assert.deepEqual(ids(await takeAll(again, 1)), ['n0']);
    });

    it('are found where the name of their table is damaged', async () => {
      const store = await open();
      await store.queue.enqueue(items('m', 6));
      await store.close();
      const file = join(directory(), 'data.mdb');
      const octets = await readFile(file);
      for (let at = octets.indexOf('priority2'); at >= 0; at = octets.indexOf('priority2', at))
        octets.writeUInt8(octets.readUInt8(at + 8) ^ 0x20, at + 8);
      await writeFile(file, octets);
      assert.deepEqual(await queued(await open()), ['m0', 'm1', 'm2', 'm3', 'm4', 'm5']);
      assert.deepEqual(
        damages.map(({ kind }) => kind),
        ['file'],
      );
    });

    it('come once more and marked, where it is lost which of them are gone', async () => {
      const store = await open();
      await store.queue.enqueue(items('m', 4));
      const leases = await takeAll(store, 4);
      await settleThose(store, leases, (at) => at < 2);
      await store.queue.release(leases.slice(2));
      await store.close();
      await behind(directory(), 'tombstones', async (table) => {
        const [{ key, value }] = [...table.getRange()] as [{ key: Buffer; value: Buffer }];
        await table.put(key, value.fill(1));
      });
      const again = await open();
      assert.equal((await again.queue.stats()).queued, 4);
      const came = await takeAll(again, 4);
      assert.deepEqual(
        came.map(({ item: { id }, state }) => [id, state.redelivered]),
        ['m0', 'm1', 'm2', 'm3'].map((id) => [id, true]),
      );
      assert.match(damages[0]?.text ?? '', /What is gone of the messages from number 1 on is damaged/);
      await again.queue.settle(came.map(done));
      await again.close();
      assert.deepEqual([await rows('priority2'), await rows('tombstones')], [0, 0]);
      const after = await open();
      await after.queue.enqueue(items('n', 3));
      assert.equal((await after.queue.stats()).queued, 3);
    });

    it('are counted anew where the count is lost', async () => {
      const store = await open();
      await store.queue.enqueue(items('m', 10));
      const leases = await takeAll(store, 10);
      await settleThose(store, leases, (at) => at < 3);
      await store.close();
      await behind(directory(), 'meta', (table) =>
        table.put(Buffer.from('message-count'), Buffer.from('nonsense')),
      );
      assert.equal((await (await open()).queue.stats()).queued, 7);
      assert.match(damages[0]?.text ?? '', /The count of the queued messages is damaged/);
    });
  });

  it('are the same messages as on a store without blocks, whatever happens', async function () {
    this.timeout(60_000);
    const act = fc.oneof(
      {
        weight: 4,
        arbitrary: fc.record({ act: fc.constant('enqueue'), count: fc.nat(40), priority: fc.nat(4) }),
      },
      {
        weight: 4,
        arbitrary: fc.record({ act: fc.constant('take'), count: fc.nat(30), priority: fc.constant(0) }),
      },
      {
        weight: 6,
        arbitrary: fc.record({
          act: fc.constantFrom('settle', 'retry', 'dead', 'release', 'extend'),
          count: fc.nat(20),
          priority: fc.nat(4),
        }),
      },
      {
        weight: 1,
        arbitrary: fc.record({
          act: fc.constantFrom('reopen', 'purge'),
          count: fc.nat(9),
          priority: fc.nat(4),
        }),
      },
    );
    let run = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(act, { maxLength: 40 }), async (acts) => {
        const own = join(base, `run${run++}`);
        let disk = await open({ directory: own });
        const memory = openMemoryStore({ capacity: 0, whenFull: 'reject' });
        const leases: [Lease, Lease][] = [];
        let number = 0;
        const takeBoth = async (count: number): Promise<void> => {
          if ((await memory.queue.stats()).queued === 0) return;
          const [ofMemory, ofDisk] = [await take(memory, count), await take(disk, count)];
          // A store may lease fewer at once.
          while (ofDisk.length < ofMemory.length)
            ofDisk.push(...(await take(disk, ofMemory.length - ofDisk.length)));
          assert.deepEqual(ids(ofDisk), ids(ofMemory));
          ofMemory.forEach((lease, at) => leases.push([lease, ofDisk[at] as Lease]));
        };
        /** Some of what is leased, not in order. */
        const some = (count: number, step: number): [Lease, Lease][] =>
          Array.from(
            { length: Math.min(count, leases.length) },
            (_, at) => leases.splice((at * (step + 1)) % leases.length, 1)[0] as [Lease, Lease],
          );
        const both = async (work: (store: Store, side: 0 | 1) => Promise<unknown>): Promise<void> => {
          await work(memory, 0);
          await work(disk, 1);
        };
        for (const { act: what, count, priority } of acts) {
          if (what === 'enqueue') {
            const added = Array.from({ length: count }, () =>
              item(`m${number++}`, { priority: priority as 0 }),
            );
            await both(async (store) => store.queue.enqueue(added));
          } else if (what === 'take') await takeBoth(count + 1);
          else if (what === 'purge') await both((store) => store.queue.purge());
          else if (what === 'reopen') {
            const all = leases.splice(0);
            await both(async (store, side) => store.queue.release(all.map((pair) => pair[side])));
            await disk.close();
            disk = await open({ directory: own });
          } else {
            const chosen = some(count, priority);
            if (what === 'extend') leases.push(...chosen);
            await both(async (store, side) => {
              const leases = chosen.map((pair) => pair[side]);
              for (const { state } of leases) state.attempts++;
              if (what === 'release') return store.queue.release(leases);
              if (what === 'extend') return store.queue.extend(leases);
              return store.queue.settle(
                leases.map((lease) =>
                  what === 'settle' ? done(lease) : what === 'dead' ? dead(lease) : retry(lease, 0),
                ),
              );
            });
          }
          const [ofMemory, ofDisk] = [await memory.queue.stats(), await disk.queue.stats()];
          assert.deepEqual(
            [ofDisk.queued, ofDisk.leased, ofDisk.oldestAt],
            [ofMemory.queued, ofMemory.leased, ofMemory.oldestAt],
          );
        }
        const all = leases.splice(0);
        await both(async (store, side) => store.queue.release(all.map((pair) => pair[side])));
        await disk.close();
        disk = await open({ directory: own });
        assert.deepEqual(await queued(disk), await queued(memory));
        await disk.queue.settle((await takeAllOf(disk)).map(done));
        await disk.close();
        await memory.close();
        assert.deepEqual(damages, []);
        await rm(own, { recursive: true });
      }),
      { numRuns: 30 },
    );
  });

  async function takeAllOf(store: Store): Promise<Lease[]> {
    return takeAll(store, (await store.queue.stats()).queued);
  }
});

describe('the records of a block', () => {
  it('are found by their sizes, and a wrong size leaves out what is behind it', () => {
    const records = new Records();
    const packed = items('m', 5).map((message, seq) => records.packed(seq, message));
    const [first, last] = [packed[0], packed[4]];
    assert.ok(first && last && first.slab === last.slab);
    const block = Buffer.from(first.slab.octets.subarray(first.start, last.end));
    const whole = recordsOf(block, 5);
    assert.deepEqual(allRecordsOf(block), whole);
    assert.equal(Buffer.concat(whole as Buffer[]).length, block.length - 10);
    block.writeUInt16BE(60_000, 2 + (whole[0]?.length ?? 0));
    assert.deepEqual(
      recordsOf(block, 5).map((record) => record !== undefined),
      [true, false, false, false, false],
    );
    assert.equal(allRecordsOf(block), undefined);
  });

  it('are never more than the key says, and never beyond the end', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), fc.integer({ min: 2, max: 30 }), (octets, count) => {
        const found = recordsOf(Buffer.from(octets), count);
        assert.equal(found.length, count);
        assert.ok(found.reduce((sum, record) => sum + (record?.length ?? 0), 0) <= octets.length);
      }),
    );
  });
});
