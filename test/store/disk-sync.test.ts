import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { needs } from '../support/skip';

const ENQUEUES = 20;
/** So that what does not wait for it is sure to come before its end. */
const SLOW_SYNC = 'inject=fdatasync:delay_enter=20ms';

function strace(): string | undefined {
  const tried = spawnSync('strace', ['-f', '-o', '/dev/null', 'true']);
  return tried.status === 0 ? 'strace' : undefined;
}

/**
 * For each acknowledgement whether all that was written before it was committed, and anything at all. A transaction
 * is committed when a thread has synced the pages and then written, through a descriptor that syncs each write,
 * which of them count. A line "unfinished" is a call that has only begun, "resumed" its end.
 */
function acknowledgementsOf(lines: readonly string[]): boolean[] {
  const acknowledgements: boolean[] = [];
  const begun = new Map<string, string>();
  const synced = new Set<string>();
  let syncing: string | undefined;
  let committed = false;
  for (const line of lines) {
    const [, thread = '', rest = ''] = /^(\d+) +(.*)$/.exec(line) ?? [];
    const call = rest.replace(/^<\.\.\. \w+ resumed>/, begun.get(thread) ?? '');
    const unfinished = / <unfinished \.\.\.>$/.exec(call);
    if (unfinished) begun.set(thread, call.slice(0, unfinished.index));
    if (unfinished) continue;
    syncing = /^openat\(.*data\.mdb", .*O_DSYNC.* = (\d+)$/.exec(call)?.[1] ?? syncing;
    if (/^fdatasync\(.*= 0(?: \(DELAYED\))?$/.test(call)) synced.add(thread);
    const descriptor = /^pwrite(?:64|v)\((\d+), .* = \d+$/.exec(call)?.[1];
    if (descriptor !== undefined) committed = descriptor === syncing && synced.has(thread);
    if (descriptor !== undefined) synced.delete(thread);
    if (!call.startsWith('write(1, "acknowledged')) continue;
    acknowledgements.push(committed);
    committed = false;
  }
  return acknowledgements;
}

describe('the disk store, seen from the operating system,', function () {
  this.timeout(60_000);

  it('has synced before every acknowledgement', function () {
    const program = needs(this, strace(), 'strace');
    const directory = mkdtempSync(join(tmpdir(), 'smpp-sync-'));
    const trace = join(directory, 'trace');
    try {
      const child = [process.execPath, '-r', 'tsx/cjs', join(__dirname, 'acknowledging-child.ts')];
      const calls = 'trace=openat,fdatasync,pwrite64,pwritev,write';
      const options = ['-f', '-o', trace, '-e', calls, '-e', 'signal=none', '-e', SLOW_SYNC];
      execFileSync(program, [...options, ...child, join(directory, 'queue'), String(ENQUEUES)], {
        stdio: 'pipe',
      });
      const acknowledgements = acknowledgementsOf(readFileSync(trace, 'utf8').split('\n'));
      assert.deepEqual(acknowledgements, Array(ENQUEUES).fill(true));
    } finally {
      rmSync(directory, { recursive: true, force: true });
    }
  });
});
