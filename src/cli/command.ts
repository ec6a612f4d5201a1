import type { Readable } from 'node:stream';
import type { SmppClientOptions } from '../index';
import type { ExitCode } from './exit-codes';
import type { Output } from './output';

/** An option of one command. Those of the connection, `--json`, `--quiet` and `--no-color` every command has anyhow. */
export interface OptionSpec {
  /** As the help shows it: `--to <number>`, `-n, --dry-run`. In {@link Context.options} it has its camelCase name. */
  readonly flags: string;
  readonly summary: string;
  readonly choices?: readonly string[];
  readonly fallback?: string | number | boolean;
  /** It may be given several times: its value is a list. */
  readonly repeats?: boolean;
  /** Makes a value of the text. Throws an Error whose message is the remedy. */
  readonly read?: (text: string) => unknown;
}

export interface Example {
  /** The line as typed, `smpp …`. */
  readonly line: string;
  readonly tells: string;
}

/** One command of `smpp`. */
export interface Command {
  readonly name: string;
  /** One line, without a full stop. */
  readonly summary: string;
  /** Paragraphs below it in the help. */
  readonly details?: string;
  /** As the help shows it: `<file>`, `[hex...]`. */
  readonly operands?: string;
  readonly options: readonly OptionSpec[];
  /** Whether it takes the configuration of a connection: `--config`, SMPP_* and `--host …`. */
  readonly connects: boolean;
  readonly examples: readonly Example[];
  run(context: Context): Promise<ExitCode>;
}

/** What a command is given. */
export interface Context {
  readonly operands: readonly string[];
  /** By their camelCase names; absent where they were not given and have no fallback. */
  readonly options: Readonly<Record<string, unknown>>;
  readonly stdin: Readable & { readonly isTTY?: boolean };
  readonly output: Output;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Against which paths are resolved. */
  readonly cwd: string;
  /**
   * Aborted when the command is to end in good order: by an `Interruption`, or by `OutputClosed`. A second signal ends
   * the process.
   */
  readonly signal: AbortSignal;
  /**
   * The options of a client, from file, environment and command line, those given here before all others. Throws a
   * CommandError with all that is wrong.
   */
  connection(more?: Readonly<Record<string, unknown>>): SmppClientOptions;
}
