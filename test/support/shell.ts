import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable, Writable } from 'node:stream';
import { dispatch } from '../../src/cli';
import { runsTypeScript } from './child';

const ROOT = join(__dirname, '..', '..');
/** What `smpp` runs, before it is compiled. */
export const MAIN = join(ROOT, 'src', 'cli', 'main.ts');

export interface Said {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Around {
  readonly stdin?: string | Buffer | Readable;
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  readonly signal?: AbortSignal;
  readonly isTTY?: boolean;
}

/** Runs a command line in this process. */
export async function smpp(words: readonly string[], around: Around = {}): Promise<Said> {
  const { stdin = '', env = {}, cwd = ROOT, isTTY = false, signal = new AbortController().signal } = around;
  const [stdout, stderr] = [collecting(isTTY), collecting(isTTY)];
  const input = stdin instanceof Readable ? stdin : Readable.from([Buffer.from(stdin)]);
  const code = await dispatch(words, { stdin: input, stdout, stderr, env, cwd, signal });
  return { code, stdout: stdout.text(), stderr: stderr.text() };
}

type Collecting = Writable & { readonly isTTY: boolean; text(): string };

function collecting(isTTY: boolean): Collecting {
  let text = '';
  const stream = new Writable({
    write(chunk: Buffer, _encoding, done) {
      text += chunk.toString();
      done();
    },
  });
  return Object.assign(stream, { isTTY, text: () => text });
}

/** Lines of JSON, parsed. */
export const jsonLines = (text: string): Record<string, unknown>[] =>
  text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Record<string, unknown>);

/** A command line in a process of its own. */
export class Shell {
  readonly child: ChildProcess;
  stdout = '';
  stderr = '';
  readonly ended: Promise<[code: number | null, signal: NodeJS.Signals | null]>;

  constructor(words: readonly string[], env: Readonly<Record<string, string>> = {}) {
    this.child = spawn(process.execPath, [...runsTypeScript, MAIN, ...words], {
      cwd: ROOT,
      env: { ...process.env, ...env },
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    this.child.stdout?.on('data', (chunk: Buffer) => (this.stdout += chunk.toString()));
    this.child.stderr?.on('data', (chunk: Buffer) => (this.stderr += chunk.toString()));
    this.ended = once(this.child, 'close') as Promise<[number | null, NodeJS.Signals | null]>;
  }

  /** Ends it by a signal and waits for it; with SIGKILL it leaves nothing behind. */
  async end(signal: NodeJS.Signals): Promise<number | null> {
    this.child.kill(signal);
    return (await this.ended)[0];
  }
}

/** A folder of its own with files in it. */
export function folderWith(files: Readonly<Record<string, string | Buffer>>): {
  path: string;
  remove(): void;
} {
  const path = mkdtempSync(join(tmpdir(), 'smpp-cli-'));
  for (const [name, content] of Object.entries(files)) writeFileSync(join(path, name), content);
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}
