import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runsTypeScript } from '../../support/child';

const COUNT = 1_000_000;
const TAKEN = 2000;

interface Opened {
  readonly ms: number;
  readonly megabytes: number;
  readonly queued: number;
}

describe('a million messages queued on disk', function () {
  this.timeout(120_000);
  let directory: string;
  /** Three times, for a machine may be busy with something else. */
  let opened: Opened[];

  const run = (...args: string[]): string =>
    execFileSync(process.execPath, [...runsTypeScript, join(__dirname, 'backlog-child.ts'), ...args], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'inherit'],
    });

  before(() => {
    directory = mkdtempSync(join(tmpdir(), 'smpp-backlog-'));
    run('fill', directory, String(COUNT));
    opened = Array.from({ length: 3 }, () => JSON.parse(run('open', directory)) as Opened);
  });
  after(() => rmSync(directory, { recursive: true, force: true }));

  const least = (of: 'ms' | 'megabytes'): number => Math.min(...opened.map((one) => one[of]));

  it('are all there, and can be taken', () => {
    assert.deepEqual(
      opened.map(({ queued }) => queued),
      [COUNT, COUNT - TAKEN, COUNT - 2 * TAKEN],
    );
  });
  it('are opened in under a second of CPU time', () => assert.ok(least('ms') < 1000, `${least('ms')} ms`));
  it('take at most 120 MB of memory', () => assert.ok(least('megabytes') <= 120, `${least('megabytes')} MB`));
});
