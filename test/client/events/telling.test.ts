import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { runsTypeScript } from '../../support/child';

const child = join(__dirname, 'telling-child.ts');

describe('What failed when a kill came before it was told', function () {
  this.timeout(60_000);
  let directory: string;
  beforeEach(async () => (directory = await mkdtemp(join(tmpdir(), 'smpp-telling-'))));
  afterEach(() => rm(directory, { recursive: true, force: true }));

  /** Lets a child run until it kills itself, or `ms` after it has queued all; returns what it told. */
  async function life(at: string, count = 0, ms?: number): Promise<string[]> {
    const args = [...runsTypeScript, child, directory, at, String(count)];
    const running = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    const lines: string[] = [];
    for await (const line of createInterface({ input: running.stdout })) {
      lines.push(line);
      if (line === 'all' && ms !== undefined) setTimeout(() => running.kill('SIGKILL'), ms);
    }
    return lines;
  }

  const idsOf = (lines: readonly string[], word: string): string[] =>
    lines.filter((line) => line.startsWith(`${word} `)).map((line) => line.split(' ')[1] as string);

  /** Everything that was queued has failed, with the code where one is given, and nothing is left. */
  async function assertAllTold(before: readonly string[], code = ''): Promise<string[]> {
    const after = await life('look');
    const queued = new Set(idsOf(before, 'queued'));
    const told = [...before, ...after].filter((line) => line.startsWith('failed') && line.endsWith(code));
    assert.deepEqual(new Set(idsOf(told, 'failed')), queued);
    assert.ok(after.includes('left 0'));
    return idsOf(after, 'failed');
  }

  it('is told after the restart: a refusal, settled and not told', async () => {
    const before = await life('settled', 20);
    const refused = idsOf(before, 'failed');
    const after = await life('look');
    const again = after.filter((line) => line.endsWith('REFUSED'));
    assert.ok(refused.length === 0 && again.length > 0, 'the settled ones are told');
    const told = new Set([...idsOf(before, 'failed'), ...idsOf(after, 'failed')]);
    assert.deepEqual(told, new Set(idsOf(before, 'queued')));
  });

  it('is told once only where it was told before the kill, and not at every restart', async () => {
    await life('settled', 20);
    // How long it takes until it is written that something was told is the disk's affair.
    await life('look-stop');
    assert.deepEqual(idsOf(await life('look'), 'failed'), []);
  });

  for (const point of [1, 2, 3]) {
    it(`is told after the restart: a purge, killed before its part ${point} is told`, async () => {
      const before = await life(`purge-${point}`, 5000);
      assert.ok((await assertAllTold(before, 'REMOVED')).length > 0);
    });

    it(`is told after the restart, and sent by nobody: a purge, killed when its part ${point} is told and not gone`, async () => {
      const before = await life(`told-${point}`, 5000);
      await assertAllTold(before, 'REMOVED');
    });
  }

  it('is told after the restart with what the SMSC had accepted of it', async () => {
    const before = await life('partly', 5);
    const [partly] = idsOf(before, 'queued');
    const after = await life('look');
    assert.equal(idsOf(after, 'failed').length, 6);
    assert.deepEqual(
      after.filter((line) => line.startsWith('known')),
      [`known ${partly} m1 true`],
    );
  });

  for (const ms of [1, 5, 15, 40, 80])
    it(`is told after the restart: a purge, killed at any time, as ${ms} ms after all was queued`, async () => {
      // It may have been killed before it began: then some are refused.
      await assertAllTold(await life('any', 5000, ms));
    });
});
