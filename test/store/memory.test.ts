import assert from 'node:assert/strict';
import { openMemoryStore, type MemoryStore, type MemoryStoreOptions } from '../../src/store';
import { entry, item, items, done, ids, retry } from '../../src/store/conformance/harness';
import { FakeClock, settle } from '../support/clock';
import { computing } from '../support/computing';

const { signal } = new AbortController();

describe('the memory store', () => {
  let clock: FakeClock;
  let store: MemoryStore;
  const open = (options: Partial<MemoryStoreOptions> = {}): MemoryStore =>
    (store = openMemoryStore({ capacity: 0, whenFull: 'reject', clock, ...options }));
  beforeEach(() => (clock = new FakeClock()));
  afterEach(() => store.close());

  it('has one timer for all delayed messages, and none while nobody waits', async () => {
    open();
    await store.queue.enqueue(items('m', 50));
    const leases = await store.queue.take(50, { signal });
    await store.queue.settle(leases.map((lease, at) => retry(lease, clock.now() + 1000 * (50 - at))));
    assert.equal(clock.pendingTimers, 0);
    const seen: string[] = [];
    for (let at = 0; at < 50; at++) {
      const taken = store.queue.take(10, { signal });
      await settle();
      assert.equal(clock.pendingTimers, 1);
      await clock.advance(1000);
      seen.push(...ids(await taken));
    }
    assert.deepEqual(seen, ids(leases).reverse());
    assert.equal(clock.pendingTimers, 0);
  });

  it('goes from one holder to the next, with new limits', async () => {
    open({ capacity: 2 });
    await store.queue.enqueue(items('m', 2));
    const leases = await store.queue.take(2, { signal });
    (leases[0] as (typeof leases)[0]).state.redelivered = true;
    await store.queue.release(leases);
    store.configure({ capacity: 1, whenFull: 'wait' });
    const waiting = store.queue.enqueue([item('x')]);
    const again = await store.queue.take(5, { signal });
    assert.deepEqual(
      again.map(({ item: { id }, state }) => [id, state.redelivered]),
      [
        ['m0', true],
        ['m1', false],
      ],
    );
    store.configure({ capacity: 3, whenFull: 'reject' });
    assert.deepEqual(await waiting, ['x']);
  });

  it('forgets correlations in the order of their expiry without looking at the rest', async () => {
    open({ correlationCapacity: 100_000 });
    for (let at = 0; at < 50_000; at++) {
      await store.correlator.put([entry(String(at), { expiresAt: clock.now() + 1000 })]);
    }
    await clock.advance(2000);
    await store.correlator.put([entry('young', { expiresAt: clock.now() + 1000 })]);
    assert.deepEqual(await store.correlator.get('17'), []);
    assert.equal(await store.correlator.expire(), 49_998);
    assert.equal((await store.correlator.get('young')).length, 1);
  });

  it('keeps of very many with one message_id those that wait for their receipt', async () => {
    open();
    await store.correlator.put([entry('1', { id: 'waits' })]);
    for (let at = 0; at < 1500; at++) {
      const one = entry('1', { id: `told ${at}` });
      await store.correlator.put([one]);
      await store.correlator.put([{ ...one, finalState: 'DELIVRD' }]);
    }
    const found = await store.correlator.get('1');
    assert.equal(found.length, 1000);
    assert.ok(found.some(({ id }) => id === 'waits'));
  });

  it('drops facts that are over although nobody asks for them', async () => {
    open();
    for (let at = 0; at < 100; at++) await store.state.set(`key${at}`, Buffer.alloc(1), 10);
    await clock.advance(20);
    for (let at = 0; at < 101; at++) await store.state.set('other', Buffer.alloc(1));
    clock.now = () => 0;
    assert.equal((await store.state.list('')).length, 1);
  });

  it('holds a million messages, and is as fast with them as with few', async function () {
    this.timeout(30_000);
    open();
    const shared = { ...item('x') };
    for (let at = 0; at < 1000; at++) {
      await store.queue.enqueue(Array.from({ length: 1000 }, (_, n) => ({ ...shared, id: `${at}-${n}` })));
    }
    assert.equal((await store.queue.stats()).queued, 1_000_000);
    const took = computing();
    for (let at = 0; at < 100; at++) {
      const leases = await store.queue.take(100, { signal });
      await (at % 2 ? store.queue.settle(leases.map(done)) : store.queue.release(leases));
    }
    assert.ok(took() < 500, `${took()} ms`);
    assert.equal((await store.queue.purge()).removed, 995_000);
  });
});
