import assert from 'node:assert/strict';
import { BoundedMap } from '../../src/collections/bounded-map';
import { openMemoryStore, type MemoryStore } from '../../src/store';
import { entry, item } from '../../src/store/conformance/harness';
import { Waiters } from '../../src/store/waiters';
import { FakeClock } from '../support/clock';
import { computing } from '../support/computing';
import { usedOctets } from '../support/memory';

const CAPACITY = 50_000;
const SOME = 10_000;

/** Milliseconds of computing, the least of three times: what the garbage collector and others take is no cost of it. */
async function cost(work: (at: number) => unknown): Promise<number> {
  let least = Infinity;
  for (let round = 0; round < 5; round++) {
    const took = computing();
    for (let at = 0; at < SOME; at++) await work(at);
    least = Math.min(least, took());
  }
  return least;
}

/** Compares what the same costs where it is half full, and at the bound long after it was reached. */
async function staysAsFast(add: (at: number) => unknown): Promise<void> {
  let at = 0;
  const one = (): unknown => add(at++);
  while (at < CAPACITY / 3) await one();
  const before = await cost(one);
  while (at < 3 * CAPACITY) await one();
  const full = await cost(one);
  assert.ok(full < 3 * before + 30, `${full.toFixed(0)} ms in place of ${before.toFixed(0)} ms`);
}

describe('What is full makes room in constant time', function () {
  this.timeout(60_000);
  let store: MemoryStore;
  let clock: FakeClock;
  const open = (options: Partial<Parameters<typeof openMemoryStore>[0]>): MemoryStore =>
    (store = openMemoryStore({ capacity: 0, whenFull: 'reject', clock, ...options }));
  beforeEach(() => (clock = new FakeClock()));
  afterEach(() => store?.close());

  it('a correlator', async () => {
    open({ correlationCapacity: CAPACITY });
    await staysAsFast((at) => store.correlator.put([entry(`m${at}`)]));
    assert.deepEqual(await store.correlator.get('m0'), []);
  });

  it('a correlator of which entries were told, expired, and have one message_id', async () => {
    open({ correlationCapacity: CAPACITY });
    await staysAsFast(async (at) => {
      const one = entry(at % 10 === 0 ? 'same' : `m${at}`, {
        id: `message ${at}`,
        expiresAt: clock.now() + (at % 3 === 0 ? 10 : 1e9),
      });
      await store.correlator.put([one]);
      if (at % 2 === 0) await store.correlator.put([{ ...one, finalState: 'DELIVRD' }]);
      if (at % 1000 === 0) await clock.advance(1);
    });
  });

  it('a queue that drops the oldest', async () => {
    open({ capacity: CAPACITY, whenFull: 'drop-oldest' });
    await staysAsFast((at) => store.queue.enqueue([item(`m${at}`)]));
  });

  it('dead letters', async () => {
    open({ deadLetterCapacity: CAPACITY });
    const { signal } = new AbortController();
    await staysAsFast(async (at) => {
      await store.queue.enqueue([item(`m${at}`)]);
      const [lease] = await store.queue.take(1, { signal });
      assert.ok(lease);
      const reason = { code: 'REFUSED', text: 'refused' };
      await store.queue.settle([{ outcome: 'dead', lease, reason }]);
    });
  });

  it('reference numbers', async () => {
    open({});
    await staysAsFast((at) => store.state.increment(`reference:${at}`, 65_536, at, 3_600_000));
  });

  it('facts that expire, of which one call never looks at all', async () => {
    open({});
    await staysAsFast(async (at) => {
      await store.state.set(`fact ${at}`, Buffer.alloc(1), 1000);
      if (at % 100 === 0) await clock.advance(1);
    });
  });

  it('what is remembered of receipts and mailboxes', async () => {
    const map = new BoundedMap<number>(CAPACITY);
    await staysAsFast((at) => map.set(`${at}`, at));
    assert.equal(map.get('0'), undefined);
  });

  it('a bounded map that never is full keeps nothing alive of what was deleted', async () => {
    const map = new BoundedMap<object>(1000);
    const gone: WeakRef<object>[] = [];
    for (let at = 0; at < 100_000; at++) {
      const value = { at };
      if (at % 1000 === 0) gone.push(new WeakRef(value));
      map.set(`k${at}`, value);
      if (at >= 500) map.delete(`k${at - 500}`);
    }
    await usedOctets();
    const alive = gone.filter((one) => one.deref() !== undefined).length;
    assert.ok(alive <= 5, `${alive} of ${gone.length}`);
  });

  it('a bounded map whose oldest were deleted or set again meanwhile', () => {
    const map = new BoundedMap<number>(3);
    for (const key of ['a', 'b', 'c']) map.set(key, 1);
    map.delete('a');
    map.set('b', 2);
    map.set('d', 1);
    map.set('e', 1);
    assert.deepEqual(
      ['a', 'b', 'c', 'd', 'e'].map((key) => map.get(key)),
      [undefined, 2, undefined, 1, 1],
    );
    for (const key of ['b', 'd', 'e']) map.delete(key);
    for (const key of ['f', 'g', 'h', 'i']) map.set(key, 1);
    assert.deepEqual(
      ['f', 'g', 'h', 'i'].map((key) => map.get(key)),
      [undefined, 1, 1, 1],
    );
  });

  it('those who wait for their turn', async () => {
    const waiters = new Waiters<number, number>();
    const next = (at: number): Promise<number> => waiters.wait(at);
    for (let at = 0; at < CAPACITY; at++) void next(at);
    await staysAsFast((at) => {
      void next(CAPACITY + at);
      let served = false;
      waiters.serve((request) => (served ? undefined : ((served = true), request)));
    });
    assert.equal(waiters.length, CAPACITY);
  });

  it('a wait that is over while others are served is not served', async () => {
    const waiters = new Waiters<number, number>();
    const aborted = new AbortController();
    const [first, second, third] = [waiters.wait(1), waiters.wait(2, aborted.signal), waiters.wait(3)];
    second.catch(() => undefined);
    const served: number[] = [];
    waiters.serve((request) => {
      if (request === 1) aborted.abort(new Error('enough'));
      served.push(request);
      return request;
    });
    assert.deepEqual([await first, await third], [1, 3]);
    await assert.rejects(second, /enough/);
    assert.deepEqual(served, [1, 3]);
    waiters.rejectAll(new Error('closed'));
    assert.equal(waiters.length, 0);
  });
});
