import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { openDiskStore, type DiskStore } from '../../../src/store';
import { done, entry, hasCode, item, items, takeAll } from '../../../src/store/conformance/harness';
import { runsTypeScript } from '../../support/child';
import { rounds } from '../../support/rounds';
import { DiskStores } from '../setup';

const account = { host: 'localhost', systemId: 'compact' };
const ROUNDS = rounds(6, 2);
const child = join(__dirname, 'compacting-child.ts');

/** How often a text is found in the files of a directory. */
async function copiesOf(text: string, directory: string): Promise<number> {
  let found = 0;
  for (const file of await readdir(directory, { recursive: true, withFileTypes: true })) {
    if (!file.isFile()) continue;
    const octets = await readFile(join(file.parentPath, file.name));
    for (let at = octets.indexOf(text); at >= 0; at = octets.indexOf(text, at + 1)) found++;
  }
  return found;
}

describe('compacting a disk store', function () {
  this.timeout(20_000);
  let directory: string;
  const stores = new DiskStores();
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'smpp-compact-'));
  });
  afterEach(async () => {
    await stores.close();
    await rm(directory, { recursive: true, force: true });
  });
  const open = (): Promise<DiskStore> => stores.open({ directory, account });

  it('leaves no copy of what was purged, settled, or kept as failed and removed', async () => {
    const store = await open();
    const secret = Buffer.from('code 4711 for you');
    const texts = Array.from({ length: 300 }, (_, at) => item(`m${at}`, { segments: [secret] }));
    await store.queue.enqueue(texts);
    const [settled, failed] = await takeAll(store, 2);
    assert.ok(settled && failed);
    const reason = { code: 'REFUSED', text: 'no' };
    await store.settle([entry('id')], [done(settled), { outcome: 'dead', lease: failed, reason }]);
    await store.state.set('part', secret);
    await store.state.delete(['part']);
    await store.queue.purge();
    await store.deadLetters.purge();
    assert.ok((await copiesOf('code 4711', directory)) > 100, 'they are there before');
    const { octetsBefore, octetsAfter, milliseconds, aside } = await store.compact();
    assert.equal(await copiesOf('code 4711', directory), 0);
    assert.ok(octetsAfter < octetsBefore, `${octetsAfter} of ${octetsBefore} octets`);
    assert.ok(milliseconds < 10_000);
    assert.deepEqual(aside, []);
    assert.equal((await store.correlator.get('id')).length, 1);
    await store.queue.enqueue(items('after', 5));
    assert.equal(await copiesOf('code 4711', directory), 0);
  });

  it('keeps all that is there, leased and put off, and what comes meanwhile waits', async () => {
    const store = await open();
    await store.queue.enqueue(items('m', 100));
    const leases = await takeAll(store, 40);
    const compacting = store.compact();
    const coming = store.queue.enqueue(items('new', 10));
    await Promise.all([compacting, coming]);
    await store.queue.settle(leases.map(done));
    await store.compact();
    const left = await takeAll(store, 70);
    assert.deepEqual(
      left.map((lease) => lease.item.id),
      [...items('m', 100).slice(40), ...items('new', 10)].map(({ id }) => id),
    );
    await store.queue.settle(left.slice(0, 30).map(done));
    await store.queue.release(left.slice(30));
    stores.forget(store);
    await store.close();
    const again = await open();
    assert.equal((await again.queue.stats()).queued, 40);
    assert.equal((await takeAll(again, 40)).length, 40);
    assert.deepEqual((await readdir(directory)).sort(), ['data.mdb', 'lock.mdb', 'lock.sock']);
  });

  it('is refused by a store that is closed, and a close waits for it', async () => {
    const store = await open();
    await store.queue.enqueue(items('m', 2000));
    const compacting = store.compact();
    stores.forget(store);
    await store.close();
    await compacting;
    await assert.rejects(store.compact(), hasCode('STORE_CLOSED'));
    assert.equal((await (await open()).queue.stats()).queued, 2000);
  });

  it('overwrites the old file after a crash in between', async () => {
    const store = await open();
    await store.queue.enqueue([item('m', { segments: [Buffer.from('code 4711')] })]);
    await store.queue.purge();
    stores.forget(store);
    await store.close();
    const { copyFile, mkdir } = await import('node:fs/promises');
    const data = join(directory, 'data.mdb');
    await copyFile(data, join(directory, 'replaced.mdb'));
    await mkdir(join(directory, 'rebuilt'));
    await copyFile(data, join(directory, 'rebuilt', 'data.mdb'));
    await (await open()).compact();
    assert.equal(await copiesOf('code 4711', directory), 0);
    assert.ok(!existsSync(join(directory, 'replaced.mdb')));
    assert.equal((await stat(data)).mode & 0o777, 0o600);
  });

  for (const [kind, key] of [
    ['in clear', undefined],
    ['with a queueKey', 'a passphrase that is long enough'],
  ] as const)
    it(`loses nothing when it is killed at any moment, ${kind}`, async function () {
      this.timeout(20_000 + 5000 * ROUNDS);
      const told: string[] = [];
      for (let round = 0; round < ROUNDS; round++) {
        const args = [...runsTypeScript, child, directory, `r${round}`, ...(key ? [key] : [])];
        const running = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
        let lines = 0;
        for await (const line of createInterface({ input: running.stdout })) {
          told.push(line);
          if (lines++ === 0) setTimeout(() => running.kill('SIGKILL'), 20 + 300 * Math.random());
        }
      }
      const store = await openDiskStore({
        directory,
        account,
        capacity: 0,
        whenFull: 'reject',
        queueKey: key,
        onDamage: ({ text }) => told.push(`damage ${text}`),
      });
      const { queued } = await store.queue.stats();
      const left = new Set((await takeAll(store, queued)).map((lease) => lease.item.id));
      await store.close();
      const of = (word: string): Set<string> =>
        new Set(
          told.filter((line) => line.startsWith(`${word} `)).map((line) => line.slice(word.length + 1)),
        );
      const sent = of('sending');
      assert.deepEqual([...of('damage')], []);
      assert.deepEqual(
        [...of('queued')].filter((id) => !left.has(id) && !sent.has(id)),
        [],
      );
      assert.deepEqual(
        [...of('done')].filter((id) => left.has(id)),
        [],
      );
      assert.ok(told.filter((line) => line === 'compacted').length >= ROUNDS, 'it was compacted');
      assert.deepEqual(
        (await readdir(directory)).filter((name) => /rebuilt|replaced/.test(name)),
        [],
      );
    });
});
