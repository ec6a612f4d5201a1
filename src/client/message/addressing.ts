import { TextError, resolveAddress, type Address } from '../../text';
import { MessageError, show } from '../config/errors';
import type { Settings } from '../config/options';

export type Fields = Record<string, unknown>;

/** Puts the sender into the PDU; none where nobody named one. */
export function putSource(fields: Fields, pdu: Fields, settings: Settings): void {
  const { addr, ton, npi } = resolve('source', fields['source_addr'] ?? '', fields, settings);
  pdu['source_addr'] = addr;
  pdu['source_addr_ton'] = ton;
  pdu['source_addr_npi'] = npi;
}

type Role = 'source' | 'destination';
/** Fields of the type of number and the numbering plan. */
export const TYPES = {
  source: ['source_addr_ton', 'source_addr_npi'],
  destination: ['dest_addr_ton', 'dest_addr_npi'],
} as const;

/** An address of the user's, with its type of number and numbering plan as `fields` or the connection says. */
export function resolve(role: Role, given: unknown, fields: Fields, settings: Settings): Address {
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

export const missing = (text: string, remedy?: string): MessageError =>
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
