import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { needs } from '../support/skip';

const ENQUEUES = 20;

function strace(): string | undefined {
  const tried = spawnSync('strace', ['-f', '-o', '/dev/null', 'true']);
  return tried.status === 0 ? 'strace' : undefined;
}

describe('the disk store, seen from the operating system,', function () {
  this.timeout(60_000);

  it('has synced before every acknowledgement', function () {
    const program = needs(this, strace(), 'strace');
    const directory = mkdtempSync(join(tmpdir(), 'smpp-sync-'));
    const trace = join(directory, 'trace');
    try {
      const child = [process.execPath, '-r', 'tsx/cjs', join(__dirname, 'acknowledging-child.ts')];
      const calls = 'trace=fdatasync,fsync,msync,pwrite64,pwritev,write';
      const options = ['-f', '-o', trace, '-e', calls, '-e', 'signal=none'];
      execFileSync(program, [...options, ...child, join(directory, 'queue'), String(ENQUEUES)], {
        stdio: 'pipe',
      });
      let synced = 0;
      let acknowledged = 0;
      for (const line of readFileSync(trace, 'utf8').split('\n')) {
        // What is resumed has ended there; what is unfinished has only begun.
        if (/\b(fdatasync|fsync|msync)\b.*= 0$/.test(line)) synced++;
        if (!/write\(1, "acknowledged/.test(line)) continue;
        acknowledged++;
        assert.ok(synced > 0, `acknowledgement ${acknowledged} came before any sync`);
        synced = 0;
      }
      assert.equal(acknowledged, ENQUEUES);
    } finally {
      rmSync(directory, { recursive: true, force: true });
    }
  });
});
