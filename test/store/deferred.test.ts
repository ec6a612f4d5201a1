import assert from 'node:assert/strict';
import { deferStore, openMemoryStore, type Home, type SharedLimiter, type Store } from '../../src/store';
import { dead, item } from '../../src/store/conformance/harness';

const LIMITS = { capacity: 10, whenFull: 'reject' } as const;

/** As one that several instances share. */
function shared(): Store {
  const home: Home = { instance: 'a', tell: async (notices) => notices, listen: () => undefined };
  const limiter = {} as SharedLimiter;
  return { ...openMemoryStore(LIMITS), home, limiter, leaseTime: 7 };
}

describe('a store that opens when it is first used', () => {
  const { capabilities } = openMemoryStore(LIMITS);

  it('has what it shares when it is open, and says when that is', async () => {
    const inner = shared();
    const store = deferStore(capabilities, async () => inner);
    const told: string[] = [];
    store.whenOpen(() => told.push(`open, of ${store.home?.instance ?? ''}`));
    const facts = (): unknown[] => [store.isOpen, store.home, store.limiter, store.leaseTime];
    assert.deepEqual(facts(), [false, undefined, undefined, undefined]);
    assert.equal(told.length, 0);
    await store.queue.stats();
    assert.deepEqual(facts(), [true, inner.home, inner.limiter, 7]);
    store.whenOpen(() => told.push('at once'));
    assert.deepEqual(told, ['open, of a', 'at once']);
  });

  it('says so once, when a later try succeeds', async () => {
    let fails = true;
    const store = deferStore(capabilities, async () => {
      if (fails) throw new Error('not yet');
      return shared();
    });
    let opened = 0;
    store.whenOpen(() => opened++);
    await assert.rejects(store.open(), /not yet/);
    assert.deepEqual([opened, store.isOpen], [0, false]);
    fails = false;
    await Promise.all([store.open(), store.open()]);
    await store.open();
    assert.equal(opened, 1);
  });

  it('passes on which notices nobody took, also of a store that settles in two steps', async () => {
    const inner = openMemoryStore(LIMITS);
    const two: Store = {
      ...inner,
      queue: Object.assign(Object.create(inner.queue) as Store['queue'], {
        settle: (settlements: never) => {
          void inner.queue.settle(settlements);
          return settlements;
        },
      }),
    };
    delete (two as { settle?: unknown }).settle;
    const store = deferStore(capabilities, async () => two);
    await inner.queue.enqueue([item('1')]);
    const [lease] = await inner.queue.take(1, { signal: new AbortController().signal });
    const settlements = [dead(lease!)];
    assert.deepEqual(await store.settle?.([], settlements), settlements);
  });
});
