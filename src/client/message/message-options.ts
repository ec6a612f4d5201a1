import type { Priority } from '../../store';
import {
  LONG_MESSAGE_METHODS,
  UNENCODABLE,
  addTime,
  isDate,
  languageNames,
  readTime,
  readUdh,
  type GivenUdh,
  type LanguageName,
  type TimeZone,
} from '../../text';
import { invalidField, show } from '../config/errors';
import { readLanguages } from '../config/structured-kinds';
import { readKey } from './idempotency';
import { acknowledgementBits, receiptBits } from './registered-delivery';

interface MessageOption<Name extends string = string, Value = unknown> {
  readonly name: Name;
  /** What it means, checked. Throws {@link MessageError}. */
  readonly read: (given: unknown) => Value;
  /** It only counts where nothing else said the same before. */
  readonly weak?: true;
}

function option<const N extends string, T>(name: N, read: (given: unknown) => T): MessageOption<N, T> {
  return { name, read };
}
function weak<const N extends string, T>(name: N, read: (given: unknown) => T): MessageOption<N, T> {
  return { name, read, weak: true };
}

/** Everything that a message can ask of us, as against its SMPP fields: its name there, and here with its check. */
const OPTIONS = {
  encoding: option('encoding', optionText),
  long_messages: option('longMessages', word('long_messages', ['auto', ...LONG_MESSAGE_METHODS])),
  correlation_id: option('correlationId', optionText),
  metadata: option('metadata', checkedMetadata),
  priority: option('priority', priorityOf),
  // What it comes to depends on now: see expiry.
  expires: option('expires', (given) => given),
  intermediate_notification: option('intermediateNotification', flag('intermediate_notification')),
  sme_acknowledgement: option('acknowledgement', acknowledgementBits),
  message_class: option('messageClass', messageClassOf),
  whole_words: option('wholeWords', flag('whole_words')),
  language: option('language', word('language', languageNames())),
  languages: option('languages', languagesOf),
  unencodable: option('unencodable', word('unencodable', UNENCODABLE)),
  udh: option('udh', (given) => readUdh(given as GivenUdh)),
  idempotency_key: option('idempotencyKey', readKey),
  // What is none is passed over, see intake.
  traceparent: option('traceparent', (given) => given),
  tracestate: option('tracestate', (given) => given),
  session: option('session', word('session', ['new', 'notify', 'continue', 'close'])),
  session_id: option('sessionId', sessionIdOf),
  // What naz calls them.
  log_id: weak('correlationId', optionText),
  hook_metadata: weak('metadata', (given) => (given === '' ? undefined : checkedMetadata(given))),
  errors: weak('unencodable', (given) => (given === 'strict' ? 'strict' : 'replace')),
  version: option('version', checkVersion),
};

type Row = (typeof OPTIONS)[keyof typeof OPTIONS];
/** What a message asks of us, checked. */
export type MessageOptions = { -readonly [R in Row as R['name']]?: ReturnType<R['read']> | undefined };

const rows = new Map<string, MessageOption>(Object.entries(OPTIONS));
/** The names of all of them. */
export const OPTION_NAMES: readonly string[] = Object.keys(OPTIONS);

/** Whether `name` is an option; then it is among the options, checked. Throws {@link MessageError}. */
export function takeOption(options: MessageOptions, name: string, given: unknown): boolean {
  const row = rows.get(name);
  if (!row) return false;
  const value = row.read(given);
  const known = options as Record<string, unknown>;
  if (!row.weak || known[row.name] === undefined) known[row.name] = value;
  return true;
}

/** Fields of SMPP that may be given in other words; the rest is the codec's to check. */
const FIELDS = new Map<string, (given: unknown) => unknown>([
  ...['source_addr_ton', 'source_addr_npi', 'dest_addr_ton', 'dest_addr_npi', 'esm_class', 'data_coding'].map(
    (name) => [name, (given: unknown) => octetOf(name, given)] as const,
  ),
  ['registered_delivery', receiptBits],
]);

/** The value of an SMPP field; undefined: not set. Throws {@link MessageError}. */
export function fieldOf(name: string, given: unknown): unknown {
  const read = FIELDS.get(name);
  return read ? read(given) : given;
}

export function optionText(given: unknown): string {
  return String(given);
}

function sessionIdOf(given: unknown): string {
  if (typeof given === 'string' && given !== '' && given.length <= 64) return given;
  throw invalidField(
    'session_id',
    `session_id ${show(given)}: give the session_id of a message that came in`,
  );
}

function octetOf(name: string, given: unknown): number | undefined {
  if (given === '') return undefined;
  const value = Number(given);
  if (Number.isInteger(value) && value >= 0 && value <= 255) return value;
  throw invalidField(name, `${name} ${JSON.stringify(given)}: give a whole number from 0 to 255`);
}

const METADATA_LIMIT = 8 * 1024;
/** ECMA-262 section 21.4.1.1: what a Date can hold. */
const LAST_DATE = 8.64e15;

function priorityOf(given: unknown): Priority {
  const priority = ([0, 1, 2, 3, 4] as const).find((one) => one === given || String(one) === given);
  if (priority !== undefined) return priority;
  throw invalidField('priority', `priority ${show(given)}: give 0 (first) to 4 (last)`);
}

/** Epoch milliseconds. */
export function expiry(given: unknown, now: number, timeZone: TimeZone): number {
  const at =
    typeof given === 'string' ? instantOf(given, now, timeZone) : isDate(given) ? given.getTime() : given;
  if (typeof at !== 'number' || !(Math.abs(at) <= LAST_DATE)) {
    const forms =
      'a Date, an ISO 8601 time such as 2026-07-01T12:00, a duration such as PT30M, or epoch milliseconds';
    throw invalidField('expires', `expires ${show(given)}: give ${forms}`);
  }
  return at;
}

function instantOf(text: string, now: number, timeZone: TimeZone): number | undefined {
  const time = readTime(text, timeZone);
  return time && ('at' in time ? time.at : addTime(now, time.relative));
}

/** The metadata as JSON has it, whatever the store: nothing of it is the sender's own any more. */
export function checkedMetadata(metadata: unknown): unknown {
  if (metadata === undefined || metadata === null) return undefined;
  let json: string | undefined;
  try {
    json = JSON.stringify(metadata);
  } catch (cause) {
    throw invalidField('metadata', 'metadata must be JSON; it refers to itself', cause);
  }
  if (json === undefined) throw invalidField('metadata', 'metadata must be JSON');
  const octets = Buffer.byteLength(json);
  if (octets <= METADATA_LIMIT) return JSON.parse(json) as unknown;
  throw invalidField(
    'metadata',
    `metadata has ${octets} octets of JSON; at most ${METADATA_LIMIT} are possible`,
  );
}

/** Reads one of the words that a field may be. */
function word<const T extends string>(field: string, words: readonly T[]): (given: unknown) => T {
  return (given) => {
    const found = words.find((one) => one === String(given));
    if (found !== undefined) return found;
    throw invalidField(
      field,
      `${field} ${JSON.stringify(String(given))} is not known; give ${words.join(', ')}`,
    );
  };
}

/** TS 23.038 section 4: 0 (flash) to 3. */
function messageClassOf(given: unknown): 0 | 1 | 2 | 3 | undefined {
  if (given === '') return undefined;
  const found = ([0, 1, 2, 3] as const).find((one) => one === Number(given));
  if (found !== undefined) return found;
  throw invalidField('message_class', `message_class ${JSON.stringify(given)}: give 0 (shows at once) to 3`);
}

function languagesOf(given: unknown): readonly LanguageName[] {
  try {
    return readLanguages(given);
  } catch (error) {
    throw invalidField('languages', `languages ${show(given)}: ${(error as Error).message}`);
  }
}

function flag(field: string): (given: unknown) => boolean {
  return (given) => {
    if (given === '' || given === false || given === 'false') return false;
    if (given === true || given === 'true') return true;
    throw invalidField(field, `${field} ${show(given)}: give true or false`);
  };
}

function checkVersion(given: unknown): void {
  if (given === 1 || given === '1') return;
  throw invalidField('version', `version ${String(given)}: only 1 is known`);
}
