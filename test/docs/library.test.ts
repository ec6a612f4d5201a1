import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';

const root = join(__dirname, '..', '..');
const run = promisify(execFile);

describe('The TypeScript in the docs', function () {
  this.timeout(120_000);
  const folder = join(root, '.cache', 'docs-typescript');

  before(() => mkdirSync(folder, { recursive: true }));
  after(() => rmSync(folder, { recursive: true, force: true }));

  it('compiles in strict mode, on the sources', async () => {
    const files = readdirSync(join(root, 'docs'))
      .filter((name) => name.endsWith('.md'))
      .flatMap((page) => {
        const blocks = readFileSync(join(root, 'docs', page), 'utf8').matchAll(/^```ts\n([\s\S]*?)^```$/gm);
        return [...blocks].map(([, code], at) => {
          const file = `${page.replace('.md', '')}-${at}.ts`;
          writeFileSync(join(folder, file), `${code!}\nexport {};\n`);
          return file;
        });
      });
    assert.ok(files.length > 0, 'there is none');
    const faces = {
      '@nazjs/node-red-smpp': ['../../src/index.ts'],
      '@nazjs/node-red-smpp/*': ['../../src/*/index.ts'],
    };
    const compilerOptions = {
      rootDir: '../..',
      noEmit: true,
      declaration: false,
      declarationMap: false,
      sourceMap: false,
      incremental: false,
      types: ['node', 'mocha'],
      paths: faces,
    };
    const extended = join(root, 'tsconfig.json');
    writeFileSync(
      join(folder, 'tsconfig.json'),
      JSON.stringify({ extends: extended, compilerOptions, include: [], files }),
    );
    const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
    const { stdout } = await run(process.execPath, [tsc, '-p', folder]).catch(
      (failure: unknown) => failure as { stdout: string },
    );
    assert.equal(stdout, '');
  });
});
