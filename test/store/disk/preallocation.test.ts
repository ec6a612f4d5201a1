import assert from 'node:assert/strict';
import { closeSync, openSync, statSync, writeSync } from 'node:fs';
import { mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { items } from '../../../src/store/conformance/harness';
import { Preallocation } from '../../../src/store/disk/lmdb/preallocation';
import { until } from '../../support/until';
import { DiskStores } from '../setup';

const MIB = 2 ** 20;

describe('a file that grows in the background', () => {
  let directory: string;
  let file: string;

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'smpp-preallocation-'));
    file = join(directory, 'data.mdb');
  });
  afterEach(() => rm(directory, { recursive: true, force: true }));

  const size = (at = file): number => statSync(at).size;

  it('keeps all that is written to it meanwhile, also what lies behind its end', async () => {
    const fd = openSync(file, 'w+');
    const preallocation = new Preallocation(file);
    const page = 4096;
    preallocation.start(8 * MIB);
    for (let at = 0; at < 2000; at++) {
      writeSync(fd, Buffer.alloc(page, (at % 255) + 1), 0, page, at * page);
      if (at % 50 === 0) await new Promise((resolve) => setImmediate(resolve));
      preallocation.start(MIB);
    }
    await preallocation.close();
    closeSync(fd);
    const octets = await readFile(file);
    for (let at = 0; at < 2000; at++) {
      const whole = octets.subarray(at * page, (at + 1) * page).equals(Buffer.alloc(page, (at % 255) + 1));
      assert.ok(whole, `page ${at}`);
    }
    assert.ok(octets.subarray(2000 * page).every((octet) => octet === 0));
  });

  it('stops where it is when it is closed, and grows once at a time', async () => {
    closeSync(openSync(file, 'w'));
    const preallocation = new Preallocation(file);
    preallocation.start(2 * MIB);
    preallocation.start(2 * MIB);
    await until(() => size() === 2 * MIB, 'two pieces');
    preallocation.start(1000 * MIB);
    await preallocation.close();
    assert.ok(size() <= 4 * MIB, `${size()}`);
  });

  it('is the one that the store has open, although another has its name by now', async () => {
    const stores = new DiskStores();
    try {
      const store = await stores.open({ directory });
      const before = join(directory, 'before.mdb');
      await rename(file, before);
      await writeFile(file, 'restored');
      const last = size(before) + 2 * MIB;
      while (size(before) < last) await store.queue.enqueue(items('m', 500));
      await store.close();
      assert.equal(size(), 'restored'.length);
    } finally {
      await stores.close();
    }
  });
});
