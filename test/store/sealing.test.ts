import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DeadReason, DiskStore, DiskStoreOptions, QueueItem, StoreDamage } from '../../src/store';
import { done, entry, hasCode, item, takeAll } from '../../src/store/conformance/harness';
import { newSealing, readQueueKeys, sealingOf } from '../../src/store/sealing';
import { behind, DiskStores } from './setup';

const KEY = 'a passphrase that is long enough';
const OTHER = randomBytes(32).toString('base64');
const REASON: DeadReason = { code: 'REFUSED', text: 'no' };

/** What people wrote, to whom, and what tells of them: none of it may be found in a file. */
const SECRETS = [
  'one-time-4711',
  '447700900123',
  'order-no-55',
  'metadata-of-hers',
  'ABCDEF0123456',
  'abcdef0123456',
];

function told(number: number): QueueItem {
  return {
    ...item(`m${number}`),
    segments: [Buffer.from(`one-time-4711 ${number}`)],
    destination: '447700900123',
    source: '447700900123',
    correlationId: 'order-no-55',
    metadata: { note: 'metadata-of-hers' },
  };
}

const receipt = (number: number) => ({
  ...entry(`ABCDEF0123456${number}`, { id: `m${number}` }),
  destination: '447700900123',
  correlationId: 'order-no-55',
});

describe('a disk store with a queueKey', function () {
  this.timeout(20_000);
  let base: string;
  let directory: string;
  let damages: StoreDamage[];
  const stores = new DiskStores();

  beforeEach(async () => {
    base = await mkdtemp(join(tmpdir(), 'smpp-sealed-'));
    directory = join(base, 'queue');
    damages = [];
  });
  afterEach(async () => {
    await stores.close();
    await rm(base, { recursive: true, force: true });
  });

  const open = (
    queueKey?: DiskStoreOptions['queueKey'],
    options: Partial<DiskStoreOptions> = {},
  ): Promise<DiskStore> =>
    stores.open({ directory, onDamage: (damage) => damages.push(damage), queueKey, ...options });

  async function close(store: DiskStore): Promise<void> {
    stores.forget(store);
    await store.close();
  }

  /** Messages (one of them dead, one put off, one settled), correlations, state. */
  async function fill(store: DiskStore): Promise<void> {
    await store.queue.enqueue(Array.from({ length: 30 }, (_, at) => told(at)));
    const [first, second, third] = await takeAll(store, 3);
    assert.ok(first && second && third);
    await store.settle(
      [receipt(0)],
      [
        done(first),
        { outcome: 'dead', lease: second, reason: REASON },
        { outcome: 'retry', lease: third, notBefore: 0 },
      ],
    );
    await store.correlator.put([1, 2, 3].map(receipt));
    await store.correlator.put([{ ...receipt(3), finalState: 'DELIVRD' }]);
    await store.state.set('reassembly:447700900123:1', Buffer.from('one-time-4711'));
    await store.state.increment('reference:447700900123', 256, 7);
  }

  async function check(store: DiskStore): Promise<void> {
    const { queued } = await store.queue.stats();
    assert.equal(queued, 28);
    const leases = await takeAll(store, 28);
    assert.deepEqual(
      leases.map((lease) => lease.item.id),
      Array.from({ length: 28 }, (_, at) => `m${at + 2}`),
    );
    assert.equal(leases[5]?.item.segments[0]?.toString(), 'one-time-4711 7');
    await store.queue.release(leases);
    for (const at of [0, 1, 2, 3]) {
      const found = await store.correlator.get(`abcdef0123456${at}`);
      assert.deepEqual(
        found.map(({ messageId, destination }) => [messageId, destination]),
        [[`ABCDEF0123456${at}`, '447700900123']],
      );
    }
    assert.equal((await store.correlator.get('ABCDEF01234563'))[0]?.finalState, 'DELIVRD');
    assert.deepEqual(await store.correlator.get('unknown'), []);
    const letters = await store.deadLetters.list();
    assert.deepEqual(
      letters.letters.map((letter) => letter.item.id),
      [told(1).id],
    );
    assert.deepEqual(
      (await store.state.list('reassembly:')).map(([key, value]) => [key, value.toString()]),
      [['reassembly:447700900123:1', 'one-time-4711']],
    );
    assert.equal((await store.state.get('reference:447700900123'))?.toString(), '7');
    assert.deepEqual(damages, []);
  }

  /** Copies of secrets in all files there are. */
  async function copies(): Promise<string[]> {
    const found: string[] = [];
    for (const name of await readdir(directory, { recursive: true, withFileTypes: true })) {
      if (!name.isFile()) continue;
      const octets = await readFile(join(name.parentPath, name.name));
      for (const secret of SECRETS) if (octets.includes(secret)) found.push(`${name.name}: ${secret}`);
    }
    return found;
  }

  it('has no text, number, id or label in clear in any file', async () => {
    const store = await open(KEY);
    await fill(store);
    assert.deepEqual(await copies(), []);
    await close(store);
    assert.deepEqual(await copies(), []);
    const clear = join(base, 'clear');
    await fill(await stores.open({ directory: clear }));
    const octets = await readFile(join(clear, 'data.mdb'));
    assert.ok(
      SECRETS.every((secret) => octets.includes(secret)),
      'the search finds what is in clear',
    );
  });

  it('gives all of it back to who has the key', async () => {
    const store = await open(KEY);
    await fill(store);
    await check(store);
    await close(store);
    await check(await open(KEY));
  });

  it('is refused by the id of its key to who has none or another, and stays as it is', async () => {
    const store = await open(KEY);
    await fill(store);
    await close(store);
    const before = await readFile(join(directory, 'data.mdb'));
    const { keyId } = JSON.parse(await readFile(join(directory, 'seal.json'), 'utf8')) as { keyId: string };
    for (const wrong of [undefined, OTHER, [OTHER, `${KEY}.`]]) {
      await assert.rejects(open(wrong), (error: Error) => {
        assert.ok(hasCode('STORE_KEY')(error));
        assert.match(error.message, new RegExp(`key id ${keyId}`));
        assert.match(error.message, /queueKey/);
        return true;
      });
    }
    const after = await readFile(join(directory, 'data.mdb'));
    assert.ok(after.subarray(0, before.length).equals(before));
    await check(await open(KEY));
  });

  it('takes over what was in clear, and leaves no clear copy', async () => {
    const clear = await open();
    await fill(clear);
    await close(clear);
    assert.notDeepEqual(await copies(), []);
    const sealed = await open(KEY);
    assert.deepEqual(await copies(), []);
    await check(sealed);
    await close(sealed);
    await assert.rejects(open(), hasCode('STORE_KEY'));
    await check(await open(KEY));
  });

  it('goes over to a new key while the old one is given after it, and then does without', async () => {
    const store = await open(KEY);
    await fill(store);
    await close(store);
    const rotated = await open([OTHER, KEY]);
    await check(rotated);
    await close(rotated);
    await assert.rejects(open(KEY), hasCode('STORE_KEY'));
    await check(await open(OTHER));
    assert.deepEqual(await copies(), []);
  });

  it('keeps expiry and capacity of correlations when the key changes', async () => {
    const store = await open(undefined, { correlationCapacity: 4 });
    await fill(store);
    await close(store);
    const sealed = await open(KEY, { correlationCapacity: 4 });
    await sealed.correlator.put([receipt(4)]);
    // The one with a final receipt makes room first.
    assert.deepEqual(await sealed.correlator.get('ABCDEF01234563'), []);
    assert.equal((await sealed.correlator.get('ABCDEF01234564')).length, 1);
    await sealed.correlator.put([receipt(5)]);
    assert.deepEqual(await sealed.correlator.get('ABCDEF01234560'), []);
  });

  it('does not take a record from another place, from another table or in clear', async () => {
    const store = await open(KEY);
    await store.queue.enqueue([told(1)]);
    await store.queue.enqueue([told(2)]);
    await close(store);
    await behind(directory, 'priority2', (table) => {
      const [one, two] = [...table.getRange()].map(({ key, value }) => ({ key, value: Buffer.from(value) }));
      assert.ok(one && two);
      table.putSync(one.key, two.value);
    });
    const swapped = await open(KEY);
    assert.deepEqual(
      (await takeAll(swapped, 1)).map((lease) => lease.item.id),
      [told(2).id],
    );
    assert.equal(damages.length, 1);
  });

  it('is repaired after damage to its file as one in clear is', async () => {
    const store = await open(KEY);
    for (let at = 0; at < 200; at++) await store.queue.enqueue([told(at)]);
    await store.correlator.put([1, 2, 3].map(receipt));
    await close(store);
    const file = join(directory, 'data.mdb');
    const octets = await readFile(file);
    // What the newest of the two first pages says of its list of free pages.
    const newest = octets.readUInt32LE(152) > octets.readUInt32LE(4096 + 152) ? 0 : 4096;
    octets.writeUInt32LE(0xffff, newest + 48 + 40);
    await writeFile(file, octets);
    await assert.rejects(open(OTHER), hasCode('STORE_KEY'));
    const repaired = await open(KEY);
    assert.equal(damages[0]?.kind, 'file');
    assert.equal((await repaired.queue.stats()).queued, 200);
    assert.equal((await takeAll(repaired, 200)).length, 200);
    assert.equal((await repaired.correlator.get('ABCDEF01234562')).length, 1);
  });

  it('of which damage left nothing is not repaired for who has another key, or none, nor does that cost its salt', async () => {
    const store = await open(KEY);
    await fill(store);
    await close(store);
    const file = join(directory, 'data.mdb');
    const octets = await readFile(file);
    for (const page of [0, 4096]) octets.fill(0xff, page + 16, page + 160);
    await writeFile(file, octets);
    const seal = await readFile(join(directory, 'seal.json'));
    for (const wrong of [OTHER, undefined]) {
      await assert.rejects(open(wrong), hasCode('STORE_KEY'));
      assert.deepEqual(await readFile(file), octets);
      assert.deepEqual((await readdir(directory)).sort(), ['data.mdb', 'lock.mdb', 'seal.json']);
      assert.deepEqual(await readFile(join(directory, 'seal.json')), seal);
    }
    assert.deepEqual(damages, []);
    const repaired = await open([OTHER, KEY]);
    assert.equal(damages.length, 1);
    await repaired.queue.enqueue([told(1)]);
    await close(repaired);
    assert.equal((await takeAll(await open(OTHER), 1)).length, 1);
    assert.deepEqual(await copies(), []);
  });

  it('that was repaired is counted and indexed by the next opening, too, where the first came to no end', async () => {
    const store = await open(KEY);
    await store.queue.enqueue([told(1), told(2)]);
    const [lease] = await takeAll(store, 1);
    assert.ok(lease);
    await store.queue.settle([{ outcome: 'retry', lease, notBefore: Date.now() + 60_000 }]);
    await close(store);
    await behind(directory, 'delayed', (table) => {
      for (const key of [...table.getKeys()]) table.removeSync(key);
    });
    await behind(directory, 'meta', (table) => {
      table.removeSync(Buffer.from('message-count'));
      table.putSync(Buffer.from('repaired'), Buffer.of(1));
    });
    const repaired = await open([OTHER, KEY]);
    assert.deepEqual(await repaired.queue.stats().then(({ queued, delayed }) => [queued, delayed]), [2, 1]);
    await close(repaired);
    await behind(directory, 'meta', (table) => {
      assert.equal(table.get(Buffer.from('repaired')), undefined);
      assert.ok(table.get(Buffer.from('message-count')));
    });
  });

  it('is read even where what it says of its key is lost in its tables', async () => {
    const store = await open(KEY);
    await fill(store);
    await close(store);
    await behind(directory, 'meta', (table) => table.removeSync(Buffer.from('seal')));
    await check(await open(KEY));
  });

  it('refuses a key that is none, saying what is wrong and not what was given', async () => {
    const wrong: [unknown, RegExp][] = [
      ['', /is empty/],
      ['   ', /is empty/],
      ['short', /5 characters/],
      ['aaaaaaaaaaaaaaaa', /guessed/],
      [[], /empty list/],
      [[KEY, ''], /the 2\. of 2/],
      ['["short"]', /5 characters/],
      [7, /not a text/],
    ];
    for (const [given, words] of wrong) {
      await assert.rejects(open(given as string), (error: Error) => {
        assert.ok(hasCode('INVALID_OPTION')(error));
        assert.match(error.message, words);
        assert.doesNotMatch(error.message, /"short"|aaaa/);
        return true;
      });
    }
    assert.deepEqual(readQueueKeys(JSON.stringify([KEY, OTHER])), { keys: [KEY, OTHER] });
  });

  it('never seals two records alike, and tells a change of any octet', async () => {
    const { sealing, stored } = await newSealing(randomBytes(32).toString('hex'));
    const place = Buffer.from('place');
    const plain = Buffer.from('text');
    const sealed = sealing.seal(place, plain);
    assert.notDeepEqual(sealing.seal(place, plain), sealed);
    assert.deepEqual(sealing.open(place, sealed), plain);
    assert.equal(sealing.open(Buffer.from('other'), sealed), undefined);
    for (let at = 0; at < sealed.length; at++) {
      const changed = Buffer.from(sealed);
      changed[at] = (changed[at] as number) ^ 1;
      assert.equal(sealing.open(place, changed), undefined, `octet ${at}`);
      assert.equal(sealing.open(place, sealed.subarray(0, at)), undefined);
    }
    assert.equal(await sealingOf(stored, [OTHER]), undefined);
  });
});
