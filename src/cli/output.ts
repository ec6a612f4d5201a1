import type { Writable } from 'node:stream';
import { CommandError, fileFault } from './errors';
import { exitCode } from './exit-codes';

/** What is printed to: a stream of the process, or of a test. */
export type Sink = Writable & { readonly isTTY?: boolean; readonly columns?: number };

const STYLES = { bold: 1, red: 31, green: 32, yellow: 33, dim: 2 } as const;
export type Style = keyof typeof STYLES;

export interface OutputOptions {
  readonly stdout: Sink;
  readonly stderr: Sink;
  /** JSON lines in place of words for people. */
  readonly json: boolean;
  /** Nothing but results and errors. */
  readonly quiet: boolean;
  readonly color: boolean;
}

/** What a command prints: results to standard output, all else to standard error. */
export class Output {
  readonly json: boolean;
  readonly quiet: boolean;
  readonly #options: OutputOptions;
  /** Set while something, such as a progress bar, holds the last line of the terminal. */
  #above: ((text: string) => void) | undefined;

  constructor(options: OutputOptions) {
    this.#options = options;
    this.json = options.json;
    this.quiet = options.quiet;
  }

  get stdout(): Sink {
    return this.#options.stdout;
  }

  get stderr(): Sink {
    return this.#options.stderr;
  }

  /** A result for people. Resolves when it is written; rejects where nobody reads any more. */
  print(text: string): Promise<void> {
    return written(this.stdout, `${text}\n`);
  }

  /** A result as one line of JSON; octets are `{hex}`. Resolves and rejects as {@link print}. */
  printJson(value: unknown): Promise<void> {
    return written(this.stdout, `${toJson(value)}\n`);
  }

  /** What is good to know; not with `--quiet`. */
  note(text: string): void {
    if (!this.quiet) this.#tell(text);
  }

  warn(text: string): void {
    this.#tell(`${this.paint('yellow', 'smpp: warning:')} ${text}`);
  }

  error(text: string, details: readonly string[] = []): void {
    this.#tell(
      [`${this.paint('red', 'smpp:')} ${text}`, ...details.map((detail) => `  ${detail}`)].join('\n'),
    );
  }

  /** From now on what goes to standard error is given to `above`; undefined: no longer. */
  setAbove(above: ((text: string) => void) | undefined): void {
    this.#above = above;
  }

  /** In color where it is wanted, meant for standard error. */
  paint(style: Style, text: string): string {
    return this.#options.color ? `\x1b[${STYLES[style]}m${text}\x1b[0m` : text;
  }

  #tell(text: string): void {
    const shown = printable(text);
    if (this.#above) this.#above(shown);
    else this.stderr.write(`${shown}\n`);
  }
}

/** Control characters of what others wrote must not reach the terminal; colors and line ends may. */
function printable(text: string): string {
  return text.replace(/\x1b(?!\[\d{1,2}m)|[\x00-\x08\x0b-\x1a\x1c-\x1f\x7f-\x9f]/g, '\ufffd');
}

/** One line: octets as `{hex}`, bigints as texts. */
export function toJson(value: unknown): string {
  return JSON.stringify(value, function (this: Record<string, unknown>, key, shown: unknown) {
    // A Buffer has become its own JSON by now.
    const given = this[key];
    if (given instanceof Uint8Array) return { hex: Buffer.from(given).toString('hex') };
    return typeof shown === 'bigint' ? shown.toString() : shown;
  });
}

function written(sink: Sink, text: string): Promise<void> {
  return new Promise((resolve, reject) => {
    sink.write(text, (error) => (error ? reject(outputFault(error)) : resolve()));
  });
}

/** Where nobody reads any more, the error as it is; else a CommandError. */
export function outputFault(error: Error): Error {
  return isPipe(error)
    ? error
    : new CommandError(exitCode('failed'), `the output cannot be written: ${fileFault(error)}`);
}

/** Whether nobody reads what is printed any more. */
export const isPipe = (error: unknown): boolean => {
  const { code } = error as NodeJS.ErrnoException;
  return code === 'EPIPE' || code === 'ERR_STREAM_DESTROYED';
};
