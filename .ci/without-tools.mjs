// A machine that has none of the tools that some tests need (peers, root, Node-RED, …): there such a test is skipped,
// counted and says why, and no hook trips over what was never started. With CI=true it fails instead.
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const figures = join(root, '.cache', 'without-tools.json');

/** Of what a test file imports, the part that skips. */
const SKIPS = /from '(?:\.\.\/)+support\/(skip|runtime|tools|brokers)'|from '\.\/(skip|brokers)'/;
const files = readdirSync(join(root, 'test'), { recursive: true })
  .filter((name) => name.endsWith('.test.ts'))
  .map((name) => join(root, 'test', name))
  .filter((path) => SKIPS.test(readFileSync(path, 'utf8')));

/** Runs them with every tool hidden. */
function run({ CI, only = [] }) {
  rmSync(figures, { force: true });
  const mocha = [
    join(root, 'node_modules', 'mocha', 'bin', 'mocha.js'),
    ...['--reporter', join(root, '.ci', 'reporter.cjs'), '--reporter-option', `output=${figures}`],
    ...only,
    ...files,
  ];
  const { status, stdout } = spawnSync(process.execPath, mocha, {
    cwd: root,
    env: { ...process.env, HIDE_TOOLS: 'all', CI },
    encoding: 'utf8',
    maxBuffer: 1e8,
  });
  return { status, stdout, ...JSON.parse(readFileSync(figures, 'utf8')) };
}

const problems = [];
mkdirSync(dirname(figures), { recursive: true });

const bare = run({ CI: 'false' });
if (bare.status !== 0 || bare.failed > 0)
  problems.push(`without tools ${bare.failed} tests fail:\n${bare.stdout}`);
if (bare.skippedFor['no reason given']) problems.push(`some skip without a reason:\n${bare.stdout}`);
const tools = readFileSync(join(root, 'test', 'support', 'tools.ts'), 'utf8');
const rows = [...tools.matchAll(/what: '([^']+)'/g)];
if (rows.length === 0) problems.push('test/support/tools.ts has no table of tools any more');
for (const [, what] of rows) {
  if (!bare.skippedFor[`${what} is not here`]) problems.push(`nothing was skipped for want of ${what}`);
}

// By the beginnings of their names: what may be skipped there as well names one, too.
const inCi = run({ CI: 'true', only: ['--grep', '^(Net::SMPP|tshark|kannel)'] });
if (inCi.failed === 0 || inCi.skipped > 0)
  problems.push(`with CI=true a missing tool is no failure:\n${inCi.stdout}`);

console.log(problems.join('\n\n') || `${bare.skipped} tests skipped in ${files.length} files`);
process.exitCode = problems.length > 0 ? 1 : 0;
