import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { endChild, runsTypeScript } from '../../support/child';
import { until } from '../../support/until';

const LINES = 3000;

describe('Log targets of a process', () => {
  let folder: string;
  let child: ChildProcess | undefined;
  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'smpp-log-'))));
  afterEach(async () => {
    if (child?.exitCode === null && child.signalCode === null) await endChild(child, 'SIGKILL');
    rmSync(folder, { recursive: true });
  });

  /** A process that logs; resolves when it listens. */
  async function start(...targets: string[]): Promise<{ said: () => string; do: (word: string) => void }> {
    const file = join(__dirname, 'log-child.ts');
    const args = [...runsTypeScript, file, String(LINES), ...targets];
    const started = spawn(process.execPath, args, { stdio: ['pipe', 'pipe', 'pipe'] });
    child = started;
    let [said, warned] = ['', ''];
    started.stdout.on('data', (data) => (said += String(data)));
    started.stderr.on('data', (data) => (warned += String(data)));
    await until(() => warned.includes('ready'));
    return { said: () => said, do: (word) => void started.stdin.write(`${word}\n`) };
  }
  const linesOf = (text: string): { n: number; msg: string }[] =>
    text
      .split('\n')
      .slice(0, -1)
      .map((line) => JSON.parse(line) as { n: number; msg: string });
  const counted = (path: string): number =>
    existsSync(path) ? linesOf(readFileSync(path, 'utf8')).length : 0;

  for (const signal of ['SIGWINCH', 'SIGUSR2'] as const)
    it(`are files that ${signal} has opened anew, all of them`, async () => {
      const paths = [join(folder, 'a.log'), join(folder, 'b.log')];
      const process = await start(...paths);
      process.do('log');
      await until(() => paths.every((path) => counted(path) === LINES));
      for (const path of paths) renameSync(path, `${path}.1`);
      child?.kill(signal);
      await until(() => paths.every((path) => existsSync(path)));
      process.do('log');
      await until(() => paths.every((path) => counted(path) === LINES));
      for (const path of paths) assert.equal(counted(`${path}.1`), LINES);
    });

  it('have each line when it exits at once', async () => {
    const path = join(folder, 'a.log');
    const process = await start(path, 'stdout');
    const ended = once(child as ChildProcess, 'close');
    process.do('log\nexit');
    assert.deepEqual(await ended, [0, null]);
    const wanted = [...Array(LINES).keys()];
    assert.deepEqual(
      linesOf(readFileSync(path, 'utf8')).map(({ n }) => n),
      wanted,
    );
    assert.deepEqual(
      linesOf(process.said()).map(({ n }) => n),
      wanted,
    );
  });

  it('keep no process from its end where they cannot be written', async () => {
    const process = await start('/dev/full', join('/dev/null', 'a.log'));
    const ended = once(child as ChildProcess, 'close');
    process.do('log\nexit');
    assert.deepEqual(await ended, [0, null]);
  });
});
