// Builds dist/: what TypeScript makes of src/ and nodes/, and beside it what Node-RED wants to find there as it
// is: the editor's html, the locales, the icons. Where nothing has changed since the last build it is over at once.
// Needs nothing but Node and what the lock file brings.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { LICENCES, bundleLibraries, bundleMeasure, fillTables } from './bundle.mjs';
import { pruneDeclarations } from './declarations.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const dist = join(root, 'dist');

/** Every file below `folder`, as paths relative to it; none where it does not exist. */
function filesBelow(folder) {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)));
}

const isTypeScript = (file) => /\.[cm]?ts$/.test(file);

/** What is copied as it is: [from, to below dist/]. Node-RED looks for icons/ beside the compiled node. */
function assets() {
  const ofNodes = filesBelow(join(root, 'nodes')).filter((file) => !isTypeScript(file));
  const icons = filesBelow(join(root, 'icons'));
  return [
    ...ofNodes.map((file) => [join(root, 'nodes', file), join('nodes', file)]),
    ...icons.map((file) => [join(root, 'icons', file), join('nodes', 'icons', file)]),
  ];
}

function copyAssets(list) {
  for (const [from, to] of list) {
    const target = join(dist, to);
    if (existsSync(target) && readFileSync(target).equals(readFileSync(from))) continue;
    mkdirSync(dirname(target), { recursive: true });
    copyFileSync(from, target);
  }
}

/** A renamed source must not leave its old output in the package. */
function removeStale(list) {
  const wanted = new Set([...list.map(([, to]) => to), LICENCES]);
  for (const file of filesBelow(dist)) {
    if (file.startsWith('.') || wanted.has(file)) continue;
    const source = file.replace(/(\.d)?\.([cm]?)(js|ts)(\.map)?$/, '.$2ts');
    if (isTypeScript(source) && existsSync(join(root, source))) continue;
    rmSync(join(dist, file));
  }
}

/** Says whether anything that a build depends on has changed. */
function fingerprint() {
  const hash = createHash('sha256');
  for (const folder of ['src', 'nodes', 'icons'])
    for (const file of filesBelow(join(root, folder)).sort())
      hash.update(`${folder}/${file}\0`).update(readFileSync(join(root, folder, file)));
  for (const file of [
    'tsconfig.json',
    'package.json',
    'package-lock.json',
    '.ci/bundle.mjs',
    '.ci/declarations.mjs',
  ])
    hash.update(readFileSync(join(root, file)));
  return hash.digest('hex');
}

function compile(output) {
  const compiler = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
  const { status } = spawnSync(process.execPath, [compiler, '-p', join(root, 'tsconfig.json')], {
    cwd: root,
    stdio: ['ignore', output, 2],
  });
  return status === 0;
}

/**
 * Builds, writing what the compiler says to `output` (a file descriptor).
 * @returns whether all of it compiled
 */
export function build(output = 1) {
  const stamp = join(dist, '.built-from');
  const now = fingerprint();
  const made = existsSync(stamp) && existsSync(join(root, 'resources', 'measure.js'));
  if (made && readFileSync(stamp, 'utf8') === now) return true;
  rmSync(stamp, { force: true });
  // The compiler trusts its record of the last build; where the output is gone, so must be the record.
  if (!existsSync(join(dist, 'src'))) rmSync(join(dist, '.tsbuildinfo'), { force: true });
  const list = assets();
  copyAssets(list);
  const isCompiled = compile(output);
  removeStale(list);
  if (!isCompiled) return false;
  if (!pruneDeclarations(root, filesBelow(dist))) {
    // One that was internal is needed now, and its source has not changed.
    rmSync(join(dist, '.tsbuildinfo'), { force: true });
    if (!compile(output)) return false;
    if (!pruneDeclarations(root, filesBelow(dist)))
      throw new Error('a declaration imports one that the compiler does not write');
  }
  bundleMeasure(root);
  fillTables(root);
  bundleLibraries(root);
  chmodSync(join(dist, 'src', 'cli', 'main.js'), 0o755);
  writeFileSync(stamp, now);
  return true;
}

const isMain = process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href;
if (isMain) {
  // Standard output belongs to the command that builds on the way (`npm pack --json`).
  if (!build(2)) process.exitCode = 1;
}
