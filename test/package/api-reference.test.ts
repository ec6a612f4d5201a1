import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';

const root = join(__dirname, '..', '..');
const run = promisify(execFile);

describe('The reference of the library', function () {
  this.timeout(180_000);
  let folder: string;
  let pages: string[];
  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'smpp-reference-'));
    const program = join(root, '.ci', 'api-reference.mjs');
    // Where it finds something wrong it says what, and fails.
    await run(process.execPath, [program, folder], { cwd: root, maxBuffer: 1e7 });
    pages = readdirSync(folder, { recursive: true })
      .map(String)
      .filter((name) => name.endsWith('.md'));
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  it('is made of docstrings that all that is exported has', () => {
    for (const face of ['index', 'protocol', 'text', 'simulator'])
      assert.ok(existsSync(join(folder, face, 'README.md')), `no page of the face ${face}`);
    assert.match(readFileSync(join(folder, 'index', 'classes', 'SmppClient.md'), 'utf8'), /### messages\(\)/);
  });

  it('has no link to a page that there is not', () => {
    for (const page of pages)
      for (const [, target] of readFileSync(join(folder, page), 'utf8').matchAll(
        /\]\(([^)#]+)(#[^)]*)?\)/g,
      )) {
        if (/^https?:/.test(target!)) continue;
        assert.ok(existsSync(join(folder, dirname(page), target!)), `${page}: ${target}`);
      }
  });

  it('speaks of the library, not of what it is built into', () => {
    const strange = /Node-RED|msg\.\w|\bflows?\b|\bdeploy|smpp-(?:config|out|in)\b/i;
    for (const page of pages) {
      const found = strange.exec(
        readFileSync(join(folder, page), 'utf8').replaceAll('@nazjs/node-red-smpp', ''),
      );
      assert.equal(found?.[0], undefined, page);
    }
  });
});
