import { exitCode, type ExitCode } from './exit-codes';

/** The command cannot go on. The message is for the user; each further line has a detail. */
export class CommandError extends Error {
  readonly exitCode: ExitCode;
  readonly details: readonly string[];

  constructor(code: ExitCode, message: string, details: readonly string[] = []) {
    super(message);
    this.exitCode = code;
    this.details = details;
  }
}

export const usageError = (message: string, details?: readonly string[]): CommandError =>
  new CommandError(exitCode('usage'), message, details);

export const configurationError = (message: string, details?: readonly string[]): CommandError =>
  new CommandError(exitCode('configuration'), message, details);

export const connectionError = (message: string, details?: readonly string[]): CommandError =>
  new CommandError(exitCode('connection'), message, details);

const FILE_ERRORS: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  EACCES: 'this user may not open it',
  EISDIR: 'it is a folder',
  ENOSPC: 'no space is left there',
};

/** Why a file could not be opened, in words. */
export function fileFault(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  return (code !== undefined && FILE_ERRORS[code]) || message;
}
