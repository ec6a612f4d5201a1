import type { DestAddressInput } from '../../protocol';
import { TextError, divideNumbers, resolveAddress, type Address } from '../../text';
import { MessageError, invalidField, show } from '../config/errors';
import type { ParsedMessage } from './message';
import type { Settings } from '../config/options';

export type Fields = Record<string, unknown>;

/** Puts the sender into the PDU; none where nobody named one. */
export function putSource(fields: Fields, pdu: Fields, settings: Settings): void {
  const { addr, ton, npi } = resolve('source', fields['source_addr'] ?? '', fields, settings);
  pdu['source_addr'] = addr;
  pdu['source_addr_ton'] = ton;
  pdu['source_addr_npi'] = npi;
}

/** Puts the recipients into the PDU, and returns them for people. */
export function putDestination(parsed: ParsedMessage, pdu: Fields, settings: Settings): string {
  const { command, destination } = parsed;
  if (command === 'broadcast_sm') return '';
  if (command === 'submit_multi') return putDestinations(parsed, pdu, settings, destination);
  if (destination === undefined || destination === '') {
    throw missing('the message has no recipient', 'give it as destination_addr');
  }
  const { addr, ton, npi } = resolve('destination', destination, parsed.fields, settings);
  pdu['destination_addr'] = addr;
  pdu['dest_addr_ton'] = ton;
  pdu['dest_addr_npi'] = npi;
  return addr;
}

function putDestinations(parsed: ParsedMessage, pdu: Fields, settings: Settings, given: unknown): string {
  const lists: unknown = parsed.fields['dest_address'];
  const entries: unknown[] = Array.isArray(lists) ? lists : [];
  const written = entries.filter((one) => typeof one !== 'object' || one === null);
  if (entries.length > 0 && written.length === 0)
    return (entries as DestAddressInput[]).map(nameOf).join(',');
  if (written.length < entries.length) throw invalidField('dest_address', MIXED);
  const wanted = written.length > 0 ? written : recipientsOf(given);
  const forms = 'as a list, or divided by commas, semicolons or line ends';
  if (wanted.length === 0 || wanted.length > 255)
    throw missing(`submit_multi has ${wanted.length} recipients; give 1 to 255 ${forms}`);
  const resolved = wanted.map((one) => resolve('destination', one, parsed.fields, settings));
  pdu['dest_address'] = resolved.map(({ addr: destination_addr, ton: dest_addr_ton, npi: dest_addr_npi }) => {
    return { dest_flag: 1, dest_addr_ton, dest_addr_npi, destination_addr };
  });
  return resolved.map(({ addr }) => addr).join(',');
}

function recipientsOf(given: unknown): unknown[] {
  const all: unknown[] =
    typeof given === 'string' ? divideNumbers(given) : Array.isArray(given) ? given : [given];
  return all.filter((one) => one !== undefined && one !== null && !isBlank(one));
}

const MIXED =
  'dest_address has numbers beside objects: give either numbers alone, or objects such as ' +
  '{"dest_flag": 1, "destination_addr": "447700900123"} and {"dest_flag": 2, "dl_name": "staff"}';

const isBlank = (value: unknown): boolean => typeof value === 'string' && value.trim() === '';

function nameOf(one: DestAddressInput): string {
  if ('dl_name' in one) return one.dl_name ?? '';
  return ('destination_addr' in one ? one.destination_addr : undefined) ?? '';
}

type Role = 'source' | 'destination';
/** Fields of the type of number and the numbering plan. */
export const TYPES = {
  source: ['source_addr_ton', 'source_addr_npi'],
  destination: ['dest_addr_ton', 'dest_addr_npi'],
} as const;

function resolve(role: Role, given: unknown, fields: Fields, settings: Settings): Address {
  const [ton, npi] = TYPES[role];
  return about(`${role}_addr`, () =>
    resolveAddress(addressText(given, `${role}_addr`), {
      role,
      ton: octetIn(fields, ton) ?? settings[`${role}Ton`],
      npi: octetIn(fields, npi) ?? settings[`${role}Npi`],
      encoding: settings.addressEncoding,
    }),
  );
}

/** An address as text: a whole number is one too, as long as it has kept all its digits. */
export function addressText(given: unknown, field: string): string {
  if (typeof given === 'string') return given;
  if (typeof given === 'bigint' || Number.isSafeInteger(given)) return String(given);
  if (Array.isArray(given) && field === 'destination_addr') {
    const text = `${field} is a list of ${given.length}: several recipients are for submit_multi, or a message each`;
    throw new MessageError('INVALID_ADDRESS', field, text);
  }
  const what = typeof given === 'number' ? show(given) : typeof given;
  const text = `${field} must be a text such as "+4915112345678", not ${what}`;
  throw new MessageError('INVALID_ADDRESS', field, text);
}

const missing = (text: string, remedy?: string): MessageError =>
  new MessageError('MISSING_DESTINATION', 'destination_addr', text, undefined, remedy);

/** A field of one octet, which is checked already; undefined where nobody gave it. */
export const octetIn = (fields: Fields, name: string): number | undefined =>
  fields[name] as number | undefined;

/** Names the field that an error of the text room is about. */
export function about<T>(field: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof TextError)) throw error;
    const text = error.message.includes(field) ? error.message : `${field}: ${error.message}`;
    throw new MessageError(error.code, field, text, error);
  }
}
