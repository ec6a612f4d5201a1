import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  clientDirectory,
  listOrphans,
  nameFor,
  type DiskStore,
  type DiskStoreOptions,
  type Lease,
  type StoreDamage,
} from '../../../src/store';
import {
  done,
  entry,
  hasCode,
  ids,
  item,
  items,
  retry,
  takeAll,
} from '../../../src/store/conformance/harness';
import { viewOf } from '../../../src/store/record/bytes';
import { xxh32 } from '../../../src/store/disk/record/xxh32';
import { loadLmdb } from '../../../src/store/disk/lmdb/lmdb';
import { decodeJson, RECORD_FORMAT, Records } from '../../../src/store/disk/record/records';
import { FakeClock, settle } from '../../support/clock';
import { DiskStores, behind, lmdbWith } from '../setup';

const { signal } = new AbortController();

describe('the disk store', () => {
  let base: string;
  let directory: string;
  let damages: StoreDamage[];
  const stores = new DiskStores();

  beforeEach(async () => {
    base = await mkdtemp(join(tmpdir(), 'smpp-disk-'));
    directory = join(base, 'queue');
    damages = [];
  });
  afterEach(async () => {
    await stores.close();
    await rm(base, { recursive: true, force: true });
  });

  const open = (options: Partial<DiskStoreOptions> = {}): Promise<DiskStore> =>
    stores.open({ directory, onDamage: (damage) => damages.push(damage), ...options });

  /** Everything there is, without settling it. */
  async function all(store: DiskStore): Promise<Lease[]> {
    const { queued } = await store.queue.stats();
    return queued === 0 ? [] : takeAll(store, queued);
  }

  describe('its directory', () => {
    it('must be absolute', async () => {
      for (const wrong of ['', 'relative/path', './x', undefined as unknown as string, 'C:x', '/a\0b']) {
        await assert.rejects(open({ directory: wrong }), (error: Error) => {
          assert.ok(hasCode('INVALID_OPTION')(error), wrong);
          return /queueDirectory.*absolute/.test(error.message);
        });
      }
    });

    it('is made, readable for its user only', async () => {
      await open({ directory: join(base, 'a', 'b', 'c') });
      assert.ok((await readdir(join(base, 'a', 'b', 'c'))).includes('data.mdb'));
    });

    it('is named by the client, where that is safe', () => {
      for (const safe of ['a1b2c3.d4e5', 'Carrier_A-2', 'x', '0']) {
        assert.equal(clientDirectory(base, safe), join(base, safe));
      }
      for (const unsafe of [
        '',
        '.',
        '..',
        '../x',
        'a/b',
        'a\\b',
        '.hidden',
        'ü',
        'a b',
        'con',
        'NUL.txt',
        'a.',
        'x'.repeat(65),
        'a\0',
      ]) {
        assert.throws(() => clientDirectory(base, unsafe), { code: 'INVALID_OPTION' }, unsafe);
      }
    });

    it('is named by an id of any length and characters, always alike, and no two ids share one', () => {
      const deep = Array.from({ length: 5 }, (_, at) => `${at}123456789abcdef`).join('-');
      for (const safe of ['a1b2c3.d4e5', 'x'.repeat(64)]) assert.equal(nameFor(safe), safe);
      const odd = ['', deep, `${deep}0`, 'a b', 'a/b', 'con', 'a.', '../x', 'ü', 'x'.repeat(300)];
      const names = odd.map(nameFor);
      for (const name of names) assert.equal(clientDirectory(base, name), join(base, name));
      assert.equal(new Set(names).size, odd.length);
      assert.deepEqual(odd.map(nameFor), names);
      assert.equal(nameFor(deep), 'id-0123456789abcdef1123-' + nameFor(deep).slice(-32));
    });

    it('is an orphan when no client has it', async () => {
      await (await open({ directory: join(base, 'known') })).close();
      await (await open({ directory: join(base, 'gone') })).close();
      await mkdir(join(base, 'something-else'));
      const orphans = await listOrphans(base, ['known']);
      assert.deepEqual(
        orphans.map(({ clientId, directory: at }) => [clientId, at]),
        [['gone', join(base, 'gone')]],
      );
      assert.ok((orphans[0]?.octets ?? 0) > 0);
      assert.deepEqual(await listOrphans(join(base, 'nowhere'), []), []);
    });

    it('is opened once in a process; the second is told who has it', async () => {
      await open({ holder: 'carrier A' });
      await assert.rejects(open({ holder: 'carrier B' }), (error: Error) => {
        assert.ok(hasCode('STORE_IN_USE')(error));
        return error.message.includes('"carrier A" of this process');
      });
    });

    it('is waited for while it is being closed', async () => {
      const first = await open();
      await first.queue.enqueue([item('m')]);
      const closing = first.close();
      const second = await open();
      await closing;
      assert.deepEqual(ids(await all(second)), ['m']);
    });

    it('can be opened again after lmdb had it open and failed', async () => {
      let closed = false;
      const failing = lmdbWith((root) => {
        root.openDB = () => {
          throw new Error('Input/output error');
        };
        const close = root.close.bind(root);
        root.close = async () => close().then(() => void (closed = true));
      });
      await assert.rejects(open({ loadLmdb: failing }), (error: Error) => {
        assert.ok(hasCode('QUEUE_UNAVAILABLE')(error));
        return error.message.includes('Input/output error');
      });
      assert.ok(closed, 'lmdb would give the same one again');
      await open();
    });

    it('is free again although closing it failed', async () => {
      const failing = lmdbWith((root) => {
        const close = root.close.bind(root);
        root.close = async () => {
          await close();
          throw new Error('Input/output error');
        };
      });
      const store = await open({ loadLmdb: failing });
      await store.queue.enqueue([item('m')]);
      await assert.rejects(store.close(), /Input\/output error/);
      stores.forget(store);
      assert.deepEqual(ids(await all(await open())), ['m']);
    });

    it('can be opened again after an opening that failed', async () => {
      await assert.rejects(open({ loadLmdb: () => Promise.reject(new Error('no')) }));
      const store = await open();
      await store.queue.enqueue([item('m')]);
      await store.close();
      await assert.rejects(open({ account: { host: 'x', systemId: 'y' } }), hasCode('STORE_ACCOUNT'));
      await open();
    });
  });

  it('offers the memory queue where lmdb cannot be loaded', async () => {
    const blocked = loadLmdb(() => Promise.reject(new Error("Cannot find package 'lmdb'\nat somewhere")));
    await assert.rejects(blocked, (error: Error) => {
      assert.ok(hasCode('QUEUE_UNAVAILABLE')(error));
      return /lmdb.*Cannot find package 'lmdb'\).*"memory"/.test(error.message);
    });
  });

  it('refuses a capacity below what is queued, and removes nothing', async () => {
    const store = await open();
    await store.queue.enqueue(items('m', 5));
    await store.close();
    await assert.rejects(open({ capacity: 4 }), (error: Error) => {
      assert.ok(hasCode('INVALID_OPTION')(error));
      return /queueCapacity is 4.*holds 5/.test(error.message);
    });
    assert.equal((await all(await open({ capacity: 5 }))).length, 5);
  });

  it('keeps messages in the order in which their enqueue was called, however many call at once', async () => {
    const store = await open();
    const calls = Array.from({ length: 500 }, (_, at) =>
      Promise.resolve(store.queue.enqueue([item(`m${at}`)])),
    );
    await Promise.all(calls);
    assert.deepEqual(
      ids(await all(store)),
      Array.from({ length: 500 }, (_, at) => `m${at}`),
    );
  });

  it('does not see what the caller does to a message after enqueue', async () => {
    const store = await open();
    const segment = Buffer.from('before');
    const queued = store.queue.enqueue([item('m', { segments: [segment] })]);
    segment.fill('x');
    await queued;
    assert.equal((await all(store))[0]?.item.segments[0]?.toString(), 'before');
  });

  it('marks what was leased when it was closed, and only that, besides a few behind', async () => {
    const store = await open();
    await store.queue.enqueue(items('m', 3000));
    await takeAll(store, 10);
    await store.close();
    const again = await open();
    const leases = await all(again);
    assert.ok(leases.slice(0, 10).every(({ state }) => state.redelivered));
    assert.ok(leases.slice(1100).every(({ state }) => !state.redelivered));
    await again.queue.release(leases);
    await again.close();
    const clean = await open();
    await clean.queue.enqueue([item('new')]);
    assert.equal((await all(clean)).at(-1)?.state.redelivered, false);
  });

  it('marks nothing after it was closed with nothing leased', async () => {
    const store = await open();
    await store.queue.enqueue(items('m', 10));
    await store.queue.release(await takeAll(store, 5));
    await store.close();
    assert.ok((await all(await open())).every(({ state }) => !state.redelivered));
  });

  it('has one timer for all delayed messages, and none while nobody waits', async () => {
    const clock = new FakeClock();
    const store = await open({ clock });
    await store.queue.enqueue(items('m', 20));
    const leases = await store.queue.take(20, { signal });
    await store.queue.settle(leases.map((lease, at) => retry(lease, clock.now() + 1000 * (20 - at))));
    assert.equal(clock.pendingTimers, 0);
    const seen: string[] = [];
    while (seen.length < 20) {
      const taken = store.queue.take(1, { signal });
      await settle();
      assert.equal(clock.pendingTimers, 1);
      await clock.advance(1000);
      seen.push(...ids(await taken));
    }
    assert.deepEqual(seen, ids(leases).reverse());
  });

  it('does not lease a message twice that is put off into the past', async () => {
    const store = await open();
    await store.queue.enqueue(items('m', 40));
    const seen: string[] = [];
    for (let round = 0; round < 5; round++) {
      const leases = await takeAll(store, 40);
      seen.push(...ids(leases));
      await Promise.all(leases.map(async (lease, at) => store.queue.settle([retry(lease, Date.now() - at)])));
    }
    assert.equal(seen.length, 200);
    assert.deepEqual(await store.queue.stats().then(({ queued, leased }) => [queued, leased]), [40, 0]);
  });

  it('drops messages that are put off last', async () => {
    const dropped: string[] = [];
    const store = await open({
      capacity: 3,
      whenFull: 'drop-oldest',
      onDropped: (gone) => dropped.push(...gone.map(({ id }) => id)),
    });
    await store.queue.enqueue(items('m', 3));
    const [first] = (await takeAll(store, 1)) as [Lease];
    await store.queue.settle([retry(first, Date.now() + 60_000)]);
    await store.queue.enqueue(items('x', 3));
    assert.deepEqual(dropped, ['m1', 'm2', 'm0']);
    assert.deepEqual(ids(await all(store)), ['x0', 'x1', 'x2']);
    assert.equal((await store.queue.stats()).delayed, 0);
  });

  it('purges a large queue, and what was being written meanwhile stays', async function () {
    this.timeout(20_000);
    const store = await open();
    for (let at = 0; at < 12; at++) await store.queue.enqueue(items(`b${at}-`, 1000));
    const leases = await takeAll(store, 5);
    const [purged] = await Promise.all([store.queue.purge(), store.queue.enqueue([item('late')])]);
    assert.equal(purged.removed, 11_995);
    assert.equal(purged.items.length, 10_000);
    await store.queue.release(leases);
    assert.deepEqual(ids(await all(store)), [...ids(leases), 'late']);
    await store.close();
    assert.equal((await all(await open())).length, 6);
  });

  it('uses the space of what is gone again', async function () {
    this.timeout(20_000);
    const store = await open();
    const size = async (): Promise<number> => (await readFile(join(directory, 'data.mdb'))).length;
    const round = async (): Promise<void> => {
      await store.queue.enqueue(items('m', 2000));
      const leases = await takeAll(store, 2000);
      await store.settle(
        leases.map((lease) => entry(lease.item.id)),
        leases.map(done),
      );
    };
    for (let at = 0; at < 20; at++) await round();
    const before = await size();
    for (let at = 0; at < 20; at++) await round();
    assert.ok((await size()) <= before, `${before} → ${await size()}`);
  });

  it('forgets with the batches of correlations those that have had their final receipt', async () => {
    const store = await open();
    for (let at = 0; at < 20; at++) {
      const entries = Array.from({ length: 100 }, (_, n) => entry(`${at}.${n}`));
      await store.correlator.put(entries);
      // One that never has its receipt lies before all of them.
      await store.correlator.put(
        entries.slice(1).map((one) => ({ ...one, finalState: 'DELIVRD', expiresAt: 1 })),
      );
    }
    await store.correlator.expire();
    await store.close();
    const left = await behind(directory, 'correlation-age', (table) =>
      [...table.getRange()].reduce((sum, { value }) => sum + value.length, 0),
    );
    assert.ok(left < 20 * 100, `${left} octets for 20 that are waited for`);
    const again = await open();
    for (let at = 0; at < 20; at++) assert.equal((await again.correlator.get(`${at}.0`)).length, 1);
  });

  describe('when something in it is damaged', () => {
    /** Changes records behind the store's back. */
    const tamper = (table: string, change: (octets: Buffer) => void, only = 0): Promise<void> =>
      behind(directory, table, async (database) => {
        const [victim] = [...database.getRange({ offset: only, limit: 1 })];
        assert.ok(victim);
        change(victim.value);
        await database.put(victim.key, victim.value);
      });
    const flip = (octets: Buffer): void =>
      void octets.writeUInt8((octets.at(-1) as number) ^ 1, octets.length - 1);

    it('passes over the message, tells of it once, and goes on', async () => {
      const store = await open();
      for (const message of items('m', 5)) await store.queue.enqueue([message]);
      await store.close();
      await tamper('priority2', flip, 2);
      const again = await open();
      assert.deepEqual(ids(await takeAll(again, 4)), ['m0', 'm1', 'm3', 'm4']);
      assert.deepEqual(
        damages.map(({ kind }) => kind),
        ['record'],
      );
      assert.deepEqual(await again.queue.stats(), { queued: 0, delayed: 0, leased: 4 });
    });

    it('leaves a message of a newer version where it is, and says what to do', async () => {
      const store = await open();
      for (const message of items('m', 3)) await store.queue.enqueue([message]);
      await store.close();
      await tamper('priority2', (octets) => {
        octets[4] = RECORD_FORMAT + 1;
        octets.writeUInt32BE(xxh32(viewOf(octets), 4, octets.length));
      });
      const again = await open();
      assert.deepEqual(ids(await takeAll(again, 2)), ['m1', 'm2']);
      assert.match(damages[0]?.text ?? '', /newer version.*install that version/);
      await again.close();
      damages = [];
      await takeAll(await open(), 2);
      assert.equal(damages[0]?.kind, 'newer', 'it is still there');
    });

    it('refuses a store of a newer format, and changes nothing', async () => {
      await (await open()).close();
      await behind(directory, 'meta', async (meta) => {
        const key = Buffer.from('identity');
        const identity = decodeJson<object>(meta.get(key) as Buffer);
        assert.ok('value' in identity);
        await meta.put(key, new Records().json({ ...identity.value, format: RECORD_FORMAT + 1 }));
      });
      const before = await readFile(join(directory, 'data.mdb'));
      await assert.rejects(open(), (error: Error) => {
        assert.ok(hasCode('STORE_FORMAT')(error));
        return /newer version.*nothing was changed/.test(error.message);
      });
      assert.deepEqual(await readFile(join(directory, 'data.mdb')), before);
    });

    it('loses a correlation, a fact or a dead letter, and no more', async () => {
      const store = await open();
      await store.correlator.put([entry('1'), entry('2')]);
      await store.state.set('a', Buffer.from('1'));
      await store.state.set('b', Buffer.from('2'));
      await store.close();
      await tamper('correlation', flip);
      await tamper('state', flip);
      const again = await open();
      assert.deepEqual(await again.correlator.get('1'), []);
      assert.equal((await again.correlator.get('2')).length, 1);
      assert.deepEqual(await again.state.list(''), [['b', Buffer.from('2')]]);
      assert.equal(damages.length, 2);
    });

    it('takes over what can be read of a damaged file, and keeps that file', async () => {
      const store = await open();
      await store.queue.enqueue(items('m', 500));
      const leases = await takeAll(store, 20);
      await store.queue.settle(leases.map((lease) => retry(lease, Date.now())));
      await store.close();
      const file = join(directory, 'data.mdb');
      const octets = await readFile(file);
      // The bounds of a page in the middle that holds messages.
      const page = [...Array(octets.length / 4096).keys()].filter(
        (at) =>
          octets.readUInt16LE(4096 * at + 18) === 4 &&
          octets.includes('body of m250', 4096 * at) &&
          octets.indexOf('body of m250', 4096 * at) < 4096 * (at + 1),
      );
      for (const at of page) octets.writeUInt16LE(0xfff0, 4096 * at + 20);
      await writeFile(file, octets);
      const again = await open();
      const rest = ids(await all(again));
      assert.ok(rest.length > 400 && rest.length < 500, `${rest.length} are left`);
      assert.deepEqual(
        rest,
        [...rest].sort((a, b) => Number(a.slice(1)) - Number(b.slice(1))),
      );
      assert.deepEqual(
        damages.map(({ kind }) => kind),
        ['file'],
      );
      assert.match(
        damages[0]?.text ?? '',
        /could be read and were taken over; the damaged file is kept as .*damaged-\d+\.mdb/,
      );
      const kept = (await readdir(directory)).find((name) => name.startsWith('damaged-'));
      assert.deepEqual(await readFile(join(directory, kept as string)), octets);
      await again.close();
      damages = [];
      await open();
      assert.deepEqual(damages, []);
    });

    it('starts anew beside a file of which nothing can be read', async () => {
      await mkdir(directory);
      await writeFile(join(directory, 'data.mdb'), Buffer.alloc(20_000, 'not a database '));
      const store = await open();
      await store.queue.enqueue([item('m')]);
      assert.equal(damages.length, 1);
      assert.ok((await readdir(directory)).some((name) => name.startsWith('damaged-')));
    });
  });
});
