import assert from 'node:assert/strict';
import type { Lease, Store, StoreCapabilities } from '../types';
import {
  assertNothingToTake,
  check,
  dead,
  done,
  entry,
  ids,
  isKept,
  item,
  items,
  retry,
  take,
  takeAll,
} from './harness';

const durable = { needs: (capabilities: StoreCapabilities) => capabilities.durable };

export const durabilityChecks = [
  check(
    'durable: queued messages are there after reopening, in their order',
    durable,
    async (store, reopen) => {
      await store.queue.enqueue([...items('b', 3, 3), ...items('a', 3, 1)]);
      await store.close();
      const again = await reopen();
      assert.deepEqual(ids(await takeAll(again, 6)), ['a0', 'a1', 'a2', 'b0', 'b1', 'b2']);
    },
  ),

  check(
    'durable: what is enqueued after reopening comes after what was there',
    durable,
    async (store, reopen) => {
      await store.queue.enqueue(items('m', 3));
      const leases = await takeAll(store, 2);
      await store.queue.settle(leases.slice(0, 1).map(done));
      await store.queue.release(leases.slice(1));
      await store.close();
      const again = await reopen();
      await again.queue.enqueue([item('new')]);
      assert.deepEqual(ids(await takeAll(again, 3)), ['m1', 'm2', 'new']);
    },
  ),

  check(
    'durable: what was leased comes back, before all that came after it',
    durable,
    async (store, reopen) => {
      await store.queue.enqueue(items('m', 3));
      await takeAll(store, 2);
      await store.close();
      assert.deepEqual(ids(await takeAll(await reopen(), 3)), ['m0', 'm1', 'm2']);
    },
  ),

  check(
    'durable: what went back, is due and was leased comes again in its order, before what is new',
    { needs: (capabilities) => capabilities.durable && capabilities.delay },
    async (store, reopen) => {
      await store.queue.enqueue(items('m', 6));
      const leases = await takeAll(store, 5);
      for (const { state } of leases) Object.assign(state, { redelivered: true, redeliveries: 1 });
      await store.queue.release([leases[3] as Lease]);
      await store.queue.settle([retry(leases[1] as Lease, Date.now() - 1)]);
      await store.queue.release([leases[0] as Lease]);
      await store.close();
      const again = await reopen();
      await again.queue.enqueue([item('new')]);
      assert.deepEqual(ids(await takeAll(again, 7)), ['m0', 'm1', 'm2', 'm3', 'm4', 'm5', 'new']);
    },
  ),

  check('durable: what is settled stays settled', durable, async (store, reopen) => {
    await store.queue.enqueue(items('m', 3));
    const [a, b] = (await takeAll(store, 2)) as [Lease, Lease];
    await store.queue.settle([done(a), dead(b)]);
    await store.close();
    const again = await reopen();
    assert.deepEqual(ids(await take(again, 9)), ['m2']);
    await assertNothingToTake(again);
    if (again.deadLetters) assert.equal((await again.deadLetters.list()).total, 1);
  }),

  check(
    'durable: a delayed message keeps its time and its state',
    { needs: (capabilities) => capabilities.durable && capabilities.delay },
    async (store, reopen) => {
      await store.queue.enqueue([item('long', { segments: [Buffer.from('a'), Buffer.from('b')] })]);
      const [lease] = (await take(store, 1)) as [Lease];
      lease.state.accepted[0] = 'id-1';
      lease.state.attempts = 1;
      const notBefore = Date.now() + 2500;
      await store.queue.settle([retry(lease, notBefore)]);
      await store.close();
      const again = await reopen();
      assert.equal((await again.queue.stats()).delayed, 1);
      const [later] = (await take(again, 1)) as [Lease];
      assert.ok(Date.now() >= notBefore);
      assert.equal(later.state.attempts, 1);
      if (again.capabilities.segmentState) assert.deepEqual(later.state.accepted, ['id-1', null]);
    },
  ),

  check(
    'durable: accepted segments that were written back are known although the lease never ended',
    { needs: (capabilities) => capabilities.durable && capabilities.segmentState },
    async (store, reopen) => {
      await store.queue.enqueue([item('long', { segments: [Buffer.from('a'), Buffer.from('b')] })]);
      const [lease] = (await take(store, 1)) as [Lease];
      lease.state.accepted[0] = 'id-1';
      await store.queue.extend([lease]);
      assert.equal((await store.queue.stats()).leased, 1);
      await store.close();
      const [later] = (await take(await reopen(), 1)) as [Lease];
      assert.deepEqual(later.state.accepted, ['id-1', null]);
    },
  ),

  check('durable: correlation, state and counters outlive the store', durable, async (store, reopen) => {
    await store.correlator.put([entry('1'), entry('2')]);
    await store.state.set('a', Buffer.from('x'));
    await store.state.increment('ref', 256, 9);
    await store.close();
    const again: Store = await reopen();
    assert.ok(await isKept(again, '1'));
    assert.deepEqual(await again.state.get('a'), Buffer.from('x'));
    assert.equal(await again.state.increment('ref', 256, 9), 10);
  }),

  check(
    'durable: the bounds of correlation and capacity hold after reopening',
    { ...durable, capacity: 2, correlationCapacity: 3 },
    async (store, reopen) => {
      await store.correlator.put(['1', '2', '3'].map((messageId) => entry(messageId)));
      await store.queue.enqueue(items('m', 2));
      await store.close();
      const again = await reopen();
      await again.correlator.put([entry('4')]);
      assert.ok(!(await isKept(again, '1')));
      assert.ok(await isKept(again, '2'));
      await assert.rejects(async () => again.queue.enqueue([item('x')]), { code: 'QUEUE_FULL' });
    },
  ),
];
