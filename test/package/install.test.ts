import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

const root = join(__dirname, '..', '..');

/** What `npm start` and `npm run verify` do first, on a project of its own that needs no network. */
describe('the installation', function () {
  this.timeout(60_000);
  let project: string;

  beforeEach(() => {
    project = mkdtempSync(join(tmpdir(), 'node-red-smpp-install-'));
    cpSync(join(root, '.ci', 'install.mjs'), join(project, '.ci', 'install.mjs'));
    for (const part of ['part-a', 'part-b']) {
      mkdirSync(join(project, part));
      write(join(part, 'package.json'), { name: part, version: '1.0.0' });
    }
    wants({ 'part-a': 'file:part-a' });
    locks('part-a');
  });

  afterEach(() => rmSync(project, { recursive: true, force: true }));

  const about = { name: 'a-project', version: '1.0.0' };

  function write(file: string, content: object): void {
    writeFileSync(join(project, file), JSON.stringify(content));
  }

  let wanted: Record<string, string>;

  function wants(dependencies: Record<string, string>): void {
    wanted = dependencies;
    write('package.json', { ...about, dependencies });
  }

  /** Locks parts of the project itself. */
  function locks(...parts: string[]): void {
    const packages: Record<string, object> = { '': { ...about, dependencies: wanted } };
    for (const part of parts) {
      packages[part] = { version: '1.0.0' };
      packages[`node_modules/${part}`] = { resolved: part, link: true };
    }
    write('package-lock.json', { ...about, lockfileVersion: 3, requires: true, packages });
  }

  function install(env: Record<string, string> = {}): { code: number | null; said: string } {
    const { status, stdout, stderr } = spawnSync(process.execPath, ['.ci/install.mjs'], {
      cwd: project,
      encoding: 'utf8',
      env: { ...process.env, npm_config_fetch_retries: '0', npm_config_prefer_offline: 'false', ...env },
    });
    assert.equal(stdout, '');
    return { code: status, said: stderr };
  }

  it('tells what it does, and that it is done', () => {
    const { code, said } = install();
    assert.equal(code, 0, said);
    // Where it takes long it says how far it is.
    assert.match(
      said,
      /^Installing 2 packages \(once; .*\) \.\.\.\n( {2}\d of 2 packages\n)*Installed in \d+ s\.\n$/,
    );
    assert.ok(existsSync(join(project, 'node_modules', 'part-a', 'package.json')));
  });

  it('does nothing as long as the lock file stays as it is', () => {
    install();
    assert.deepEqual(install(), { code: 0, said: '' });
  });

  it('comes again when the lock file has changed', () => {
    install();
    wants({ 'part-a': 'file:part-a', 'part-b': 'file:part-b' });
    locks('part-a', 'part-b');
    assert.match(install().said, /^Installing 4 packages/);
    assert.ok(existsSync(join(project, 'node_modules', 'part-b', 'package.json')));
  });

  it('takes an installation by hand for its own', () => {
    install();
    rmSync(join(project, 'node_modules', '.installed-from'));
    assert.deepEqual(install(), { code: 0, said: '' });
    assert.ok(existsSync(join(project, 'node_modules', '.installed-from')));
  });

  it('comes again where a package was removed by hand', () => {
    install();
    rmSync(join(project, 'node_modules', '.installed-from'));
    rmSync(join(project, 'node_modules', 'part-a'));
    assert.match(install().said, /^Installing/);
    assert.ok(existsSync(join(project, 'node_modules', 'part-a', 'package.json')));
  });

  it('says that the registry cannot be reached', () => {
    wants({ 'left-over': '1.0.0' });
    const packages = {
      '': { ...about, dependencies: wanted },
      'node_modules/left-over': { version: '1.0.0' },
    };
    write('package-lock.json', { ...about, lockfileVersion: 3, requires: true, packages });
    const nobody = 'http://127.0.0.1:9/';
    const { code, said } = install({ npm_config_registry: nobody, npm_config_cache: join(project, 'cache') });
    assert.equal(code, 1);
    assert.match(said, /Installing the dependencies failed \(npm ci: exit code \d+\)\. npm said:/);
    assert.match(said, /The package registry cannot be reached: check the network connection/);
    assert.match(said, /Then run the same command again\.\n$/);
  });

  it('says that package.json and the lock file disagree', () => {
    wants({ 'part-a': 'file:part-a', 'part-b': 'file:part-b' });
    const { code, said } = install();
    assert.equal(code, 1);
    assert.match(
      said,
      /package\.json and package-lock\.json disagree: run `npm install` and commit the lock file/,
    );
  });

  it('says that there is no npm', () => {
    const { code, said } = install({ PATH: '', npm_execpath: '' });
    assert.equal(code, 1);
    assert.match(said, /npm could not be started/);
  });
});

describe('What runs before anything is installed', () => {
  for (const name of ['start.mjs', 'verify.mjs', 'build.mjs'])
    it(`${name} loads nothing but Node and files of its own`, () => {
      assert.deepEqual(packagesOf(join(root, '.ci', name)), []);
    });
});

/** What a module and those that it imports take from packages when they are loaded. */
function packagesOf(file: string, seen = new Set<string>()): string[] {
  if (seen.has(file)) return [];
  seen.add(file);
  const imports = readFileSync(file, 'utf8').matchAll(/^(?:import|export)\b[^;]*?from '([^']+)';$/gm);
  return [...imports].flatMap(([, from]) => {
    if (from!.startsWith('.')) return packagesOf(join(dirname(file), from!), seen);
    return from!.startsWith('node:') ? [] : [`${from!} in ${file}`];
  });
}
