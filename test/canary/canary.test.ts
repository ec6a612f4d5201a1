import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import pino from 'pino';
import { runsTypeScript } from '../support/child';
import { find } from './canaries';
import { configErrors, play, type Setup } from './scenes';

const NOTHING = { passwords: [], texts: [], numbers: [] };
const LEVELS = ['trace', 'debug', 'info', 'warn', 'error'] as const;

describe('No password, text or whole number', function () {
  this.timeout(60_000);
  const folder = mkdtempSync(join(tmpdir(), 'smpp-canary-'));
  after(() => rmSync(folder, { recursive: true }));

  /** Lines as they are given to a function, and what such a setup has written. */
  function taken(level: (typeof LEVELS)[number], more: Setup['client'] = {}): Setup & { written(): string } {
    const lines: string[] = [];
    const log = (line: object): number => lines.push(JSON.stringify(line));
    return { client: { log, logLevel: level, ...more }, smsc: log, written: () => lines.join('\n') };
  }

  /** Lines of every scene, at least. */
  function check(written: string, lines = 40): void {
    assert.deepEqual(find(written), NOTHING);
    assert.ok(written.split('\n').length > lines, `${written.split('\n').length} lines`);
  }

  it('is in what is logged, at any level', async () => {
    const setups = LEVELS.map((level) => taken(level));
    await Promise.all(setups.map((setup) => play(setup)));
    for (const setup of setups) check(setup.written(), 10);
  });

  it('is in what a flight recorder has kept', async () => {
    const setup = taken('info', { flightRecorder: 5000 });
    await play(setup);
    assert.match(setup.written(), /"recorded":true/);
    check(setup.written());
  });

  it('is in what a pino logger writes', async () => {
    let written = '';
    const log = pino({ level: 'trace' }, { write: (line: string) => void (written += line) });
    await play({ client: { log, flightRecorder: 10 }, smsc: log });
    check(written);
  });

  it('is in a log file', async () => {
    const logFile = join(folder, 'smpp.log');
    await play({ client: { logTarget: 'file', logFile, logLevel: 'trace' } });
    check(readFileSync(logFile, 'utf8'));
  });

  it('is on standard output', async () => {
    const { stdout } = await promisify(execFile)(
      process.execPath,
      [...runsTypeScript, join(__dirname, 'child.ts')],
      { maxBuffer: 64 * 1024 * 1024 },
    );
    check(stdout);
  });

  it('is in the error of options that have passwords', () => {
    const text = configErrors();
    assert.match(text, /INVALID_CONFIG|queueUrl/);
    assert.deepEqual(find(text).passwords, []);
  });

  it('but passwords only is kept back where message texts are asked for', async () => {
    const setup = taken('trace', { logMessageText: true });
    await play(setup, ['sending', 'receiving', 'failingParts', 'foreign', 'away', 'linking']);
    const { passwords, texts, numbers } = find(setup.written());
    assert.deepEqual(passwords, []);
    assert.ok(texts.length > 0 && numbers.length > 0);
  });
});
