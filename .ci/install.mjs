// Installs the dependencies when, and only when, package-lock.json asks for others than are there.
// Runs before anything is installed: nothing but Node's own modules may be used here.
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const lockFile = join(root, 'package-lock.json');
const stampFile = join(root, 'node_modules', '.installed-from');
const oldestNode = [20, 9];

export class SetupError extends Error {}

/**
 * Makes node_modules/ agree with package-lock.json.
 * @param say takes a line for people
 * @param signal ends the installation
 * @throws SetupError with what went wrong and what helps
 */
export async function install(say, signal) {
  checkNode();
  const lock = readFileSync(lockFile, 'utf8');
  const stamp = createHash('sha256').update(lock).digest('hex');
  if (readIfThere(stampFile) === stamp) return;
  const packages = JSON.parse(lock).packages;
  if (!agreesWithInstalled(packages)) await npmCi(packages, say, signal);
  writeFileSync(stampFile, stamp);
}

function checkNode() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major > oldestNode[0] || (major === oldestNode[0] && minor >= oldestNode[1])) return;
  throw new SetupError(
    `Node ${process.versions.node} is too old: version ${oldestNode.join('.')} or newer is needed (https://nodejs.org).`,
  );
}

function readIfThere(file) {
  return existsSync(file) ? readFileSync(file, 'utf8') : undefined;
}

/** Whether an `npm install` by hand did the work already: npm keeps a list of what it put there. */
function agreesWithInstalled(packages) {
  const hidden = readIfThere(join(root, 'node_modules', '.package-lock.json'));
  if (hidden === undefined) return false;
  const installed = JSON.parse(hidden).packages;
  const wanted = Object.entries(packages).filter(([path]) => path !== '');
  return (
    wanted.every(([path, { version, optional }]) =>
      installed[path] ? installed[path].version === version : optional,
    ) &&
    Object.keys(installed).every((path) => packages[path]) &&
    wanted.every(([path]) => !installed[path] || existsSync(join(root, path)))
  );
}

async function npmCi(packages, say, signal) {
  const paths = Object.entries(packages)
    .filter(([path, { optional }]) => path !== '' && !optional)
    .map(([path]) => join(root, path, 'package.json'));
  say(`Installing ${paths.length} packages (once; about a minute on a usual line) ...`);
  const started = Date.now();
  let reported = 0;
  const progress = setInterval(() => {
    const there = paths.filter((path) => existsSync(path)).length;
    // At its end npm moves folders about.
    if (there <= reported) return;
    reported = there;
    say(`  ${there} of ${paths.length} packages`);
  }, 3000);
  try {
    await runNpm(['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'], signal);
  } finally {
    clearInterval(progress);
  }
  say(`Installed in ${Math.round((Date.now() - started) / 1000)} s.`);
}

/**
 * No dependency needs its install script (binaries come prebuilt), and npm 11 runs none unasked: without them
 * every npm does the same.
 */
function runNpm(args, signal) {
  const [command, first, shell] = npmCommand();
  return new Promise((resolve, reject) => {
    const child = spawn(command, [...first, ...args], {
      cwd: root,
      shell,
      signal,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let said = '';
    child.stdout.on('data', (chunk) => (said += chunk));
    child.stderr.on('data', (chunk) => (said += chunk));
    child.on('error', (error) => reject(new SetupError(`npm could not be started: ${error.message}`)));
    child.on('close', (code, killedBy) => {
      if (code === 0) resolve();
      else reject(new SetupError(explain(killedBy ?? `exit code ${code}`, said)));
    });
  });
}

/** The npm that runs this script, where one does; else the one on the PATH. */
function npmCommand() {
  const own = process.env.npm_execpath;
  if (own && /npm-cli\.[cm]?js$/.test(own)) return [process.execPath, [own], false];
  return process.platform === 'win32' ? ['npm.cmd', [], true] : ['npm', [], false];
}

function explain(how, said) {
  const lines = said
    .trim()
    .split('\n')
    .slice(-15)
    .map((line) => `  ${line}`);
  return [
    `Installing the dependencies failed (npm ci: ${how}). npm said:`,
    ...lines,
    remedy(said),
    'Then run the same command again.',
  ].join('\n');
}

function remedy(said) {
  if (/ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|network/i.test(said))
    return 'The package registry cannot be reached: check the network connection, and behind a proxy `npm config set proxy`.';
  if (/ENOSPC/.test(said)) return 'The disk is full: about 250 MB are needed.';
  if (/EACCES|EPERM/.test(said)) return 'node_modules/ cannot be written: check who owns it.';
  if (/can only install|in sync/.test(said))
    return 'package.json and package-lock.json disagree: run `npm install` and commit the lock file.';
  return 'If the reason is not plain, remove node_modules/.';
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  try {
    await install((line) => console.error(line));
  } catch (error) {
    if (!(error instanceof SetupError)) throw error;
    console.error(error.message);
    process.exitCode = 1;
  }
}
