import type { Priority } from '../../store';
import { addTime, isDate, readTime, type LanguageName, type TimeZone } from '../../text';
import { MessageError, show } from '../config/errors';
import { readLanguages } from '../config/structured-kinds';

const METADATA_LIMIT = 8 * 1024;
const DEFAULT_LANE = 2;
/** ECMA-262 section 21.4.1.1: what a Date can hold. */
const LAST_DATE = 8.64e15;

export function priorityOf(given: unknown): Priority {
  if (given === undefined) return DEFAULT_LANE;
  const priority = ([0, 1, 2, 3, 4] as const).find((one) => one === given || String(one) === given);
  if (priority !== undefined) return priority;
  throw new MessageError('INVALID_FIELD', 'priority', `priority ${show(given)}: give 0 (first) to 4 (last)`);
}

/** Epoch milliseconds; undefined: never. */
export function expiry(given: unknown, now: number, ttl: number, timeZone: TimeZone): number | undefined {
  if (given === undefined) return ttl === 0 ? undefined : now + ttl;
  const at =
    typeof given === 'string' ? instantOf(given, now, timeZone) : isDate(given) ? given.getTime() : given;
  if (typeof at !== 'number' || !(Math.abs(at) <= LAST_DATE)) {
    throw new MessageError(
      'INVALID_FIELD',
      'expires',
      `expires ${show(given)}: give a Date, an ISO 8601 time such as 2026-07-01T12:00, a duration such as PT30M, or epoch milliseconds`,
    );
  }
  return at;
}

function instantOf(text: string, now: number, timeZone: TimeZone): number | undefined {
  const time = readTime(text, timeZone);
  return time && ('at' in time ? time.at : addTime(now, time.relative));
}

/** The metadata as JSON has it, whatever the store: nothing of it is the sender's own any more. */
export function checkedMetadata(metadata: unknown): unknown {
  let json: string | undefined;
  try {
    json = JSON.stringify(metadata);
  } catch (cause) {
    throw new MessageError('INVALID_FIELD', 'metadata', 'metadata must be JSON; it refers to itself', cause);
  }
  if (json === undefined) throw new MessageError('INVALID_FIELD', 'metadata', 'metadata must be JSON');
  const octets = Buffer.byteLength(json);
  if (octets <= METADATA_LIMIT) return JSON.parse(json) as unknown;
  throw new MessageError(
    'INVALID_FIELD',
    'metadata',
    `metadata has ${octets} octets of JSON; at most ${METADATA_LIMIT} are possible`,
  );
}

/** One of the words that a field may be; undefined where it was not given. */
export function oneOf<const T extends string>(
  field: string,
  given: string | undefined,
  words: readonly T[],
): T | undefined {
  if (given === undefined) return undefined;
  const word = words.find((one) => one === given);
  if (word !== undefined) return word;
  const text = `${field} ${JSON.stringify(given)} is not known; give ${words.join(', ')}`;
  throw new MessageError('INVALID_FIELD', field, text);
}

/** TS 23.038 section 4: 0 (flash) to 3. */
export function messageClassOf(given: unknown): 0 | 1 | 2 | 3 | undefined {
  if (given === undefined || given === '') return undefined;
  const found = ([0, 1, 2, 3] as const).find((one) => one === Number(given));
  if (found !== undefined) return found;
  const text = `message_class ${JSON.stringify(given)}: give 0 (shows at once) to 3`;
  throw new MessageError('INVALID_FIELD', 'message_class', text);
}

/** Languages whose shift tables may be used: the message's own, an empty list too, else the connection's. */
export function languagesOf(given: unknown, allowed: readonly LanguageName[]): readonly LanguageName[] {
  if (given === undefined) return allowed;
  try {
    return readLanguages(given);
  } catch (error) {
    const text = `languages ${show(given)}: ${(error as Error).message}`;
    throw new MessageError('INVALID_FIELD', 'languages', text);
  }
}

export function flagOf(field: string, given: unknown): boolean {
  if (given === undefined || given === '' || given === false || given === 'false') return false;
  if (given === true || given === 'true') return true;
  throw new MessageError('INVALID_FIELD', field, `${field} ${show(given)}: give true or false`);
}
