// Which test files go into one mocha process. Groups of about the same duration, so that all cores are at work until
// the end; each is a start of mocha and of what its files load.
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

/** Milliseconds that a file is taken for of which no run has told. */
const UNKNOWN = 1_000;
const UNKNOWN_WITH_PROCESSES = 12_000;
/** Hundreds of lives of a client, or servers that are stopped, which mostly wait: first of all, so that they do not come last. */
const UNKNOWN_CAMPAIGN = 120_000;
const CAMPAIGN = /torture.(campaign|brokers)/;
const WITH_PROCESSES =
  /'node:child_process'|support\/(brokers|demo|resident|runtime|child|shell|terminal)'|torture'/;

/** A group is full with so many milliseconds. */
const FULL = 30_000;

/** Files that take their Node-RED from test/support/runtime.ts share it when they are in one process. */
const SHARES_RUNTIME = /sharedRuntime\(kind\)/;
const NODE_RED_5 = '\\(Node-RED 5\\)';

/** @returns all test files, relative to `root` */
export function testFiles(root) {
  return readdirSync(join(root, 'test'), { recursive: true })
    .filter((name) => name.endsWith('.test.ts'))
    .map((name) => join('test', name))
    .sort();
}

/**
 * Every file is in exactly one group, or, where `args` divide its tests by name, in two that together have all.
 * @param durations what files took the last time, in milliseconds by name
 * @returns the groups, longest first
 */
export function groupsOf(root, files, durations) {
  const known = files.map((file) => {
    const source = readFileSync(join(root, file), 'utf8');
    const guess = WITH_PROCESSES.test(source) ? UNKNOWN_WITH_PROCESSES : UNKNOWN;
    return {
      file,
      ms: durations[file] ?? (CAMPAIGN.test(file) ? UNKNOWN_CAMPAIGN : guess),
      shares: SHARES_RUNTIME.test(source),
    };
  });
  const groups = packed(known.filter(({ shares }) => !shares));
  const sharing = known.filter(({ shares }) => shares);
  const ms = sharing.reduce((sum, one) => sum + one.ms, 0) / 2;
  const shared = { name: 'runtime', ms, files: sharing.map(({ file }) => file) };
  if (sharing.length > 0)
    groups.push(
      { ...shared, args: ['--grep', NODE_RED_5] },
      { ...shared, args: ['--grep', NODE_RED_5, '--invert'] },
    );
  return groups.sort((a, b) => b.ms - a.ms).map((group, at) => ({ ...group, name: `tests-${at + 1}` }));
}

/** Each file goes, the longest first, into the group that has the least. */
function packed(files) {
  const count = Math.ceil(files.reduce((sum, { ms }) => sum + ms, 0) / FULL);
  const groups = Array.from({ length: Math.max(1, count) }, () => ({ ms: 0, files: [], args: [] }));
  for (const { file, ms } of [...files].sort((a, b) => b.ms - a.ms)) {
    const least = groups.reduce((one, other) => (other.ms < one.ms ? other : one));
    least.files.push(file);
    least.ms += ms;
  }
  return groups
    .filter(({ files }) => files.length > 0)
    .map((group) => ({ ...group, files: group.files.sort() }));
}
