import { describeStatus, statusCode } from '../../protocol';
import { SUBJECTS, type FieldCheck } from './types';

/** A whole number of times, from 1. */
export const times: FieldCheck = (value) =>
  typeof value === 'number' && Number.isInteger(value) && value >= 1
    ? undefined
    : 'give a whole number from 1 on';

export const positive: FieldCheck = (value) =>
  typeof value === 'number' && Number.isFinite(value) && value > 0 ? undefined : 'give a number above 0';

export const flag: FieldCheck = (value) => (typeof value === 'boolean' ? undefined : 'give true or false');

export const digits: FieldCheck = (value) =>
  typeof value === 'string' && /^\+?\d+$/.test(value)
    ? undefined
    : 'give the first digits of a number, as a text such as "49151"';

export const words: FieldCheck = (value) =>
  typeof value === 'string' && value !== '' ? undefined : 'give a text';

/** A whole number within limits, both included. */
export function whole(least: number, most: number): FieldCheck {
  return (value) =>
    typeof value === 'number' && Number.isInteger(value) && value >= least && value <= most
      ? undefined
      : `give a whole number from ${least} to ${most}`;
}

export function choice(names: readonly string[]): FieldCheck {
  return (value) =>
    typeof value === 'string' && names.includes(value) ? undefined : `give one of ${names.join(', ')}`;
}

/** What a rule of the wire is about: one subject, or all that is written. */
export const subject = choice([...SUBJECTS, 'all']);

/** How a link ends. */
export const ending = choice(['close', 'reset']);

export const HIGHEST_SEQUENCE_NUMBER = 0x7fffffff;

/** The status of a refusal. */
export const refusal: FieldCheck = (value) => {
  const code = typeof value === 'string' ? statusCode(value) : value;
  if (typeof code !== 'number' || !Number.isInteger(code) || code < 0 || code > 0xffffffff) {
    return 'give a command_status such as "ESME_RSYSERR" or "0x00000401"';
  }
  return code === 0 ? 'ESME_ROK is no refusal; give another status' : undefined;
};

/** The code of a status that {@link refusal} has accepted. */
export function codeOf(status: string | number): number {
  return describeStatus(status).code;
}

export const occasionFields = { every: times, destination: digits, times };
export const sayingFields = { on: subject, every: times, times };
