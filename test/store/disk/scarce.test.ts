import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { chmodSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadLmdb } from '../../../src/store/disk/lmdb/lmdb';
import { lockDirectory } from '../../../src/store/disk/lmdb/lock';
import { hasCode, items } from '../../../src/store/conformance/harness';
import { runsTypeScript } from '../../support/child';
import { needs, skip } from '../../support/skip';
import { DiskStores } from '../setup';

interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly output: string;
}

/** Runs a shell's command to its end, however that comes. */
function sh(command: string): Promise<Ended> {
  return new Promise((resolve) => {
    const child = spawn('sh', ['-c', `exec ${command}`], { stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    child.stdout.on('data', (part: Buffer) => (output += part.toString()));
    child.stderr.on('data', (part: Buffer) => (output += part.toString()));
    child.on('close', (code, signal) => resolve({ code, signal, output }));
  });
}

const script = (name: string): string =>
  `'${process.execPath}' ${runsTypeScript.join(' ')} '${join(__dirname, name)}'`;
const isWindows = process.platform === 'win32';

describe('a disk store with little left', function () {
  this.timeout(60_000);
  let base: string;
  before(function () {
    if (isWindows) skip(this, 'Windows has no ulimit');
  });
  beforeEach(async () => {
    base = await mkdtemp(join(tmpdir(), 'smpp-scarce-'));
  });
  afterEach(() => rm(base, { recursive: true, force: true }));

  async function withDescriptors(left: number, loaded: boolean): Promise<string[]> {
    const limit = loaded ? 100 : 140;
    const args = `'${join(base, 'queue')}' ${left} ${loaded ? 'loaded' : ''}`;
    const ended = await sh(`sh -c "ulimit -n ${limit}; exec ${script('few-descriptors-child.ts')} ${args}"`);
    assert.deepEqual([ended.code, ended.signal], [0, null], ended.output);
    return JSON.parse(ended.output) as string[];
  }

  for (const left of [0, 1, 2, 3, 4, 6, 8, 10, 20])
    it(`of file descriptors (${left}) says so, and opens when there are some`, async () => {
      for (const loaded of [false, true]) {
        const [first = '', ...rest] = await withDescriptors(left, loaded);
        assert.match(first, /^QUEUE_UNAVAILABLE .*file descriptors.*EMFILE.*ulimit -n/);
        const [opened, compaction = '', ...later] = rest;
        assert.equal(opened, 'opened later');
        assert.match(compaction, /^QUEUE_UNAVAILABLE .*EMFILE/);
        assert.deepEqual(later, ['settled 2', 'closed']);
      }
    });

  it('of file descriptors, but enough, opens', async () => {
    assert.equal((await withDescriptors(40, false))[0], 'opened');
  });

  for (const mib of [10, 200, 500])
    it(`of address space (${mib} MiB) refuses what does not fit, and does not end the process`, async function () {
      if (process.platform !== 'linux') skip(this, 'only Linux is looked at');
      const ended = await sh(`${script('little-space-child.ts')} '${join(base, 'queue')}' ${mib}`);
      if (/ENOENT/.test(ended.output)) skip(this, 'there is no prlimit');
      assert.deepEqual([ended.code, ended.signal], [0, null], ended.output.slice(-500));
      assert.match(ended.output, /QUEUE_UNAVAILABLE .*address space/);
    });

  it('of luck with lmdb is not refused for ever', async () => {
    let tries = 0;
    const load = async (): ReturnType<typeof loadLmdb> => {
      if (++tries === 1) throw new Error('EMFILE: too many open files');
      return loadLmdb();
    };
    await assert.rejects(loadLmdb(load), (error: Error & { retriable?: boolean }) => {
      assert.ok(hasCode('QUEUE_UNAVAILABLE')(error));
      return error.retriable === true;
    });
    assert.equal(typeof (await loadLmdb(load)).open, 'function');
  });
});

describe('the files of a disk store', () => {
  let base: string;
  let directory: string;
  const stores = new DiskStores();
  before(function () {
    if (isWindows) skip(this, 'Windows has no modes');
  });
  beforeEach(async () => {
    base = await mkdtemp(join(tmpdir(), 'smpp-modes-'));
    directory = join(base, 'queue');
  });
  afterEach(async () => {
    await stores.close();
    await rm(base, { recursive: true, force: true });
  });

  async function modes(): Promise<Record<string, string>> {
    const found: Record<string, string> = {};
    for (const name of ['.', ...(await readdir(directory))])
      found[name] = ((await stat(join(directory, name))).mode & 0o777).toString(8);
    return found;
  }

  const OWN = { '.': '700', 'data.mdb': '600', 'lock.mdb': '600', 'lock.sock': '600' };

  for (const umask of [0o000, 0o022, 0o077, 0o277, 0o777])
    it(`are its owner's alone under umask ${umask.toString(8).padStart(4, '0')}`, async () => {
      const before = process.umask(umask);
      try {
        const store = await stores.open({ directory });
        await store.queue.enqueue(items('m', 10));
        await store.compact();
        assert.deepEqual(await modes(), OWN);
      } finally {
        process.umask(before);
      }
    });

  it('are so, too, where directory and files were there for all', async () => {
    const first = await stores.open({ directory });
    await first.queue.enqueue(items('m', 3));
    stores.forget(first);
    await first.close();
    await writeFile(join(directory, 'damaged-1.mdb'), '');
    for (const name of await readdir(directory)) await chmod(join(directory, name), 0o666);
    await chmod(directory, 0o777);
    const exposed: unknown[] = [];
    await stores.open({ directory, onExposed: (exposure) => exposed.push(exposure) });
    assert.deepEqual(await modes(), { ...OWN, 'damaged-1.mdb': '600' });
    assert.deepEqual(exposed, []);
  });

  it('are told of where they cannot be made so', async function () {
    const { nobody } = needs(this, 'root');
    await mkdir(directory, { mode: 0o777 });
    chmodSync(directory, 0o777);
    chmodSync(base, 0o777);
    const ended = await sh(`env TMPDIR='${base}' ${script('exposed-child.ts')} '${directory}' ${nobody}`);
    if (/MODULE_NOT_FOUND|EACCES/.test(ended.output)) skip(this, 'another user may not read this checkout');
    assert.equal(ended.code, 0, ended.output);
    const lines = ended.output.trim().split('\n');
    assert.equal(lines.filter((line) => line.startsWith('exposed')).length, 1, ended.output);
    assert.match(ended.output, /exposed .*has the mode 0777.*0700.*queueKey/);
    assert.match(ended.output, /opened/);
  });
});

describe('the lock of a queue directory that cannot be taken', () => {
  let base: string;
  before(function () {
    if (isWindows) skip(this, 'Windows has named pipes instead');
  });
  beforeEach(async () => {
    base = await mkdtemp(join(tmpdir(), 'smpp-lock-'));
  });
  afterEach(() => rm(base, { recursive: true, force: true }));

  /** Holds a directory as another process of ours would. */
  async function held(directory: string, work: () => Promise<void>): Promise<void> {
    const first = await lockDirectory(directory, 'first');
    assert.ok('unlock' in first);
    try {
      await work();
    } finally {
      await first.unlock();
    }
  }

  it('is refused where the directory is not there', async () => {
    await assert.rejects(lockDirectory(join(base, 'gone'), 'x'), (error: Error) => {
      assert.ok(hasCode('QUEUE_UNAVAILABLE')(error));
      assert.match(error.message, /cannot be told/);
      return true;
    });
  });

  it('is refused where this user may not write there, whoever has it', async function () {
    const { nobody } = needs(this, 'root');
    chmodSync(base, 0o755);
    await held(base, async () => {
      const ended = await sh(`${script('refused-child.ts')} '${base}' ${nobody}`);
      if (/MODULE_NOT_FOUND|EACCES.*(compiled|node_modules)/.test(ended.output))
        skip(this, 'another user may not read this checkout');
      assert.match(ended.output, /held|QUEUE_UNAVAILABLE/);
    });
    const ended = await sh(`${script('refused-child.ts')} '${base}' ${nobody}`);
    assert.match(ended.output, /QUEUE_UNAVAILABLE/);
  });

  it('holds where the path is too long for a socket', async () => {
    const directory = join(base, 'x'.repeat(120));
    await mkdir(directory);
    await held(directory, async () => {
      assert.ok('heldBy' in (await lockDirectory(directory, 'second')));
      if (process.platform === 'linux') assert.deepEqual(await readdir(directory), ['lock.sock']);
    });
    const again = await lockDirectory(directory, 'third');
    assert.ok('unlock' in again);
    await again.unlock();
    assert.deepEqual(await readdir(directory), []);
  });

  it('is not taken from whoever listens and says nothing, or something else', async () => {
    for (const answer of ['', 'hello', '{']) {
      const server = createServer((socket) => socket.end(answer));
      await new Promise<void>((resolve) => server.listen(join(base, 'lock.sock'), resolve));
      try {
        assert.ok('heldBy' in (await lockDirectory(base, 'second')));
      } finally {
        await new Promise((resolve) => server.close(resolve));
      }
    }
  });

  it('goes to one of many who find a leftover at once', async () => {
    for (let round = 0; round < 20; round++) {
      await writeFile(join(base, 'lock.sock'), '');
      const results = await Promise.all(Array.from({ length: 8 }, (_, at) => lockDirectory(base, `c${at}`)));
      const owners = results.filter((result) => 'unlock' in result);
      assert.ok(owners.length <= 1, `${owners.length} have it`);
      if (owners.length === 1) assert.ok('heldBy' in (await lockDirectory(base, 'late')));
      for (const owner of owners) await owner.unlock();
      await rm(join(base, 'lock.sock'), { force: true });
    }
  });

  it('lets in who comes after a kill', async () => {
    const child = spawn(process.execPath, [...runsTypeScript, join(__dirname, 'holding-child.ts'), base], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await new Promise((resolve) => child.stdout.once('data', resolve));
    assert.ok('heldBy' in (await lockDirectory(base, 'second')));
    child.kill('SIGKILL');
    await new Promise((resolve) => child.once('close', resolve));
    assert.deepEqual(await readdir(base), ['lock.sock']);
    const after = await lockDirectory(base, 'next');
    assert.ok('unlock' in after);
    await after.unlock();
  });
});
