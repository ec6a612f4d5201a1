import { isResponse } from '../command-facts';
import { describeStatus } from '../statuses';

/** What a number means, by the number; a reserved one by {@link named}. */
export type Words = Readonly<Record<number, string>>;

/** What the meaning of one field may depend on. */
export interface WordContext {
  readonly commandId: number;
  readonly command: string;
  /** Of deliver_sm's short_message and its like: how its text is written. */
  readonly dataCoding: number;
}

/** The words of a field, from its value as `decodePdu` gives it. Undefined where the value says all. */
export type Describe = (value: never, context: WordContext) => string | undefined;

/** SMPP 3.4 section 5.2.5. */
const TON: Words = {
  0: 'unknown',
  1: 'international',
  2: 'national',
  3: 'network specific',
  4: 'subscriber number',
  5: 'alphanumeric',
  6: 'abbreviated',
};

/** SMPP 3.4 section 5.2.6. */
const NPI: Words = {
  0: 'unknown',
  1: 'ISDN (E.163, E.164)',
  3: 'data (X.121)',
  4: 'telex (F.69)',
  6: 'land mobile (E.212)',
  8: 'national',
  9: 'private',
  10: 'ERMES',
  14: 'Internet (IP)',
  18: 'WAP client id',
};

/** SMPP 3.4 section 5.2.11, 5.0 section 4.7.25. */
const SERVICE_TYPES: Readonly<Record<string, string>> = {
  '': 'default',
  CMT: 'cellular messaging',
  CPT: 'cellular paging',
  VMN: 'voice mail notification',
  VMA: 'voice mail alerting',
  WAP: 'wireless application protocol',
  USSD: 'unstructured supplementary services data',
  CBS: 'cell broadcast service',
  CBRS: 'cell broadcast service',
  GUTS: 'generic UDP transport service',
};

/** SMPP 5.0 section 4.7.15. */
export const STATES: Words = {
  0: 'scheduled',
  1: 'en route',
  2: 'delivered',
  3: 'expired before it was delivered',
  4: 'deleted',
  5: 'undeliverable',
  6: 'accepted (read on behalf of the recipient)',
  7: 'unknown',
  8: 'rejected',
  9: 'skipped',
};

/** SMPP 3.4 section 5.2.19. */
const DATA_CODINGS: Words = {
  0: 'default alphabet of the SMSC',
  1: 'IA5 (ASCII)',
  2: 'octets, 8 bit binary',
  3: 'Latin 1 (ISO 8859-1)',
  4: 'octets, 8 bit binary',
  5: 'JIS (X 0208-1990)',
  6: 'Cyrillic (ISO 8859-5)',
  7: 'Latin/Hebrew (ISO 8859-8)',
  8: 'UCS2 (UTF-16, big-endian)',
  9: 'pictogram encoding',
  10: 'ISO 2022-JP (music codes)',
  13: 'extended Kanji JIS (X 0212-1990)',
  14: 'KS C 5601',
};

/** SMPP 3.4 section 5.2.12: bits 0 and 1 of what goes to the SMSC. */
const MODES: Words = {
  0: 'default mode',
  1: 'datagram mode',
  2: 'forward (transaction) mode',
  3: 'store and forward mode',
};

/** Bits 2 to 5. */
const TYPES: Words = {
  0: 'default message type',
  1: 'delivery receipt of the SMSC',
  2: 'delivery acknowledgement of the recipient device',
  4: 'manual (user) acknowledgement',
  6: 'conversation abort (Korean CDMA)',
  8: 'intermediate delivery notification',
  9: 'intermediate delivery notification, marked as a receipt too',
};

/** SMPP 3.4 section 5.2.17, bits 0 and 1; 5.0 has the fourth. */
const RECEIPTS: Words = {
  0: 'no receipt',
  1: 'receipt for success and failure',
  2: 'receipt for failure only',
  3: 'receipt for success only',
};

const ACKNOWLEDGEMENTS: Words = {
  1: 'delivery acknowledgement of the recipient device wanted',
  2: 'manual acknowledgement of the recipient wanted',
  3: 'delivery and manual acknowledgement wanted',
};

const SUBMIT_MULTI_DESTINATION: Words = { 1: 'one address', 2: 'a distribution list' };

const WAITING: Words = { 0: 'voicemail', 1: 'fax', 2: 'e-mail', 3: 'other' };

/** `reserved` for what the table does not have. */
export function named(words: Words): (value: number) => string {
  return (value) => words[value] ?? 'reserved';
}

function listed(parts: readonly (string | undefined | false)[]): string {
  return parts.filter((part) => part !== undefined && part !== false).join('; ');
}

/** A command_id as a console shows it. */
export function commandMeaning(command: string, id: number): string {
  const what = isResponse(id) ? 'a response' : 'a request';
  return command.startsWith('0x') ? `${what} that no specification defines` : `${command}: ${what}`;
}

/** Of a request the field says nothing (SMPP 3.4 section 3.2). */
export function statusMeaning(status: number, commandId: number): string {
  if (!isResponse(commandId)) return status === 0 ? 'not used in a request' : 'should be 0 in a request';
  const { name, meaning } = describeStatus(status);
  return `${name}: ${meaning}`;
}

/** SMPP 3.4 section 3.2. */
export function sequenceMeaning(sequence: number): string | undefined {
  return sequence >= 1 && sequence <= 0x7fffffff
    ? undefined
    : 'outside of 1 to 0x7fffffff, which are allowed';
}

function esmClass(value: number, { command }: WordContext): string {
  const submitted = command.startsWith('submit') || command.startsWith('data');
  return listed([
    submitted ? MODES[value & 3] : (value & 3) !== 0 && `bits 0 and 1 are ${value & 3}, not used here`,
    named(TYPES)((value >> 2) & 0x0f),
    (value & 0x40) !== 0 && 'user data header (UDHI)',
    (value & 0x80) !== 0 && 'reply path',
  ]);
}

function registeredDelivery(value: number): string {
  return listed([
    RECEIPTS[value & 3],
    ACKNOWLEDGEMENTS[(value >> 2) & 3],
    (value & 0x10) !== 0 && 'intermediate notification wanted',
    (value & 0xe0) !== 0 && `reserved bits ${hex8(value & 0xe0)}`,
  ]);
}

/** Beyond SMPP's own numbers the groups of TS 23.038 section 4. */
function dataCoding(value: number): string {
  if (value < 0x10) return DATA_CODINGS[value] ?? 'reserved';
  if (value >= 0xf0) {
    return `TS 23.038: ${(value & 4) === 0 ? 'default alphabet' : '8 bit data'}; message class ${value & 3}`;
  }
  if (value >= 0xc0) {
    const kept = value < 0xd0 ? 'discard' : 'store';
    const alphabet = value >= 0xe0 ? 'UCS2' : 'default alphabet';
    const on = (value & 8) === 0 ? 'off' : 'on';
    return `TS 23.038: message waiting (${WAITING[value & 3]}) ${on}, ${kept}; ${alphabet}`;
  }
  if (value >= 0x80) return 'reserved';
  return listed([
    `TS 23.038: ${named({ 0: 'default alphabet', 1: '8 bit data', 2: 'UCS2' })((value >> 2) & 3)}`,
    (value & 0x10) !== 0 && `message class ${value & 3}`,
    (value & 0x20) !== 0 && 'compressed',
    (value & 0x40) !== 0 && 'automatic deletion',
  ]);
}

/** TS 23.040 section 9.2.3.9, as GSM networks use the field. */
function protocolId(value: number): string {
  if (value === 0) return 'default';
  if (value === 0x40) return 'short message type 0: acknowledged and discarded by the phone';
  if (value >= 0x41 && value <= 0x47) return `replace short message type ${value - 0x40}`;
  if (value === 0x7f) return '(U)SIM data download';
  if (value === 0x5f) return 'return call message';
  if (value >= 0x20 && value <= 0x3f) return `telematic interworking, device ${value & 0x1f}`;
  return 'see TS 23.040 section 9.2.3.9';
}

/** SMPP 3.4 section 5.2.14. */
function priority(value: number): string {
  const gsm = value === 0 ? 'normal' : 'priority';
  return value <= 3
    ? `level ${value} of 0 (lowest) to 3; GSM: ${gsm}`
    : value === 4
      ? 'level 4 (SMPP 5.0)'
      : 'reserved';
}

function version(value: number): string {
  if (value <= 0x33) return 'SMPP 3.3 or earlier';
  return named({ 0x34: 'SMPP 3.4', 0x50: 'SMPP 5.0' })(value);
}

const TIME = /^(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(\d)(\d\d)([+\-R])$/;
const PERIODS = ['year', 'month', 'day', 'hour', 'minute', 'second'];

/** SMPP 3.4 section 7.1.1. */
export function time(value: string): string {
  if (value === '') return 'not given';
  const match = TIME.exec(value);
  if (!match) return 'not a time: YYMMDDhhmmsstnnp is expected';
  const [year = '', month = '', day = '', hour = '', minute = '', second = ''] = match.slice(1, 7);
  if (match[9] === 'R') {
    const parts = match.slice(1, 7).map(Number);
    const said = parts.flatMap((count, at) => (count === 0 ? [] : [plural(count, PERIODS[at] ?? '')]));
    return `relative: ${said.join(' ') || 'at once'}`;
  }
  const quarters = Number(match[8]);
  const offset = `${two(Math.floor(quarters / 4))}:${two((quarters % 4) * 15)}`;
  return `absolute: 20${year}-${month}-${day} ${hour}:${minute}:${second}.${match[7]} UTC${match[9]}${offset}`;
}

function two(value: number): string {
  return String(value).padStart(2, '0');
}

export function plural(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`;
}

export function hex8(value: number): string {
  return `0x${value.toString(16).padStart(2, '0')}`;
}

const ton = named(TON);
const npi = named(NPI);
const empty = (words: string) => (value: string) => (value === '' ? words : undefined);
const items = (what: string) => (value: number) => plural(value, what);

/** Of mandatory fields, and of the parts of items of lists. */
export const FIELD_WORDS: Readonly<Record<string, Describe>> = {
  service_type: (value: string) => SERVICE_TYPES[value],
  ...{ source_addr_ton: ton, dest_addr_ton: ton, addr_ton: ton, esme_addr_ton: ton },
  ...{ source_addr_npi: npi, dest_addr_npi: npi, addr_npi: npi, esme_addr_npi: npi },
  source_addr: empty('not given: the SMSC fills it in'),
  system_type: empty('not given'),
  address_range: empty('not given: all addresses of the account'),
  message_id: empty('not given'),
  interface_version: version,
  esm_class: esmClass,
  protocol_id: protocolId,
  priority_flag: priority,
  schedule_delivery_time: (value: string) => (value === '' ? 'at once' : time(value)),
  validity_period: (value: string) => (value === '' ? 'default of the SMSC' : time(value)),
  final_date: time,
  registered_delivery: registeredDelivery,
  replace_if_present_flag: named({ 0: 'do not replace', 1: 'replace' }),
  data_coding: dataCoding,
  sm_default_msg_id: (value: number) =>
    value === 0 ? 'not used' : `predefined message ${value} of the SMSC`,
  sm_length: items('octet'),
  number_of_dests: items('destination'),
  no_unsuccess: items('refused destination'),
  no_messages: items('message'),
  message_state: named(STATES),
  error_code: (value: number) => (value === 0 ? 'no error' : 'an error code of the network'),
  dest_flag: named(SUBMIT_MULTI_DESTINATION),
  error_status_code: (value: number) => {
    const { name, meaning } = describeStatus(value);
    return `${name}: ${meaning}`;
  },
};
