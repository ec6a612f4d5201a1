import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { npm } from '../support/npm';
import { Runtime } from '../support/runtime';
import { needs, skip } from '../support/skip';
import { findTool } from '../support/tools';

const root = join(__dirname, '..', '..');
const run = promisify(execFile);
const types = ['smpp-config', 'smpp-out', 'smpp-in', 'smpp-simulator'];
const faces = ['', '/protocol', '/text', '/server', '/simulator'];

/** This Node, and the newer one where it is there. */
const nodes = (): string[] => {
  const newer = findTool('node-red-5')?.node;
  return [process.execPath, ...(newer === undefined ? [] : [newer])];
};

interface Packed {
  readonly filename: string;
  readonly unpackedSize: number;
  readonly files: readonly { readonly path: string }[];
}

describe('the package as it is published', function () {
  this.timeout(120_000);
  let folder: string;
  let packed: Packed;
  let files: Set<string>;

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'node-red-smpp-pack-'));
    await run(process.execPath, [join(root, '.ci', 'build.mjs')]);
    const options = ['--json', '--ignore-scripts', '--pack-destination', folder];
    const [first] = JSON.parse(await npm(['pack', ...options], root)) as Packed[];
    packed = first!;
    files = new Set(packed.files.map(({ path }) => path));
  });

  after(() => rmSync(folder, { recursive: true, force: true }));

  it('has the code, its types and the editor part of every node', () => {
    const wanted = [
      ...['index', 'protocol/index', 'text/index', 'server/index', 'simulator/index'].flatMap((name) => [
        `dist/src/${name}.js`,
        `dist/src/${name}.d.ts`,
      ]),
      ...types.flatMap((type) => [
        `dist/nodes/${type}.js`,
        `dist/nodes/${type}.html`,
        `dist/nodes/locales/en-US/${type}.json`,
      ]),
      'package.json',
      'dist/src/cli/main.js',
      'dist/src/cli/libraries.js',
      'dist/src/cli/libraries.licences.txt',
      'resources/measure.js',
      'README.md',
      'LICENSE',
    ];
    assert.deepEqual(
      wanted.filter((path) => !files.has(path)),
      [],
    );
  });

  it('has icons beside the nodes, and examples', () => {
    assert.ok([...files].some((path) => /^dist\/nodes\/icons\/.+\.(svg|png)$/.test(path)));
    assert.ok([...files].some((path) => /^examples\/.+\.json$/.test(path)));
  });

  it('has nothing that only its makers need', () => {
    const unwanted =
      /^(src|test|nodes|\.ci|\.github|\.demo|\.cache|coverage)\/|^dist\/test\/|tsbuildinfo|built-from|\.test\.|^tsconfig|eslint/;
    assert.deepEqual(
      [...files].filter((path) => unwanted.test(path)),
      [],
    );
  });

  it('holds the libraries of the command line, with their licences, and no types of it', () => {
    const read = (name: string): string => readFileSync(join(root, 'dist', 'src', 'cli', name), 'utf8');
    const licences = read('libraries.licences.txt');
    for (const name of ['commander', 'csv-parse', 'yaml', 'cli-progress', 'string-width'])
      assert.match(licences, new RegExp(`^${name} \\d+\\.\\d+\\.\\d+ \\(\\w+\\)$`, 'm'));
    assert.deepEqual(
      [...read('libraries.js').matchAll(/require\("([^"]+)"\)/g)]
        .map(([, name]) => name!)
        .filter((name) => !isBuiltin(name)),
      [],
    );
    assert.deepEqual(
      [...files].filter((path) => /^dist\/src\/cli\/.*\.d\.ts$/.test(path)),
      [],
    );
  });

  it('has the declarations that its faces lead to, and none of internals', () => {
    const faces = files.has('dist/src/client/events/events.d.ts') && files.has('dist/src/index.d.ts');
    const internal = [...files].filter((path) =>
      /^dist\/(nodes|src\/store\/redis\/lua)\/.*\.d\.ts$/.test(path),
    );
    assert.deepEqual([faces, internal], [true, []]);
  });

  it('stays small', () => {
    assert.ok(packed.unpackedSize < 5_200_000, `${packed.unpackedSize} octets unpacked`);
  });

  describe('installed in a fresh user folder', () => {
    let userDir: string;

    before(async function () {
      needs(this, 'registry');
      userDir = join(folder, 'user');
      mkdirSync(userDir);
      writeFileSync(join(userDir, 'package.json'), '{"name":"a-project","version":"0.0.0","private":true}');
      const options = ['--prefer-offline', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];
      try {
        await npm(['install', ...options, join(folder, packed.filename)], userDir);
      } catch (error) {
        if (process.env.CI === 'true' || !/ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ENOTCACHED/.test(String(error)))
          throw error;
        skip(this, 'the registry cannot be reached');
      }
    });

    it('gives require and import every face of the library', async () => {
      const names = faces.map((face) => `@nazjs/node-red-smpp${face}`);
      const commonJs = names
        .map((name) => `if (Object.keys(require('${name}')).length === 0) throw '${name}';`)
        .join('\n');
      await run(process.execPath, ['-e', commonJs], { cwd: userDir });
      const esm = [
        `import { SmppClient } from '${names[0]!}';`,
        `import { encodePdu, decodePdu, PduFramer, PduError } from '${names[1]!}';`,
        `import { encodeText, decodeText, segment, Reassembler, parseReceipt, parseUserDataHeader, parseSmppTime } from '${names[2]!}';`,
        `import { SmppServer } from '${names[3]!}';`,
        `import { Smsc } from '${names[4]!}';`,
      ].join('\n');
      await run(process.execPath, ['--input-type=module', '-e', esm], { cwd: userDir });
    });

    it('offers the memory queue where lmdb is not to be had', async () => {
      const lmdb = join(userDir, 'node_modules', 'lmdb');
      const program = `
        const { SmppClient } = require('@nazjs/node-red-smpp');
        (async () => {
          const directory = require('node:path').resolve('queues');
          const onDisk = new SmppClient({ queue: 'disk', queueDirectory: directory, logLevel: 'silent' });
          await onDisk.start().catch(({ code, message }) => console.log(code, message));
          await onDisk.stop();
          const inMemory = new SmppClient({ queue: 'memory', logLevel: 'silent' });
          console.log('queued', (await inMemory.enqueue({ short_message: 'x', destination_addr: '447700900123' })).length);
          await inMemory.stop();
        })();`;
      renameSync(lmdb, `${lmdb}-away`);
      const { stdout } = await run(process.execPath, ['-e', program], { cwd: userDir }).finally(() =>
        renameSync(`${lmdb}-away`, lmdb),
      );
      assert.match(stdout, /^QUEUE_UNAVAILABLE .*lmdb.*memory/s);
      assert.match(stdout, /^queued 24$/m);
    });

    it('gives a program in TypeScript its types', async () => {
      writeFileSync(
        join(userDir, 'consumer.ts'),
        [
          `import { SmppClient } from '@nazjs/node-red-smpp';`,
          `import { decodePdu, encodePdu } from '@nazjs/node-red-smpp/protocol';`,
          `import { encodeText } from '@nazjs/node-red-smpp/text';`,
          `import { SmppServer } from '@nazjs/node-red-smpp/server';`,
          `import { Smsc } from '@nazjs/node-red-smpp/simulator';`,
          `const server = new SmppServer({ authenticate: ({ password }) => password === 'x', submit: () => 'ESME_RSYSERR' });`,
          `const octets: Buffer = encodePdu({ command: 'enquire_link', command_status: 0, sequence_number: 1 });`,
          `const name: string = decodePdu(octets).command;`,
          `const coding: number = encodeText('Hello', { encoding: 'auto' }).data_coding;`,
          `export { SmppClient, Smsc, name, coding, server };`,
          `// @ts-expect-error a command that does not exist`,
          `encodePdu({ command: 'submit_sms', command_status: 0, sequence_number: 1 });`,
          `// @ts-expect-error who may bind must be said`,
          `new SmppServer({ port: 0 });`,
        ].join('\n'),
      );
      const flags = ['--noEmit', '--strict', '--module', 'node16', '--target', 'es2022', '--types', 'node'];
      const typeRoots = ['--typeRoots', join(root, 'node_modules', '@types')];
      const compiler = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
      await run(process.execPath, [compiler, ...flags, ...typeRoots, 'consumer.ts'], { cwd: userDir }).catch(
        (error: unknown) => assert.fail((error as { stdout: string }).stdout),
      );
    });

    it('runs smpp, with no Node-RED beside it', async function () {
      assert.ok(!existsSync(join(userDir, 'node_modules', 'node-red')));
      const help = await npm(['exec', '--offline', '--', 'smpp', '--help'], userDir);
      assert.match(help, /^Usage: smpp[\s\S]*\n {2}send /);
      const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };
      for (const node of nodes()) {
        const main = join(
          userDir,
          'node_modules',
          '@nazjs',
          'node-red-smpp',
          'dist',
          'src',
          'cli',
          'main.js',
        );
        const smsc = spawn(node, [main, 'simulate', '--port', '0', '--json'], { cwd: userDir });
        try {
          const [line] = (await once(smsc.stdout, 'data')) as [Buffer];
          const { port } = JSON.parse(line.toString()) as { port: number };
          const to = ['--to', '447700900123', '--text', 'Hello', '--port', String(port)];
          const { stdout } = await run(node, [main, 'send', ...to], { cwd: userDir });
          assert.match(stdout, /^accepted, message_id \d+\n$/);
          assert.equal((await run(node, [main, '--version'], { cwd: userDir })).stdout, `${version}\n`);
        } finally {
          const ended = once(smsc, 'exit');
          smsc.kill('SIGTERM');
          assert.deepEqual(await ended, [0, null]);
        }
      }
    });

    it('is found by Node-RED there', async function () {
      const runtime = await Runtime.start(needs(this, 'node-red-4'), { userDir, withCheckout: false });
      const sets = (await runtime.nodeSets()).filter(({ id }) => id.startsWith('@nazjs/'));
      await runtime.stop();
      assert.deepEqual(
        sets.map((set) => [set.types, set.err]),
        types.map((type) => [[type], undefined]),
      );
    });
  });
});
