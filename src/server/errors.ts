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
