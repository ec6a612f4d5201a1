import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { COMMANDS, EXIT_CODES } from '../../src/cli';
import { connectionFlags } from '../../src/cli/connection-flags';
import { smpp } from '../support/shell';

const page = readFileSync(join(__dirname, '..', '..', 'docs', 'command-line.md'), 'utf8');
const { version } = JSON.parse(readFileSync(join(__dirname, '..', '..', 'package.json'), 'utf8')) as {
  version: string;
};

/** `-f, --file <file>` → `--file` */
const longOf = (flags: string): string => /--[\w-]+/.exec(flags)![0];

/** What stands under a heading, its lower headings included. */
function section(title: string): string {
  const [, text] =
    new RegExp(`^## ${title}\n([\\s\\S]*?)(?=^## |$(?![\\s\\S]))`, 'm').exec(page) ??
    assert.fail(`no heading ${title}`);
  return text!;
}

/** The first column of its tables. */
const firstCells = (text: string): string[] => [...text.matchAll(/^\| `([^`]+)`/gm)].map(([, code]) => code!);

describe('the help of the command line', () => {
  it('refuses an option that is given twice, where only one could count', async () => {
    const { code, stderr } = await smpp([
      'send',
      '--to',
      '447700900001',
      '--to',
      '447700900002',
      '--text',
      'a',
    ]);
    assert.equal(code, 2);
    assert.match(
      stderr,
      /^smpp: option '--to <number>' argument '447700900002' is invalid. It was given before; give it once/,
    );
    assert.equal((await smpp(['send', '--format', 'xml', '--to', '1', '--text', 'a'])).code, 2);
  });

  it('lists all commands and exit codes', async () => {
    const { code, stdout, stderr } = await smpp(['--help']);
    assert.deepEqual([code, stderr], [0, '']);
    for (const { name, summary } of COMMANDS)
      assert.match(stdout, new RegExp(`^ +${name} .*${summary.slice(0, 20)}`, 'm'));
    for (const [number, meaning] of Object.values(EXIT_CODES))
      assert.ok(stdout.includes(`${number}`.padEnd(5) + meaning));
  });

  for (const command of COMMANDS) {
    it(`of ${command.name} has its options and examples, by --help and by help`, async () => {
      const { code, stdout } = await smpp([command.name, '--help']);
      assert.equal(code, 0);
      assert.equal((await smpp(['help', command.name])).stdout, stdout);
      for (const { flags } of command.options) assert.ok(stdout.includes(flags), flags);
      assert.ok(command.examples.length > 0);
      for (const { line } of command.examples) assert.ok(stdout.includes(line), line);
    });
  }

  it('prints the version, and is no mistake', async () => {
    assert.deepEqual(await smpp(['--version']), { code: 0, stdout: `${version}\n`, stderr: '' });
  });

  it('is what a command that is missing or mistyped is answered with, by 2', async () => {
    const nothing = await smpp([]);
    assert.deepEqual([nothing.code, nothing.stdout], [2, '']);
    assert.match(nothing.stderr, /^Usage: smpp/);
    const mistyped = await smpp(['sned']);
    assert.deepEqual([mistyped.code, mistyped.stdout], [2, '']);
    assert.match(mistyped.stderr, /^smpp: unknown command 'sned'\n\(Did you mean send\?\)\n$/);
  });

  it('has colors on a terminal only, and none with NO_COLOR, --no-color or TERM=dumb', async () => {
    const words = ['send', '--to', '1', '--text', 'x', '--port', '1'];

    const colored = /\x1b\[/;
    assert.match((await smpp(words, { isTTY: true })).stderr, colored);
    assert.doesNotMatch((await smpp(words)).stderr, colored);
    assert.doesNotMatch((await smpp(words, { isTTY: true, env: { NO_COLOR: '1' } })).stderr, colored);
    assert.doesNotMatch((await smpp(words, { isTTY: true, env: { TERM: 'dumb' } })).stderr, colored);
    assert.doesNotMatch((await smpp([...words, '--no-color'], { isTTY: true })).stderr, colored);
  });

  it('shows no control characters of what others wrote', async () => {
    const { stderr } = await smpp(['send', '--to', '1', '--text', 'x', '--host', 'a\u001b]0;gotcha\u0007']);
    assert.doesNotMatch(stderr, /\u001b|\u0007/);
  });
});

describe('the page of the command line', () => {
  for (const command of COMMANDS)
    it(`lists the options of ${command.name}`, () => {
      const told = firstCells(section(`smpp ${command.name}`)).map(longOf);
      assert.deepEqual(told.sort(), command.options.map(({ flags }) => longOf(flags)).sort());
    });

  it('lists the usual options of a connection, and those of every command', () => {
    const told = firstCells(section('Configuration'))
      .filter((cell) => cell.startsWith('--'))
      .map(longOf);
    const usual = connectionFlags()
      .filter(({ isUsual }) => isUsual)
      .map(({ long }) => long);
    assert.deepEqual(
      usual.filter((long) => !told.includes(long)),
      [],
    );
    for (const option of ['--json', '--quiet', '--no-color', '--help', '--version'])
      assert.ok(page.includes(option), option);
  });

  it('lists the exit codes', () => {
    const told = [...section('Exit codes').matchAll(/^\| (\d+) +\| (.*?) +\|$/gm)].map(
      ([, code, meaning]) => [Number(code), meaning],
    );
    assert.deepEqual(
      told,
      Object.values(EXIT_CODES).map((row) => [...row]),
    );
  });
});
