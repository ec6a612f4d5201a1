import { SmppError } from '../protocol';

/** One thing that is wrong with the options. */
export interface Problem {
  /** The option, for one inside of another as `rules[0].status`. */
  readonly field: string;
  /** What was given. */
  readonly value: unknown;
  /** What to give instead. */
  readonly remedy: string;
}

/** The options are not usable; `code` is `INVALID_CONFIG`. All that is wrong, at once. */
export class ServerConfigError extends SmppError {
  /** All that is wrong. */
  readonly problems: readonly Problem[];

  constructor(problems: readonly Problem[]) {
    super('INVALID_CONFIG', problems.map(describe).join('; '));
    this.problems = problems;
  }
}

function describe({ field, value, remedy }: Problem): string {
  const isShown = value !== undefined && value !== '' && field !== 'password' && typeof value !== 'function';
  return `${field}${isShown ? ` (${JSON.stringify(value)})` : ''}: ${remedy}`;
}

/** Why a server could not listen: `PORT_IN_USE` or `LISTEN_FAILED`. */
export function listenError(cause: NodeJS.ErrnoException, host: string, port: number): SmppError {
  if (cause.code === 'EADDRINUSE') {
    const text = `port ${port} of ${host} is taken by another program; choose another port, or 0 for any free one`;
    return new SmppError('PORT_IN_USE', text, { cause, retriable: true });
  }
  const why = LISTEN_CAUSES[cause.code ?? ''] ?? cause.message;
  return new SmppError('LISTEN_FAILED', `cannot listen on ${host}:${port}: ${why}`, { cause });
}

const LISTEN_CAUSES: Readonly<Record<string, string>> = {
  EACCES: 'this account may not use the port (EACCES); choose one from 1024 on',
  EADDRNOTAVAIL: 'this machine has no such address (EADDRNOTAVAIL); check host',
  ENOTFOUND: 'the host name is not known (ENOTFOUND); check host',
};
