import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  IN_MEMORY,
  claimStore,
  openMemoryStore,
  type Claimable,
  type SettleForeign,
  type Store,
  type StoreAccount,
} from '../../src/store';
import { dead, entry, items, takeAll } from '../../src/store/conformance/harness';
import { DiskStores } from './setup';

const USER: StoreAccount = { host: 'smsc.example', systemId: 'user' };
const OTHER: StoreAccount = { host: 'smsc.example', systemId: 'other' };
type Opened = Store & Claimable;
type Reopen = (account: StoreAccount, settleForeign?: SettleForeign) => Promise<Opened>;

describe('whose a store is', () => {
  const stores = new DiskStores();
  let base: string;
  beforeEach(async () => void (base = await mkdtemp(join(tmpdir(), 'smpp-account-'))));
  afterEach(async () => {
    await stores.close();
    await rm(base, { recursive: true, force: true });
  });

  /** Opens the one store of the test, after closing it. */
  const onDisk = (): Reopen => {
    let last: Opened | undefined;
    return async (account, settleForeign) => {
      await last?.close();
      last = undefined;
      return (last = await stores.open({ directory: join(base, 'carrier'), account, settleForeign }));
    };
  };
  const inMemory = (): Reopen => {
    const store = openMemoryStore({ capacity: 0, whenFull: 'reject' });
    return async (account, settle) => {
      await claimStore(store, account, IN_MEMORY, settle);
      return store;
    };
  };

  for (const [kind, reopener] of [
    ['on disk', onDisk],
    ['in memory', inMemory],
  ] as const) {
    describe(kind, () => {
      let reopen: Reopen;
      beforeEach(() => (reopen = reopener()));

      const refused = async (account: StoreAccount, what: RegExp): Promise<void> =>
        assert.rejects(reopen(account), (error: Error & { code?: string }) => {
          assert.equal(error.code, 'STORE_ACCOUNT');
          assert.match(error.message, what);
          return true;
        });

      it('is nobody’s while it holds nothing', async () => {
        await reopen(USER);
        await reopen(OTHER);
        await reopen({ host: 'other.example', systemId: 'user' });
        await reopen({ host: 'smsc.example', systemId: 'USER' });
      });

      it('is nobody’s when all that it held is sent, and its receipts are over', async () => {
        const store = await reopen(USER);
        await store.queue.enqueue(items('m', 2));
        await store.correlator.put([entry('1', { expiresAt: Date.now() - 1 })]);
        await store.state.set('reassembly:x', Buffer.from('part'));
        await store.state.increment('reference', 256, 5);
        const leases = await takeAll(store, 2);
        await store.queue.settle(leases.map((lease) => ({ outcome: 'done', lease })));
        await reopen(OTHER);
      });

      it('is nobody’s for messages whose receipt was told or not asked for, and forgets them', async () => {
        const store = await reopen(USER);
        await store.correlator.put([
          entry('1', { receiptRequested: false }),
          entry('2', { finalState: 'DELIVRD' }),
        ]);
        assert.equal((await (await reopen(USER)).correlator.get('1')).length, 1);
        const other = await reopen(OTHER);
        for (const id of ['1', '2']) assert.deepEqual(await other.correlator.get(id), [], id);
        await other.correlator.put([entry('1')]);
        assert.equal((await other.correlator.get('1')).length, 1);
      });

      it('keeps from another account its messages, dead letters and awaited receipts, and says how many', async () => {
        const store = await reopen(USER);
        await store.queue.enqueue(items('m', 3));
        const [lease] = await takeAll(store, 1);
        assert.ok(lease);
        await store.queue.settle([dead(lease)]);
        await store.correlator.put([entry('1')]);
        await refused(OTHER, /account user at smsc.example, not to other at smsc.example/);
        await refused(OTHER, /holds 2 messages, 1 dead letter, 1 awaited receipt:/);
        const again = await reopen(USER);
        assert.equal((await again.queue.stats()).queued, 2);
      });

      it('is its account’s for what it awaits alone', async () => {
        await (await reopen(USER)).correlator.put([entry('1'), entry('2')]);
        await refused(OTHER, /holds 2 awaited receipts:/);
        const store = await reopen(OTHER, async (foreign) => {
          await foreign.forgetAwaited();
          return false;
        });
        assert.deepEqual(await store.correlator.get('1'), []);
        await store.correlator.put([entry('3')]);
        assert.equal((await store.correlator.get('3')).length, 1);
      });

      it('goes with all it holds to another account that takes it as it is', async () => {
        const store = await reopen(USER);
        await store.queue.enqueue(items('m', 2));
        await store.state.set('message-ids', Buffer.from('{}'));
        const taken = await reopen(OTHER, () => Promise.resolve(true));
        assert.equal((await taken.queue.stats()).queued, 2);
        assert.equal(await taken.state.get('message-ids'), undefined, 'of another SMSC');
        await refused(USER, /belongs to the account other/);
      });

      it('stays refused where not all of it was removed', async () => {
        const store = await reopen(USER);
        await store.queue.enqueue(items('m', 2));
        const [lease] = await takeAll(store, 1);
        assert.ok(lease);
        await store.queue.settle([dead(lease)]);
        const settle: SettleForeign = async (foreign) => {
          await foreign.queue.purge();
          return false;
        };
        await assert.rejects(reopen(OTHER, settle), /holds 1 dead letter:/);
        assert.equal((await (await reopen(USER)).queue.stats()).queued, 0);
      });

      it('is the same account’s at a host to fail over to, and under another spelling of its own', async () => {
        await (await reopen({ host: 'a.example', systemId: 'user' })).queue.enqueue(items('m', 1));
        await reopen({ host: 'b.example', systemId: 'user', failover: ['A.example.'] });
        await reopen({ host: 'b.example', systemId: 'user' });
        await refused({ host: 'a.example', systemId: 'user' }, /at b\.example/);
        await reopen({ host: 'localhost', systemId: 'user', failover: ['b.example'] });
        await reopen({ host: '127.0.0.1', systemId: 'user' });
        await refused({ host: '127.0.0.1', systemId: 'User' }, /user at/);
      });
    });
  }

  it('is said when another one had it', async () => {
    const directory = join(base, 'carrier');
    const claimed: StoreAccount[] = [];
    const onClaimed = (before: StoreAccount): number => claimed.push(before);
    for (const account of [USER, USER, OTHER]) {
      await stores.open({ directory, account, onClaimed });
      await stores.close();
    }
    assert.deepEqual(claimed, [USER]);
  });

  it('is asked before the capacity, so that what is removed does not count', async () => {
    const reopen = onDisk();
    await (await reopen(USER)).queue.enqueue(items('m', 5));
    await stores.close();
    const directory = join(base, 'carrier');
    const settleForeign: SettleForeign = async (foreign) => {
      await foreign.queue.purge();
      return false;
    };
    await stores.open({ directory, account: OTHER, capacity: 2, settleForeign });
  });
});
