import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DiskStore, DiskStoreOptions, Lease } from '../../../src/store';
import { dead, done, entry, item, items, retry, takeAll } from '../../../src/store/conformance/harness';
import { FakeClock } from '../../support/clock';
import { behind, DiskStores } from '../setup';

/** All tables of a store, each entry as key and value in base64. */
type Stored = Readonly<Record<string, readonly (readonly [key: string, value: string])[]>>;

const TABLES = [
  ...[
    'meta',
    'priority0',
    'priority1',
    'priority2',
    'priority3',
    'priority4',
    'tombstones',
    'delivery',
    'delayed',
  ],
  ...['correlation', 'correlation-age', 'correlation-final', 'state', 'dead'],
];
const FORMATS = [1];
const at = (name: string): string => join(__dirname, '..', '..', 'fixtures', 'store', name);

const enqueuedAt = 1_700_000_000_000;
const put = (id: string, priority: 0 | 1 | 2 | 3 | 4 = 2): ReturnType<typeof item> =>
  item(id, { priority, enqueuedAt });
const FULL = item('full', {
  command: 'data_sm',
  segments: [Buffer.from('00ff10', 'hex'), Buffer.alloc(140, 'b')],
  source: 'Näme',
  priority: 3,
  enqueuedAt,
  expiresAt: enqueuedAt + 86_400_000,
  receiptRequested: false,
  correlationId: 'order 17',
  msgid: 'abc.1',
  metadata: { customer: [1, null, 'ü'] },
});
const LATE = { acceptedAt: enqueuedAt, expiresAt: enqueuedAt + 604_800_000 };
const CORRELATED = entry('3F2A', {
  ...LATE,
  id: 'full',
  segment: 1,
  segments: 2,
  correlationId: 'order 17',
  msgid: 'abc.1',
  metadata: { a: 1 },
});

const FINAL = entry('3F2B', { ...LATE, id: 'dead', finalState: 'DELIVRD' });

/** Something of all that a store keeps. */
async function fill(store: DiskStore, clock: FakeClock): Promise<void> {
  await store.queue.enqueue([FULL]);
  await store.queue.enqueue(items('block', 6, 4).map((one) => ({ ...one, enqueuedAt })));
  for (const priority of [0, 1] as const) await store.queue.enqueue([put(`priority${priority}`, priority)]);
  await store.queue.enqueue(['later', 'done', 'dead'].map((id) => put(id)));
  const leases = new Map((await takeAll(store, 12)).map((lease) => [lease.item.id, lease]));
  const lease = (id: string): Lease => leases.get(id) as Lease;
  const state = lease('full').state;
  Object.assign(state, { attempts: 2, redeliveries: 1, redelivered: true });
  state.accepted[0] = 'm-1';
  state.history.push({ at: enqueuedAt + 1, reason: 'ESME_RSYSERR', segment: 1 });
  await store.settle([CORRELATED], [done(lease('done')), done(lease('block1')), done(lease('block4'))]);
  await store.correlator.put([FINAL]);
  await store.queue.settle([dead(lease('dead')), retry(lease('later'), clock.now() + 60_000)]);
  const settled = ['done', 'dead', 'later', 'block1', 'block4'];
  await store.queue.release([...leases.values()].filter((one) => !settled.includes(one.item.id)));
  await store.state.set('fact', Buffer.from('value'));
  await store.state.increment('reference', 256, 41);
}

describe('the format of a disk store', () => {
  let directory: string;
  const stores = new DiskStores();

  beforeEach(async () => (directory = await mkdtemp(join(tmpdir(), 'smpp-format-'))));
  afterEach(async () => {
    await stores.close();
    await rm(directory, { recursive: true, force: true });
  });

  const open = (clock: FakeClock, options: Partial<DiskStoreOptions> = {}): Promise<DiskStore> =>
    stores.open({ directory, clock, onDamage: ({ text }) => assert.fail(text), ...options });

  async function read(): Promise<Stored> {
    const stored: Record<string, [string, string][]> = {};
    for (const name of TABLES)
      stored[name] = await behind(directory, name, (table) =>
        [...table.getRange()].map(({ key, value }) => [key.toString('base64'), value.toString('base64')]),
      );
    return stored;
  }

  async function fixture(format = FORMATS.at(-1)): Promise<Stored> {
    return JSON.parse(await readFile(at(`format-${format}.json`), 'utf8')) as Stored;
  }

  for (const format of FORMATS)
    it(`is read by every later version: ${format}`, async () => {
      for (const [name, rows] of Object.entries(await fixture(format)))
        await behind(directory, name, async (table) => {
          for (const [key, value] of rows)
            await table.put(Buffer.from(key, 'base64'), Buffer.from(value, 'base64'));
        });
      const clock = new FakeClock(enqueuedAt);
      const store = await open(clock);
      assert.deepEqual(await store.queue.stats(), { queued: 8, delayed: 1, leased: 0, oldestAt: enqueuedAt });
      const leases = await takeAll(store, 7);
      const order = ['priority0', 'priority1', 'full', 'block0', 'block2', 'block3', 'block5'];
      assert.deepEqual(
        leases.map(({ item: { id } }) => id),
        order,
      );
      const full = leases[2] as Lease;
      assert.deepEqual(full.item, FULL);
      assert.deepEqual(full.state, {
        ...(leases[0] as Lease).state,
        attempts: 2,
        redeliveries: 1,
        redelivered: true,
        accepted: ['m-1', null],
        history: [{ at: enqueuedAt + 1, reason: 'ESME_RSYSERR', segment: 1 }],
      });
      assert.ok(
        leases.filter(({ state }) => state.redelivered).length === 1,
        'it was closed with nothing leased',
      );
      await clock.advance(60_000);
      assert.deepEqual(
        (await takeAll(store, 1)).map(({ item: { id } }) => id),
        ['later'],
      );
      assert.deepEqual(await store.correlator.get('3F2A'), [CORRELATED]);
      assert.deepEqual(await store.correlator.get('3F2B'), [FINAL]);
      await clock.advance(604_800_000);
      assert.equal(await store.correlator.expire(), 2);
      assert.equal(await store.correlator.expire(), 0);
      const { letters } = await store.deadLetters.list();
      assert.deepEqual(
        letters.map(({ item: one, reason }) => [one, reason]),
        [[put('dead'), { code: 'REFUSED', text: 'refused' }]],
      );
      assert.deepEqual(await store.state.get('fact'), Buffer.from('value'));
      assert.equal(await store.state.increment('reference', 256, 0), 42);
    });

  it('belongs to its account', async () => {
    const { meta } = await fixture();
    await behind(directory, 'meta', async (table) => {
      for (const [key, value] of meta ?? [])
        await table.put(Buffer.from(key, 'base64'), Buffer.from(value, 'base64'));
    });
    const account = { host: 'smsc.example', systemId: 'other' };
    await assert.rejects(open(new FakeClock(enqueuedAt), { account }), { code: 'STORE_ACCOUNT' });
  });

  // Whoever changes what is written after the first release gives it a new number, keeps the reader of the old, and
  // adds a fixture (UPDATE_FIXTURE=1 writes it).
  it('is written as ever', async () => {
    const clock = new FakeClock(enqueuedAt);
    const store = await open(clock);
    await fill(store, clock);
    await store.close();
    if (process.env['UPDATE_FIXTURE'])
      await writeFile(at(`format-${FORMATS.at(-1)}.json`), `${JSON.stringify(await read(), null, 1)}\n`);
    assert.deepEqual(await read(), await fixture());
  });
});
