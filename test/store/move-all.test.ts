import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import {
  moveStore,
  openDiskStore,
  openMemoryStore,
  type CorrelationEntry,
  type Lease,
  type Store,
} from '../../src/store';
import { entry, items, takeAll } from '../../src/store/conformance/harness';
import { runsTypeScript } from '../support/child';

const limits = { capacity: 0, whenFull: 'reject' } as const;
const account = { host: 'h', systemId: 's' };
const child = join(__dirname, 'moving-child.ts');

describe('All that a store holds, moved to another', function () {
  this.timeout(60_000);
  let folder: string;
  const opened: Store[] = [];

  beforeEach(async () => (folder = await mkdtemp(join(tmpdir(), 'smpp-move-all-'))));
  afterEach(async () => {
    for (const store of opened.splice(0)) await store.close();
    await rm(folder, { recursive: true });
  });

  async function open(kind: string, name: string): Promise<Store> {
    const store =
      kind === 'memory'
        ? openMemoryStore(limits)
        : await openDiskStore({ directory: join(folder, name), account, ...limits });
    opened.push(store);
    return store;
  }

  async function close(store: Store): Promise<void> {
    opened.splice(opened.indexOf(store), 1);
    await store.close();
  }

  const awaited = (count: number): CorrelationEntry[] =>
    Array.from({ length: count }, (_, n) => entry(`id-${n}`, { id: `accepted-${n}` }));

  /** Something of everything. */
  async function fill(store: Store, count: number): Promise<void> {
    await store.queue.enqueue(items('dead', 3));
    const dead = await takeAll(store, 3);
    const reason = { code: 'REFUSED', text: 'no' };
    await store.queue.settle(dead.map((lease) => ({ outcome: 'dead', lease, reason })));
    await store.correlator.put(awaited(count));
    await store.correlator.put([entry('final', { id: 'seen', finalState: 'DELIVRD' })]);
    await store.state.set('reassembly:a', Buffer.from('part'), 300_000);
    await store.state.increment('reference:49', 256, 7);
    await store.queue.enqueue(items('m', count));
    const [lease] = (await takeAll(store, 1)) as [Lease];
    Object.assign(lease.state, { attempts: 2, redeliveries: 1, redelivered: true });
    await store.queue.release([lease]);
  }

  async function assertThere(store: Store, count: number): Promise<void> {
    for (let n = 0; n < count; n += Math.ceil(count / 200)) {
      const [found, ...others] = await store.correlator.get(`id-${n}`);
      assert.deepEqual([found?.id, others.length], [`accepted-${n}`, 0]);
    }
    assert.equal((await store.correlator.get('final'))[0]?.finalState, 'DELIVRD');
    assert.equal((await store.state.get('reassembly:a'))?.toString(), 'part');
    assert.equal(await store.state.increment('reference:49', 256, 7), 8);
    const { letters } = (await store.deadLetters?.list()) ?? { letters: [] };
    assert.deepEqual(
      letters.map((letter) => letter.item.id),
      ['dead0', 'dead1', 'dead2'],
    );
    const leases = await takeAll(store, count);
    assert.deepEqual(
      leases.map((lease) => lease.item.id),
      items('m', count).map(({ id }) => id),
    );
    const { attempts, redeliveries, redelivered } = (leases[0] as Lease).state;
    assert.deepEqual([attempts, redeliveries, redelivered], [2, 1, true]);
    assert.deepEqual((await store.queue.stats()).queued, 0);
  }

  async function assertEmpty(store: Store): Promise<void> {
    assert.deepEqual(await store.correlator.get('id-1'), []);
    assert.deepEqual(await store.state.list(''), []);
    assert.equal((await store.deadLetters?.list())?.total, 0);
    assert.equal((await store.queue.stats()).queued, 0);
  }

  for (const [from, to] of [
    ['memory', 'disk'],
    ['disk', 'memory'],
    ['disk', 'disk'],
    ['memory', 'memory'],
  ] as const) {
    it(`${from} to ${to}: is there, and nothing stays behind`, async () => {
      const old = await open(from, 'old');
      await fill(old, 1200);
      const next = await open(to, 'new');
      const { moved, left, correlations, deadLetters, reason } = await moveStore(old, next);
      assert.deepEqual([moved, left, correlations, deadLetters, reason], [1200, 0, 1201, 3, undefined]);
      await assertThere(next, 1200);
      await assertEmpty(old);
    });
  }

  for (const to of ['disk', 'memory']) {
    it(`100,000 correlations from ${to === 'disk' ? 'memory' : 'disk'} to ${to} take seconds`, async () => {
      const old = await open(to === 'disk' ? 'memory' : 'disk', 'old');
      for (let at = 0; at < 100_000; at += 5000) {
        const entries = Array.from({ length: 5000 }, (_, n) => entry(`id-${at + n}`));
        await old.correlator.put(entries);
      }
      const next = await open(to, 'new');
      const begun = Date.now();
      const { correlations } = await moveStore(old, next);
      const took = Date.now() - begun;
      assert.equal(correlations, 100_000);
      assert.ok(took < 30_000, `${took} ms`);
      for (const n of [0, 1, 50_000, 99_999]) assert.equal((await next.correlator.get(`id-${n}`)).length, 1);
    });
  }

  it('with a kill at any step in between nothing is lost, and nothing doubled', async () => {
    const count = 1200;
    let points = 0;
    for (const point of [1, 3, 4, 5, 6, 8, 9, 10, 11, 12, 13, 14, 15, 16]) {
      const names = [`old-${point}`, `new-${point}`] as const;
      const old = await open('disk', names[0]);
      await fill(old, count);
      await close(old);
      const lines: string[] = [];
      const args = [...runsTypeScript, child, ...names.map((name) => join(folder, name)), String(point)];
      const running = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
      for await (const line of createInterface({ input: running.stdout })) lines.push(line);
      if (lines.length === 0) points++;
      const again = await open('disk', names[0]);
      const next = await open('disk', names[1]);
      const { left, reason } = await moveStore(again, next);
      assert.deepEqual([left, reason], [0, undefined], `killed at step ${point}`);
      await assertThere(next, count);
      await assertEmpty(again);
      await close(again);
      await close(next);
    }
    assert.ok(points > 8, `killed ${points} times`);
  });
});
