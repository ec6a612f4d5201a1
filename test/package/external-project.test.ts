import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { findTool } from '../support/tools';

const root = join(__dirname, '..', '..');
const run = promisify(execFile);

/** How a program of somebody else's is compiled: its package.json, and its compiler's options. */
const PROJECTS = {
  'CommonJS, node16': [{ type: 'commonjs' }, { module: 'node16', moduleResolution: 'node16' }],
  'ECMAScript modules, node16': [{ type: 'module' }, { module: 'node16', moduleResolution: 'node16' }],
  // The types of lmdb are no module of this kind.
  'ECMAScript modules, bundler': [
    { type: 'module' },
    { module: 'esnext', moduleResolution: 'bundler', skipLibCheck: true },
  ],
} as const;

describe('A program that is another project', function () {
  this.timeout(180_000);
  let folder: string;

  before(async () => {
    await run(process.execPath, [join(root, '.ci', 'build.mjs')]);
    folder = mkdtempSync(join(tmpdir(), 'smpp-project-'));
    for (const scope of ['@nazjs', '@types'])
      mkdirSync(join(folder, 'node_modules', scope), { recursive: true });
    symlinkSync(root, join(folder, 'node_modules', '@nazjs', 'node-red-smpp'));
    symlinkSync(join(root, 'node_modules', '@types', 'node'), join(folder, 'node_modules', '@types', 'node'));
    cpSync(join(__dirname, 'external-project.txt'), join(folder, 'program.ts'));
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  for (const [name, [manifest, compiler]] of Object.entries(PROJECTS))
    it(`compiles in strict mode and runs: ${name}`, async () => {
      writeFileSync(join(folder, 'package.json'), JSON.stringify(manifest));
      const compilerOptions = {
        ...compiler,
        ...{ strict: true, exactOptionalPropertyTypes: true, noUncheckedIndexedAccess: true },
        ...{ target: 'es2022', lib: ['es2023', 'esnext.disposable'], types: ['node'], outDir: 'out' },
      };
      writeFileSync(
        join(folder, 'tsconfig.json'),
        JSON.stringify({ compilerOptions, files: ['program.ts'] }),
      );
      const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
      const compiled = await run(process.execPath, [tsc, '-p', folder]).catch(
        (failure: unknown) => failure as { stdout: string },
      );
      assert.equal(compiled.stdout, '');
      // Node-RED 5 brings a newer Node.
      for (const node of new Set([process.execPath, findTool('node-red-5')?.node ?? process.execPath])) {
        const { stdout } = await run(node, [join(folder, 'out', 'program.js')]);
        assert.equal(stdout, 'one two\nDELIVRD\ndisconnected\n', node);
      }
    });
});
