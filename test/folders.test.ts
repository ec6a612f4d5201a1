import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeFolder, makeFolderSync } from '../src/folders';

describe('A folder', () => {
  let folder: string;
  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'smpp-folder-'))));
  afterEach(() => rmSync(folder, { recursive: true }));

  for (const [title, make] of [
    ['one after the other', makeFolder],
    ['at once', async (path: string, mode: number) => makeFolderSync(path, mode)],
  ] as const) {
    it(`is made with all above it, ${title}`, async () => {
      const path = join(folder, 'a', 'b', 'c');
      await make(path, 0o750);
      await make(path, 0o750);
      assert.ok(statSync(path).isDirectory());
      assert.equal(statSync(join(folder, 'a')).mode & 0o777 & ~0o750, 0);
    });

    it(`is an error where none can be, and keeps nobody busy, ${title}`, async function () {
      writeFileSync(join(folder, 'file'), '');
      symlinkSync(join(folder, 'nowhere', 'at all'), join(folder, 'link'));
      for (const path of ['file', 'file/a', 'link', 'link/a'])
        await assert.rejects(async () => make(join(folder, path), 0o750), /E(NOENT|NOTDIR|EXIST)/, path);
      if (process.platform === 'linux')
        for (const path of ['/proc/no-such', '/proc/no-such/a'])
          await assert.rejects(async () => make(path, 0o750), /ENOENT/);
      mkdirSync(join(folder, 'there'));
      await make(join(folder, 'there'), 0o750);
    });
  }

  it('says which was the topmost that was made', async () => {
    assert.equal(await makeFolder(join(folder, 'a', 'b'), 0o700), join(folder, 'a'));
    assert.equal(await makeFolder(join(folder, 'a', 'b'), 0o700), undefined);
  });
});
