import { PduError } from '../errors';
import { STATUSES, type StatusName } from '../statuses';

/** A value of a broadcast that cannot be written. `problem` begins with what is wrong and ends with the remedy. */
export function refused(field: string, problem: string, status: StatusName): PduError {
  return new PduError('INVALID_TLV', `${field} ${problem}`, { command_status: STATUSES[status][0], field });
}

/** What was given, for an error: short, and of an object its names alone. */
export function given(value: unknown): string {
  if (typeof value === 'object' && value !== null) return `{${Object.keys(value).slice(0, 8).join(', ')}}`;
  if (typeof value === 'string') return JSON.stringify(value.slice(0, 40));
  return typeof value === 'function' ? 'a function' : String(value);
}

/** A whole number or a text of digits, where it lies between `least` and `most`. */
export function wholeNumber(value: unknown, least: number, most: number): number | undefined {
  const number = typeof value === 'string' && /^(\d+|0x[0-9a-f]+)$/i.test(value) ? Number(value) : value;
  return typeof number === 'number' && Number.isInteger(number) && number >= least && number <= most
    ? number
    : undefined;
}
