import { SmppError, encodeBody, responseOf, statusCode, type CodecOptions, type PduInput } from '../protocol';
import type { Answer } from '../session';
import type { BindAnswer, BindVerdict, RequestVerdict, Status, SubmitVerdict } from './types';

/** What is said to whoever asks while the server stops, or too much: it keeps the request and repeats it. */
export const LATER: Answer = { command_status: 'ESME_RTHROTTLED' };
export const FAILED: Answer = { command_status: 'ESME_RSYSERR' };

/** A handler has given what no answer can be made of. */
function unusable(what: string, given: unknown, remedy: string): SmppError {
  const shown = typeof given === 'object' && given !== null ? Object.keys(given).join(', ') : String(given);
  return new SmppError('INVALID_ANSWER', `${what} gave ${shown || 'nothing'}; ${remedy}`);
}

/** As a number. Throws `INVALID_ANSWER`. */
function codeOf(what: string, status: Status): number {
  const code = typeof status === 'number' ? status : statusCode(status);
  if (code !== undefined && Number.isInteger(code) && code >= 0 && code <= 0xffffffff) return code;
  throw unusable(what, status, 'a command_status is a number, or a name such as ESME_RSUBMITFAIL');
}

const isStatus = (given: unknown): given is Status => typeof given === 'number' || typeof given === 'string';

const BIND_KEYS: readonly string[] = [
  'command_status',
  'system_id',
  'tlvs',
  'maxSessions',
  'windowSize',
  'context',
] satisfies (keyof BindAnswer)[];
const isOfBind = (key: string): boolean => BIND_KEYS.includes(key);

/** @throws SmppError `INVALID_ANSWER` */
export function bindAnswer(given: BindVerdict): BindAnswer & { readonly command_status: number } {
  if (given === true) return { command_status: 0 };
  if (given === false) return { command_status: 0x0d };
  if (isStatus(given)) return { command_status: codeOf('authenticate', given) };
  // What a handler of plain JavaScript gives may be anything.
  // Neither the rows of a query nor the record of an account may let anybody in.
  if (typeof (given as unknown) !== 'object' || given === null || !Object.keys(given).every(isOfBind))
    throw unusable(
      'authenticate',
      given,
      `give true, false, a status, or an object with ${BIND_KEYS.join(', ')}`,
    );
  if (Array.isArray(given))
    throw unusable('authenticate', 'a list', 'give true, false, a status, or an object');
  const { maxSessions = 0, windowSize = 1 } = given;
  if (!(Number.isInteger(maxSessions) && maxSessions >= 0))
    throw unusable('authenticate', `maxSessions ${maxSessions}`, 'give a whole number from 0 on');
  if (!(Number.isInteger(windowSize) && windowSize > 0))
    throw unusable('authenticate', `windowSize ${windowSize}`, 'give a whole number from 1 on');
  return { ...given, command_status: codeOf('authenticate', given.command_status ?? 0) };
}

/** @throws SmppError `INVALID_ANSWER` */
export function submitAnswer(given: SubmitVerdict): Answer & { readonly command_status: number } {
  if (isStatus(given)) {
    const command_status = codeOf('submit', given);
    if (command_status !== 0) return { command_status };
    throw unusable('submit', given, 'what is taken needs { message_id }');
  }
  if (typeof (given as unknown) !== 'object' || given === null)
    throw unusable('submit', given, 'give { message_id }, or a status');
  const { message_id, fields, tlvs } = given;
  const command_status = codeOf('submit', given.command_status ?? 0);
  const isId = typeof message_id === 'string' && /^[\x01-\x7f]{1,64}$/.test(message_id);
  if (!isId && (command_status === 0 || message_id !== undefined))
    throw unusable('submit', message_id, 'a message_id has 1 to 64 ASCII characters');
  const more = { ...fields, ...(isId ? { message_id } : {}) };
  return { command_status, ...(isId || fields ? { fields: more } : {}), ...(tlvs ? { tlvs } : {}) };
}

/** @throws SmppError `INVALID_ANSWER` */
export function requestAnswer(given: RequestVerdict): Answer | undefined {
  if (given === undefined) return undefined;
  if (isStatus(given)) return { command_status: codeOf('request', given) };
  if (typeof (given as unknown) !== 'object' || given === null)
    throw unusable('request', given, 'give { command_status, fields, tlvs }, a status, or undefined');
  const { command_status } = given;
  if (typeof command_status !== 'number') codeOf('request', command_status);
  return given;
}

/**
 * That what a handler gave for the response to `command` can be written. An id alone can: it was looked at.
 * @throws SmppError `INVALID_ANSWER`
 */
export function checkFields(what: string, command: string, answer: Answer, options: CodecOptions): void {
  const { fields, tlvs } = answer;
  const response = responseOf(command);
  if (!response || (!tlvs && isIdAlone(fields))) return;
  try {
    encodeBody({ command: response, ...fields, ...(tlvs ? { tlvs } : {}) } as PduInput, options);
  } catch (cause) {
    const text = `${what} gave an answer that cannot be written: ${(cause as Error).message}`;
    throw new SmppError('INVALID_ANSWER', text, { cause });
  }
}

function isIdAlone(fields: Answer['fields']): boolean {
  for (const name in fields) if (name !== 'message_id') return false;
  return true;
}
