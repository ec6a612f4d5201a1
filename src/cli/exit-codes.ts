/** What the shell hears, and when; docs/command-line.md lists the same. */
export const EXIT_CODES = {
  ok: [0, 'All is done. A service that was told to stop has stopped in good order.'],
  failed: [1, 'Some messages failed or rows were bad; what was examined is not as it should be.'],
  usage: [2, 'The command line is wrong, or a file that it names cannot be read.'],
  configuration: [3, 'The configuration is wrong; all that is wrong with it is listed.'],
  connection: [4, 'No connection to the SMSC or to the queue, or the bind was refused.'],
  internal: [70, 'A fault of the command itself.'],
  hangup: [129, 'Interrupted by SIGHUP before all was done.'],
  interrupted: [130, 'Interrupted by SIGINT (Ctrl-C) before all was done.'],
  quit: [131, 'Interrupted by SIGQUIT before all was done.'],
  unread: [141, 'The reader of the output has gone before all was done.'],
  terminated: [143, 'Interrupted by SIGTERM before all was done.'],
} as const satisfies Readonly<Record<string, readonly [code: number, meaning: string]>>;

type Table = typeof EXIT_CODES;
export type ExitName = keyof Table;
export type ExitCode = Table[ExitName][0];

export const exitCode = (name: ExitName): ExitCode => EXIT_CODES[name][0];

/** The signals that end a command, and what it exits with where it is interrupted in the middle. */
export const SIGNALS = {
  SIGINT: 'interrupted',
  SIGTERM: 'terminated',
  SIGHUP: 'hangup',
  SIGQUIT: 'quit',
} as const satisfies Readonly<Record<string, ExitName>>;

export type SignalName = keyof typeof SIGNALS;

/** What `AbortSignal.reason` is when a signal came. */
export class Interruption extends Error {
  readonly signal: SignalName;

  constructor(signal: SignalName) {
    super(`interrupted by ${signal}`);
    this.signal = signal;
  }

  get exitCode(): ExitCode {
    return exitCode(SIGNALS[this.signal]);
  }
}

/** What `AbortSignal.reason` is when nobody reads what is printed any more, as `| head` does. */
export class OutputClosed extends Error {
  constructor() {
    super('the reader of the output has gone');
  }
}
