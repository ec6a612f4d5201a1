import { inspect } from 'node:util';
import { SmppError } from '../../protocol';

/** One thing that is wrong with the options. */
export interface Problem {
  /** The option's name. */
  readonly field: string;
  /** What was given; of a secret undefined. */
  readonly value: unknown;
  /** What to give instead, as it reads behind "field (value): ". */
  readonly remedy: string;
  /** The value is `${NAME}`, a variable that nobody has put in: its name. Whoever does may say it in other words. */
  readonly variable?: string;
}

/** The options are not usable; `code` is `INVALID_CONFIG`. All that is wrong, at once. */
export class ConfigError extends SmppError {
  /** All that is wrong, in the order of the options. */
  readonly problems: readonly Problem[];

  constructor(problems: readonly Problem[]) {
    super('INVALID_CONFIG', problems.map(describeProblem).join('; '));
    this.problems = problems;
  }
}

const SECRET = /password|url|queueKey/i;
/** Whether the value of an option is shown nowhere. */
export const isSecret = (field: string): boolean => SECRET.test(field);

/** A problem as one sentence; of secrets without their value. */
export function describeProblem({ field, value, remedy }: Problem): string {
  const shown = value === undefined || value === '' || isSecret(field) ? '' : ` (${show(value)})`;
  return `${field}${shown}: ${remedy}`;
}

/** A value as an error shows it, whatever it is. */
export function show(value: unknown): string {
  return typeof value === 'string'
    ? JSON.stringify(value)
    : inspect(value, { depth: 1, breakLength: Infinity });
}

/** A message that cannot be sent as it is. Nothing of its batch was queued. */
export class MessageError extends SmppError {
  /** The field at fault, by its specification name. */
  readonly field: string;
  /** Its place in the array that was given; absent for a single message. */
  index?: number;

  /** `message` without the remedy, where there is one. */
  constructor(code: string, field: string, message: string, cause?: unknown, remedy?: string) {
    super(code, message, { cause, ...(remedy === undefined ? {} : { remedy }) });
    this.field = field;
  }
}

/** A field of a message that has a value which it must not have. */
export const invalidField = (field: string, text: string, cause?: unknown): MessageError =>
  new MessageError('INVALID_FIELD', field, text, cause);

/** A part that was brought along (an object, a plugin) failed, or gave what it must not give. */
export class PartError extends SmppError {
  /** The option that it was given by: `queue`, `correlator`, `rateLimiter` …; `state` and `deadLetters` are a store's. */
  readonly part: string;

  constructor(part: string, code: string, message: string, options: { cause?: unknown; retriable: boolean }) {
    super(code, message, options);
    this.part = part;
  }
}

/** What a part failed with, for lines that say already what failed. */
export function causeOf(failure: unknown): unknown {
  return failure instanceof PartError ? (failure.cause ?? failure) : failure;
}

/** Whether the queue is away, or refuses what is asked of it. */
export const isUnavailable = (error: unknown): boolean =>
  (error as { code?: unknown }).code === 'QUEUE_UNAVAILABLE';
