import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openMemoryStore, type KeyValueState, type Store } from '../../../src/index';
import { FakeClock } from '../../support/clock';
import { behind, DiskStores } from '../../store/setup';
import { HELLO, Scenes } from '../setup';

const HOUR = 3_600_000;
const KEY = `reference:${HELLO.destination_addr as string}`;
const LONG = { ...HELLO, short_message: 'x'.repeat(400) };
const numberOf = (at: number): string => `44770${String(at).padStart(7, '0')}`;

describe('Reference numbers of long messages', function () {
  this.timeout(60_000);
  const scenes = new Scenes();
  const disks = new DiskStores();
  let directory: string;
  let clock: FakeClock;
  beforeEach(async () => {
    clock = new FakeClock();
    directory = await mkdtemp(join(tmpdir(), 'smpp-references-'));
  });
  afterEach(async () => {
    await scenes.end();
    await disks.close();
    await rm(directory, { recursive: true, force: true });
  });

  const stores: Record<string, () => Promise<Store>> = {
    memory: () => Promise.resolve(openMemoryStore({ capacity: 0, whenFull: 'reject', clock })),
    disk: () => disks.open({ directory, clock }),
  };
  for (const [kind, open] of Object.entries(stores))
    it(`are forgotten an hour after their last use: ${kind}`, async () => {
      const store = await open();
      const { client } = await scenes.idle({}, { queue: store, clock });
      await client.enqueue(LONG);
      const [first] = await store.state.list('reference:');
      await clock.advance(HOUR - 1000);
      await client.enqueue(LONG);
      await clock.advance(HOUR - 1000);
      const next = String((Number(first?.[1].toString()) + 1) % 0x10000);
      assert.deepEqual(await store.state.list('reference:'), [[KEY, Buffer.from(next)]]);
      await clock.advance(1000);
      assert.deepEqual(await store.state.list('reference:'), []);
    });

  it('leave the disk as well, whether others are written or not', async () => {
    const store = await disks.open({ directory, clock });
    const count = (at: number): Promise<number> =>
      store.state.increment(`reference:${numberOf(at)}`, 0x10000, at, HOUR);
    for (let at = 0; at < 1000; at++) await count(at);
    await store.state.set('stays', Buffer.from('1'));
    await clock.advance(HOUR);
    // Some go with what is written, and the rest when it is looked for.
    for (let at = 0; at < 200; at++) await count(at);
    assert.ok(((await store.state.expire?.()) ?? 0) >= 200);
    await store.close();
    disks.forget(store);
    const left = await behind(directory, 'state', (table) => [...table.getKeys()].length);
    assert.equal(left, 201);
  });

  it('are given to a store of the user with their lifetime', async () => {
    const memory = openMemoryStore({ capacity: 0, whenFull: 'reject', clock });
    const seen: unknown[][] = [];
    const state: KeyValueState = {
      get: (key) => memory.state.get(key),
      set: (key, value, ttl) => memory.state.set(key, value, ttl),
      delete: (keys) => memory.state.delete(keys),
      list: (prefix) => memory.state.list(prefix),
      increment: (key, modulo, start, ttl) => {
        seen.push([key, modulo, ttl]);
        return memory.state.increment(key, modulo, start, ttl);
      },
    };
    const { queue, correlator, capabilities } = memory;
    const store: Store = { queue, correlator, capabilities, state, close: () => memory.close() };
    const { client } = await scenes.idle({}, { queue: store, clock });
    await client.enqueue(LONG);
    assert.deepEqual(seen, [[KEY, 0x10000, HOUR]]);
  });

  it('of a message to very many have a key of ordinary length, which a disk takes', async () => {
    const store = await disks.open({ directory, clock });
    const { client } = await scenes.idle({}, { queue: store, clock });
    const numbers = Array.from({ length: 200 }, (_, at) => numberOf(at));
    await client.enqueue({ ...LONG, command: 'submit_multi', destination_addr: numbers });
    const [[key] = ['']] = await store.state.list('reference:');
    assert.ok(key.length > 20 && key.length < 120, key);
  });
});
