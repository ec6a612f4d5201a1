// `npm run verify`: everything that must hold, one report, and as the last line the sum of it:
// `N passed, N failed, N skipped`. Each check beside the tests counts as one.
// Checks and groups of tests are tasks of one list, and as many as the machine can do run at a time.
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { availableParallelism } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { groupsOf, testFiles } from './groups.mjs';
import { install, SetupError } from './install.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const cache = join(root, '.cache');
const durationsFile = join(cache, 'durations.json');
const modules = (path) => join(root, 'node_modules', path);
const inCi = process.env.CI === 'true';

/** Many tests mostly wait: for timers, sockets, other processes. */
const AT_A_TIME = availableParallelism() + 2;

const sum = { passed: 0, failed: 0, skipped: 0 };

function count({ passed = 0, failed = 0, skipped = 0 }) {
  sum.passed += passed;
  sum.failed += failed;
  sum.skipped += skipped;
}

/** Runs a script with this Node. Resolves with its exit code, what it printed, and the seconds that it took. */
function node(args) {
  const started = Date.now();
  return new Promise((resolve) => {
    const child = spawn(process.execPath, args, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    child.stdout.on('data', (chunk) => (output += chunk));
    child.stderr.on('data', (chunk) => (output += chunk));
    child.on('close', (code) =>
      resolve({ code, output, seconds: ((Date.now() - started) / 1000).toFixed(1) }),
    );
  });
}

/** One check: a line when it holds, all that it said when it does not. */
async function check(name, args) {
  const { code, output, seconds } = await node(args);
  if (code === 0) console.log(`  ok     ${name} (${seconds} s)`);
  else console.log(`  FAILED ${name} (${seconds} s)\n${output.trimEnd().replace(/^/gm, '         ')}`);
  count(code === 0 ? { passed: 1 } : { failed: 1 });
}

/** One run of mocha; what it says comes when it has ended, for others run beside it. */
async function mocha({ name, files, args }, told) {
  const figures = join(cache, `figures-${name}.json`);
  rmSync(figures, { force: true });
  const reporter = ['--reporter', join(root, '.ci', 'reporter.cjs')];
  const options = ['--reporter-option', `output=${figures}`];
  const { code, output } = await node([
    modules('mocha/bin/mocha.js'),
    ...reporter,
    ...options,
    ...args,
    ...files,
  ]);
  process.stdout.write(output);
  if (!existsSync(figures)) {
    console.log(`  FAILED tests ended before their report (exit code ${code}): ${files.join(' ')}`);
    count({ failed: 1 });
    return;
  }
  const result = JSON.parse(readFileSync(figures, 'utf8'));
  told.push(result);
  count(result);
  // Fine by the figures, yet an error: something was left open, or thrown after the last test.
  if (code !== 0 && result.failed === 0) count({ failed: 1 });
}

/** Does the tasks in their order, `AT_A_TIME` at a time. */
async function allOf(tasks) {
  const open = [...tasks];
  const work = async () => {
    for (let task = open.shift(); task; task = open.shift()) await task();
  };
  await Promise.all(Array.from({ length: AT_A_TIME }, work));
}

/** What was said of types in other files may be kept too long: continuous integration looks at everything. */
function lint() {
  const rules = ['eslint.config.mjs', '.ci/lint-rules.mjs', 'package-lock.json', 'tsconfig.json'];
  const key = createHash('sha256');
  for (const file of rules) key.update(readFileSync(join(root, file)));
  const location = join(cache, 'eslint', key.digest('hex').slice(0, 16));
  const kept = ['--cache', '--cache-strategy', 'content', '--cache-location', location];
  return check('lint', [modules('eslint/bin/eslint.js'), '--max-warnings', '0', ...(inCi ? [] : kept), '.']);
}

const types = () => check('types of the tests', [modules('typescript/bin/tsc'), '-p', 'test/tsconfig.json']);

function format() {
  const kept = ['--cache', '--cache-strategy', 'content', '--cache-location', join(cache, 'prettier')];
  return check('format', [
    modules('prettier/bin/prettier.cjs'),
    '--check',
    '--log-level',
    'warn',
    ...kept,
    '.',
  ]);
}

/** Where everything is installed, nobody sees what happens where it is not. */
const withoutTools = () =>
  check('tests that need a tool, where there is none', [join(root, '.ci', 'without-tools.mjs')]);

const readDurations = () =>
  existsSync(durationsFile) ? JSON.parse(readFileSync(durationsFile, 'utf8')) : {};

/**
 * One Redis and one RabbitMQ for all groups of tests, where Debian's are installed and the environment names no other:
 * each would start its own otherwise. They end with this process.
 */
async function startBrokers() {
  const require = createRequire(import.meta.url);
  require('./compiled.cjs');
  const { findTool } = require('../test/support/tools.ts');
  const servers = require('../test/support/servers.ts');
  const redis = findTool('redis');
  if (redis?.installed && redis.url === undefined && !(await servers.servesRedis(redis.defaultPort)))
    process.env.SMPP_TEST_REDIS_URL = (await servers.startRedisServer()).url;
  const rabbit = findTool('rabbitmq');
  if (rabbit?.installed && rabbit.url === undefined && !(await servers.servesAmqp(rabbit.defaultPort))) {
    const { url, apiUrl } = await servers.startRabbitServer({ management: true });
    Object.assign(process.env, { SMPP_TEST_AMQP_URL: url, SMPP_TEST_AMQP_API_URL: apiUrl });
  }
}

/** For the next run: the durations of the files that were run, by their names. */
function keepDurations(told) {
  const durations = {};
  for (const { files } of told)
    for (const [file, ms] of Object.entries(files)) durations[file] = (durations[file] ?? 0) + ms;
  writeFileSync(durationsFile, JSON.stringify(durations));
}

/** What concerns all groups together: who was skipped for which reason, the slowest, and once more what failed. */
function tellOf(told) {
  const reasons = new Map();
  for (const { skippedFor } of told)
    for (const [reason, titles] of Object.entries(skippedFor))
      reasons.set(reason, [...(reasons.get(reason) ?? []), ...titles]);
  for (const [reason, titles] of reasons) {
    console.log(`  skipped, ${reason}: ${titles.length}`);
    for (const title of titles) console.log(`    - ${title}`);
  }
  const slowest = told.flatMap((one) => one.slowest).sort((a, b) => b.ms - a.ms);
  const lines = slowest.slice(0, 5).map(({ title, ms }) => `${(ms / 1000).toFixed(1)} s ${title}`);
  console.log(`  slowest: ${lines.join('; ')}`);
  for (const { title, error } of told.flatMap(({ failures }) => failures))
    console.log(`  failed: ${title}: ${error}`);
}

async function verify() {
  const started = Date.now();
  mkdirSync(cache, { recursive: true });
  try {
    await install((line) => console.log(line));
  } catch (error) {
    if (!(error instanceof SetupError)) throw error;
    console.log(error.message);
    count({ failed: 1 });
    return;
  }
  console.log('Checks and tests');
  const told = [];
  const compiled = check('compile', [join(root, '.ci', 'compile.mjs')]);
  const linted = lint();
  await Promise.all([compiled, check('build', [join(root, '.ci', 'build.mjs')]), startBrokers()]);
  const tests = groupsOf(root, testFiles(root), readDurations()).map((group) => () => mocha(group, told));
  const checks = [() => linted, types, format, ...(inCi ? [withoutTools] : [])];
  // The longest first; checks are among them, so that none is left for the end.
  await allOf([...tests.slice(0, 2), ...checks, ...tests.slice(2)]);
  keepDurations(told);
  tellOf(told);
  console.log(`In ${Math.round((Date.now() - started) / 1000)} s, Node ${process.versions.node}.`);
}

await verify();
console.log(`${sum.passed} passed, ${sum.failed} failed, ${sum.skipped} skipped`);
process.exitCode = sum.failed > 0 ? 1 : 0;
