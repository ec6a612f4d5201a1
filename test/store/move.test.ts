import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openMemoryStore, moveMessages, openDiskStore, type Lease, type Store } from '../../src/store';
import { item, items, retry, take, takeAll, ids } from '../../src/store/conformance/harness';

const limits = { capacity: 0, whenFull: 'reject' } as const;

describe('Messages that move from one store to another', () => {
  let folder: string;
  const opened: Store[] = [];

  before(async () => (folder = await mkdtemp(join(tmpdir(), 'smpp-move-'))));
  afterEach(async () => {
    for (const store of opened.splice(0)) await store.close();
  });
  after(() => rm(folder, { recursive: true }));

  const kinds: Record<string, (name: string) => Promise<Store>> = {
    memory: async () => openMemoryStore(limits),
    disk: (name) =>
      openDiskStore({ directory: join(folder, name), account: { host: 'h', systemId: 's' }, ...limits }),
  };

  async function open(kind: string, name: string): Promise<Store> {
    const store = await kinds[kind]!(`${kind}-${name}`);
    opened.push(store);
    return store;
  }

  /** A long message of which the first of three segments was accepted, after one refusal. */
  async function halfSent(store: Store): Promise<Lease['state']> {
    const segments = ['a', 'b', 'c'].map((text) => Buffer.from(text));
    await store.queue.enqueue([item('long', { segments })]);
    const [lease] = (await takeAll(store, 1)) as [Lease];
    lease.state.attempts = 1;
    lease.state.redelivered = true;
    lease.state.accepted[0] = 'id-1';
    lease.state.history.push({ at: 5, reason: 'ESME_RSYSERR', segment: 1 });
    await store.queue.release([lease]);
    return structuredClone(lease.state);
  }

  for (const [from, to] of [
    ['memory', 'disk'],
    ['disk', 'memory'],
  ] as const) {
    it(`${from} to ${to}: keep their order and what happened to them`, async () => {
      const old = await open(from, `${to}-old`);
      const state = await halfSent(old);
      await old.queue.enqueue(items('m', 1200));
      const next = await open(to, `${from}-new`);
      assert.deepEqual(await moveMessages(old, next.queue), { moved: 1201, left: 0 });
      const [first, ...rest] = (await takeAll(next, 1201)) as [Lease, ...Lease[]];
      assert.deepEqual(first.state, state);
      assert.deepEqual(
        ids(rest),
        items('m', 1200).map(({ id }) => id),
      );
    });
  }

  it('memory to disk: take those that are put off with them, for they would be gone', async () => {
    const old = await open('memory', 'delayed');
    await old.queue.enqueue(items('m', 2));
    const [lease] = (await takeAll(old, 1)) as [Lease];
    lease.state.attempts = 3;
    await old.queue.settle([retry(lease, Date.now() + 3_600_000)]);
    const next = await open('disk', 'delayed');
    assert.deepEqual(await moveMessages(old, next.queue), { moved: 2, left: 0 });
    const [first] = (await take(next, 2)) as [Lease];
    assert.equal(first.item.id, 'm0');
    assert.equal(first.state.attempts, 3);
  });

  it('disk to memory: leave those that are put off, and count them', async () => {
    const old = await open('disk', 'stay');
    await old.queue.enqueue(items('m', 2));
    const [lease] = (await takeAll(old, 1)) as [Lease];
    await old.queue.settle([retry(lease, Date.now() + 3_600_000)]);
    const next = await open('memory', 'stay');
    assert.deepEqual(await moveMessages(old, next.queue), { moved: 1, left: 1 });
  });

  it('stay where they were when the new store does not take them', async () => {
    const old = await open('memory', 'full');
    await old.queue.enqueue(items('m', 5));
    const next = openMemoryStore({ capacity: 2, whenFull: 'reject' });
    opened.push(next);
    const { moved, left, reason } = await moveMessages(old, next.queue);
    assert.deepEqual([moved, left], [0, 5]);
    assert.match(String(reason), /2/);
    assert.deepEqual(ids(await takeAll(old, 5)), ['m0', 'm1', 'm2', 'm3', 'm4']);
  });
});
