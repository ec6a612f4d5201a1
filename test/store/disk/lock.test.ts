import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { chmod, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { lockDirectory } from '../../../src/store/disk/lmdb/lock';
import { runsTypeScript } from '../../support/child';
import { needs, skip } from '../../support/skip';

const run = promisify(execFile);

describe('the lock of a queue directory', () => {
  let directory: string;
  beforeEach(async () => (directory = await mkdtemp(join(tmpdir(), 'smpp-lock-'))));
  afterEach(() => rm(directory, { recursive: true, force: true }));

  const unlockOf = (result: Awaited<ReturnType<typeof lockDirectory>>): (() => Promise<void>) => {
    assert.ok('unlock' in result);
    return result.unlock;
  };
  const child = async (options: { uid?: number; gid?: number } = {}): Promise<string> => {
    const args = [...runsTypeScript, join(__dirname, 'locking-child.ts'), directory];
    return (await run(process.execPath, args, options)).stdout.trim();
  };

  it('keeps out another process, until it is free', async () => {
    const unlock = unlockOf(await lockDirectory(directory, 'first'));
    assert.equal(await child(), 'held');
    await unlock();
    assert.equal(await child(), 'locked');
  });

  // That one may not connect to the socket, yet it may be allowed to remove it.
  it('keeps out a process of another user, too', async function () {
    const { nobody } = needs(this, 'root');
    await chmod(directory, 0o777);
    const unlock = unlockOf(await lockDirectory(directory, 'first'));
    try {
      const other = await child({ uid: nobody, gid: nobody }).catch((error: unknown) => {
        if (!/EACCES|MODULE_NOT_FOUND/.test(String(error))) throw error;
        return skip(this, 'another user may not read this checkout');
      });
      assert.equal(other, 'held');
      assert.deepEqual(await readdir(directory), ['lock.sock']);
    } finally {
      await unlock();
    }
  });

  it('is taken from whoever left it behind, also where that is no socket any more', async () => {
    await writeFile(join(directory, 'lock.sock'), '');
    await unlockOf(await lockDirectory(directory, 'next'))();
    assert.deepEqual(await readdir(directory), []);
  });

  it('that has no place in a directory without sockets has the same one for all, whatever TMPDIR they have', async () => {
    const { listen } = Server.prototype;
    const { TMPDIR } = process.env;
    Server.prototype.listen = function (this: Server, ...given: unknown[]): Server {
      if (!String(given[0]).startsWith(directory))
        return listen.apply(this, given as Parameters<typeof listen>);
      queueMicrotask(() => this.emit('error', Object.assign(new Error('none here'), { code: 'ENOTSUP' })));
      return this;
    } as typeof listen;
    try {
      process.env.TMPDIR = directory.slice(0, directory.lastIndexOf('/'));
      const unlock = unlockOf(await lockDirectory(directory, 'first'));
      process.env.TMPDIR = join(directory, 'elsewhere');
      assert.ok('heldBy' in (await lockDirectory(directory, 'second')));
      await unlock();
    } finally {
      Server.prototype.listen = listen;
      if (TMPDIR === undefined) delete process.env.TMPDIR;
      else process.env.TMPDIR = TMPDIR;
    }
  });
});
