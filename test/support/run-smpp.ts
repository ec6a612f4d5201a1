import { PassThrough, Readable, Writable } from 'node:stream';
import { dispatch } from '../../src/cli/dispatch';

export interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  readonly stdin?: string | Buffer;
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  readonly signal?: AbortSignal;
  /** Called with all that was printed so far, whenever something is. */
  readonly onOutput?: (stdout: string, stderr: string) => void;
  /** Standard input is a terminal on which these lines are typed. */
  readonly typed?: readonly string[];
}

/** Runs `smpp` in this process, as a shell would. */
export async function runSmpp(words: readonly string[], options: RunOptions = {}): Promise<Ran> {
  const out: string[] = [];
  const err: string[] = [];
  const sink = (chunks: string[]): Writable =>
    new Writable({
      decodeStrings: false,
      write(chunk: string | Buffer, _, done) {
        chunks.push(chunk.toString());
        options.onOutput?.(out.join(''), err.join(''));
        done();
      },
    });
  const code = await dispatch(words, {
    stdin: inputOf(options),
    stdout: sink(out),
    stderr: sink(err),
    env: options.env ?? {},
    cwd: options.cwd ?? process.cwd(),
    signal: options.signal ?? new AbortController().signal,
  });
  return { code, stdout: out.join(''), stderr: err.join('') };
}

function inputOf({ stdin, typed }: RunOptions): Readable & { isTTY?: boolean } {
  if (!typed) return Readable.from(stdin === undefined || stdin.length === 0 ? [] : [stdin]);
  const terminal = Object.assign(new PassThrough(), { isTTY: true });
  terminal.write(typed.map((line) => `${line}\n`).join(''));
  return terminal;
}
