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

  function toPino(): Setup & { written(): string } {
    let written = '';
    const log = pino({ level: 'trace' }, { write: (line: string) => void (written += line) });
    return { client: { log, flightRecorder: 10 }, smsc: log, written: () => written };
  }

  /** Lines of every scene, at least. */
  function check(written: string, lines = 40): void {
    assert.deepEqual(find(written), NOTHING);
    assert.ok(written.split('\n').length > lines, `${written.split('\n').length} lines`);
  }

  const logFile = join(folder, 'smpp.log');
  const setups = {
    ...Object.fromEntries(LEVELS.map((level) => [`what is logged at ${level}`, taken(level)])),
    'what a flight recorder has kept': taken('info', { flightRecorder: 5000 }),
    'what a pino logger writes': toPino(),
    'a log file': {
      client: { logTarget: 'file', logFile, logLevel: 'trace' },
      written: () => readFileSync(logFile, 'utf8'),
    },
  } satisfies Record<string, Setup & { written(): string }>;
  const wanting = taken('trace', { logMessageText: true });
  let stdout = '';

  // All at once: most of it is waiting.
  before(async () => {
    const child = [...runsTypeScript, join(__dirname, 'child.ts')];
    const printed = promisify(execFile)(process.execPath, child, { maxBuffer: 64 * 1024 * 1024 });
    await Promise.all([...Object.values(setups), wanting].map((setup) => play(setup)));
    ({ stdout } = await printed);
  });

  for (const [where, { written }] of Object.entries(setups)) {
    it(`is in ${where}`, () => check(written(), / at (warn|error)$/.test(where) ? 10 : 40));
  }

  it('is on standard output', () => check(stdout));

  it('is in lines that were recorded, which there are', () => {
    assert.match(setups['what a flight recorder has kept'].written(), /"recorded":true/);
  });

  it('is in the error of options that have passwords', () => {
    const text = configErrors();
    assert.match(text, /INVALID_CONFIG|queueUrl/);
    assert.deepEqual(find(text).passwords, []);
  });

  it('but passwords only is kept back where message texts are asked for', () => {
    const { passwords, texts, numbers } = find(wanting.written());
    assert.deepEqual(passwords, []);
    assert.ok(texts.length > 0 && numbers.length > 0);
  });
});
