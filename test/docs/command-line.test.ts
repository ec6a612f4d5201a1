import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { parseConfig } from '../../src/cli/config-file';
import { readConnection } from '../../src/cli/configuration';
import { COMMANDS } from '../../src/cli';
import { Smsc } from '../../src/simulator';
import { runsTypeScript } from '../support/child';
import { MAIN, folderWith, jsonLines } from '../support/shell';

const run = promisify(execFile);
const page = readFileSync(join(__dirname, '..', '..', 'docs', 'command-line.md'), 'utf8');
/** Code blocks as [language, text]. */
const blocks = [...page.matchAll(/^```(\w+)\n([\s\S]*?)^```$/gm)].map(
  ([, language, text]): [string, string] => [language!, text!],
);

interface Said {
  readonly said: string;
  readonly stdout: string;
  readonly code: number;
}

describe('the examples of the command line', function () {
  this.timeout(60_000);
  let folder: ReturnType<typeof folderWith>;
  let smsc: Smsc;
  let env: NodeJS.ProcessEnv;

  before(async () => {
    const [, csv] = blocks.find(([language]) => language === 'csv')!;
    folder = folderWith({ 'customers.csv': csv });
    const command = join(folder.path, 'smpp');
    const words = [process.execPath, ...runsTypeScript, MAIN].map((word) => `'${word}'`).join(' ');
    writeFileSync(command, `#!/bin/sh\nexec ${words} "$@"\n`);
    chmodSync(command, 0o755);
    smsc = new Smsc();
    const { port } = await smsc.start();
    env = { ...process.env, PATH: `${folder.path}:${process.env['PATH'] ?? ''}`, SMPP_PORT: String(port) };
  });
  after(async () => {
    await smsc.stop();
    folder.remove();
  });

  async function shell(line: string): Promise<Said> {
    try {
      const { stdout, stderr } = await run('sh', ['-c', line], { cwd: folder.path, env });
      return { said: stderr + stdout, stdout, code: 0 };
    } catch (error) {
      const { stdout, stderr, code } = error as { stdout: string; stderr: string; code: number };
      return { said: stderr + stdout, stdout, code };
    }
  }

  const alike = (text: string): string => text.replace(/\d{10,}/g, 'ID');
  const lines = blocks.flatMap(([language, line], at) =>
    language === 'sh' ? [{ line: line.trim(), at }] : [],
  );

  for (const { line, at } of lines)
    it(line, async () => {
      const { said, stdout, code } = await shell(line);
      const [language, wanted] = blocks[at + 1] ?? [];
      if (line.includes('--json')) {
        assert.equal(jsonLines(stdout).at(-1)?.['event'], 'summary', said);
        assert.equal(code, 1);
      } else {
        assert.equal(language, 'text');
        assert.equal(alike(said), alike(wanted!));
      }
    });

  it('are configurations without problems, where they are YAML', () => {
    const cwd = folderWith({ 'carrier.pem': '' });
    try {
      const yaml = blocks.filter(([language]) => language === 'yaml');
      assert.equal(yaml.length, 2);
      for (const [, text] of yaml) {
        assert.deepEqual(parseConfig(text).problems, []);
        writeFileSync(join(cwd.path, 'c.yaml'), text.replace(/^(useTls|tls):.*\n/gm, ''));
        const variables = { SMSC_PASSWORD: 'x', REDIS_URL: 'redis://127.0.0.1' };
        readConnection({ options: { config: 'c.yaml' }, env: variables, cwd: cwd.path });
      }
    } finally {
      cwd.remove();
    }
  });

  it('of the help are lines that the commands take', async () => {
    for (const { examples } of COMMANDS)
      for (const { line } of examples) {
        const command = line.replace(/^.*\| (?=smpp)/, '').replace(/ \| .*$/, '');
        // Every option is known, and has its value: then the help comes.
        const { said, code } = await shell(`${command} --help`);
        assert.equal(code, 0, `${line}\n${said}`);
      }
  });
});
