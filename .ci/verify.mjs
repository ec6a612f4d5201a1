// `npm run verify`: everything that must hold, one report, and as the last line the sum of it:
// `N passed, N failed, N skipped`. Each check before the tests counts as one.
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { install, SetupError } from './install.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const cache = join(root, '.cache');
const figures = join(cache, 'figures');
const modules = (path) => join(root, 'node_modules', path);

const sum = { passed: 0, failed: 0, skipped: 0 };

function count({ passed = 0, failed = 0, skipped = 0 }) {
  sum.passed += passed;
  sum.failed += failed;
  sum.skipped += skipped;
}

/** Runs a script with this Node. Resolves with its exit code and, where captured, what it printed. */
function node(args, { capture = true } = {}) {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, args, {
      cwd: root,
      stdio: capture ? ['ignore', 'pipe', 'pipe'] : ['ignore', 'inherit', 'inherit'],
    });
    let output = '';
    child.stdout?.on('data', (chunk) => (output += chunk));
    child.stderr?.on('data', (chunk) => (output += chunk));
    child.on('close', (code) => resolve({ code, output }));
  });
}

/** One check: a line when it holds, all that it said when it does not. */
async function check(name, args) {
  const started = Date.now();
  const { code, output } = await node(args);
  const seconds = ((Date.now() - started) / 1000).toFixed(1);
  if (code === 0) console.log(`  ok     ${name} (${seconds} s)`);
  else console.log(`  FAILED ${name} (${seconds} s)\n${output.trimEnd().replace(/^/gm, '         ')}`);
  count(code === 0 ? { passed: 1 } : { failed: 1 });
}

/**
 * One run of mocha; what it says comes at once, or, with `quiet`, when it has ended, so that two do not talk at a time.
 */
async function mocha(name, args, quiet) {
  const output = `${figures}-${name}.json`;
  rmSync(output, { force: true });
  const reporter = ['--reporter', join(root, '.ci', 'reporter.cjs'), '--reporter-option', `output=${output}`];
  const { code, output: said } = await node([modules('mocha/bin/mocha.js'), ...reporter, ...args], {
    capture: quiet,
  });
  return () => {
    if (quiet) process.stdout.write(said);
    if (!existsSync(output)) {
      console.log(`  FAILED the ${name} ended before their report (exit code ${code})`);
      count({ failed: 1 });
      return;
    }
    const result = JSON.parse(readFileSync(output, 'utf8'));
    count(result);
    // Fine by the figures, yet an error: something was left open, or thrown after the last test.
    if (code !== 0 && result.failed === 0) count({ failed: 1 });
  };
}

/** Those that play whole campaigns mostly wait: they run beside the others, where there is more than one core. */
async function tests() {
  const torture = () => mocha('torture', ['test/torture/**/*.test.ts'], true);
  const others = () => mocha('tests', ['--ignore', 'test/torture/**', 'test/**/*.test.ts'], false);
  const ended =
    availableParallelism() > 1 ? await Promise.all([others(), torture()]) : [await others(), await torture()];
  for (const tell of ended) tell();
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
  console.log('Checks');
  await check('build', [join(root, '.ci', 'build.mjs')]);
  await Promise.all([
    check('lint', [modules('eslint/bin/eslint.js'), '--max-warnings', '0', '.']),
    (async () => {
      await check('types of the tests', [modules('typescript/bin/tsc'), '-p', 'test/tsconfig.json']);
      await check('format', [modules('prettier/bin/prettier.cjs'), '--check', '--log-level', 'warn', '.']);
    })(),
  ]);
  // Where everything is installed, nobody sees what happens where it is not.
  if (process.env.CI === 'true')
    await check('tests that need a tool, where there is none', [join(root, '.ci', 'without-tools.mjs')]);
  console.log('Tests');
  await tests();
  console.log(`In ${Math.round((Date.now() - started) / 1000)} s, Node ${process.versions.node}.`);
}

await verify();
console.log(`${sum.passed} passed, ${sum.failed} failed, ${sum.skipped} skipped`);
process.exitCode = sum.failed > 0 ? 1 : 0;
