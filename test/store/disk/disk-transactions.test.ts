import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DiskStore, Lease } from '../../../src/store';
import {
  dead,
  done,
  entry,
  hasCode,
  ids,
  item,
  items,
  take,
  takeAll,
} from '../../../src/store/conformance/harness';
import { DiskStores, lmdbCommitting } from '../setup';

describe('transactions of the disk store', () => {
  let directory: string;
  let store: DiskStore;
  /** How many there were. */
  let count: number;
  let fails: boolean;
  const stores = new DiskStores();

  const loadLmdb = lmdbCommitting((commit) => {
    count++;
    return fails ? Promise.reject(new Error('the disk is broken')) : commit();
  });

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'smpp-transactions-'));
    fails = false;
    store = await stores.open({ directory, loadLmdb });
  });
  afterEach(async () => {
    fails = false;
    await stores.close();
    await rm(directory, { recursive: true, force: true });
  });

  /** One message of which the first of two segments was accepted. */
  async function leased(): Promise<Lease> {
    await store.queue.enqueue([item('m', { segments: [Buffer.from('a'), Buffer.from('b')] })]);
    const [lease] = await take(store, 1);
    assert.ok(lease);
    lease.state.accepted[0] = 'id-0';
    count = 0;
    return lease;
  }

  it('are one for a settlement and the correlations that it brings', async () => {
    const lease = await leased();
    await store.settle([entry('id-0'), entry('id-1')], [done(lease)]);
    assert.equal(count, 1);
  });

  it('make both or neither', async () => {
    const lease = await leased();
    fails = true;
    await assert.rejects(store.settle([entry('id-0')], [done(lease)]), hasCode('QUEUE_UNAVAILABLE'));
    assert.deepEqual(await store.correlator.get('id-0'), []);
    assert.equal((await store.queue.stats()).leased, 1);
    fails = false;
    await store.settle([entry('id-0')], [done(lease)]);
    assert.equal((await store.correlator.get('id-0')).length, 1);
    assert.deepEqual(await store.queue.stats(), { queued: 0, delayed: 0, leased: 0 });
  });

  it('are one for a failure and the dead letter that it leaves, both or neither', async () => {
    const lease = await leased();
    fails = true;
    await assert.rejects(async () => store.queue.settle([dead(lease)]), hasCode('QUEUE_UNAVAILABLE'));
    assert.deepEqual([(await store.deadLetters.list()).total, (await store.queue.stats()).leased], [0, 1]);
    fails = false;
    count = 0;
    await store.queue.settle([dead(lease)]);
    assert.equal(count, 1);
    assert.deepEqual([(await store.deadLetters.list()).total, (await store.queue.stats()).leased], [1, 0]);
  });

  it('are one for a thousand callers of one moment', async () => {
    count = 0;
    await Promise.all(items('m', 1000).map(async (message) => store.queue.enqueue([message])));
    assert.equal(count, 1);
  });

  it('that fail take no message, and those behind them go on in their order', async () => {
    fails = true;
    const refused = items('no', 10).map((message) => store.queue.enqueue([message]));
    for (const one of refused) await assert.rejects(async () => one, hasCode('QUEUE_UNAVAILABLE'));
    fails = false;
    await store.queue.enqueue(items('m', 3));
    assert.deepEqual(ids(await takeAll(store, 3)), ['m0', 'm1', 'm2']);
    assert.equal((await store.queue.stats()).queued, 0);
  });
});
