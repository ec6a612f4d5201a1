import { TextError } from './errors';
import { DEFAULT_GSM, countSeptets } from './plan/gsm-alphabet';

/** Type of number, SMPP 3.4 section 5.2.5. */
export const TON = {
  UNKNOWN: 0,
  INTERNATIONAL: 1,
  NATIONAL: 2,
  NETWORK_SPECIFIC: 3,
  SUBSCRIBER: 4,
  ALPHANUMERIC: 5,
  ABBREVIATED: 6,
} as const;

/** Numbering plan indicator, SMPP 3.4 section 5.2.6. */
export const NPI = { UNKNOWN: 0, ISDN: 1 } as const;

export interface Address {
  addr: string;
  ton: number;
  npi: number;
}

export interface AddressOptions {
  readonly role: 'source' | 'destination';
  /** Overrides what the rule says; with it an address is taken as it is written. */
  readonly ton?: number | undefined;
  readonly npi?: number | undefined;
}

/** Octets of an address field without its NUL, SMPP 3.4 section 4.4.1. */
const MAX_LENGTH = 20;

/** Digits of an international number, ITU-T E.164. */
const MAX_DIGITS = 15;

/** Fewer digits than the shortest subscriber number: a short code. */
const SHORT_CODE = /^\d{1,6}$/;

/** Septets of an alphanumeric sender: ten octets, TS 23.040 section 9.1.2.5. */
const MAX_ALPHANUMERIC = 11;

/**
 * An address with its type of number and numbering plan, by rule:
 *
 * | as written | ton | npi |
 * |---|---|---|
 * | `+…` or `00…`, the prefix goes | 1 international | 1 ISDN |
 * | `0…` | 2 national | 1 ISDN |
 * | up to 6 digits: short code | 3 network specific | 0 unknown |
 * | 7 to 15 digits | 1 international | 1 ISDN |
 * | 1 to 11 GSM characters with a letter (source only; `[` and its like are two) | 5 alphanumeric | 0 unknown |
 * | nothing (source only): the centre fills it in | 0 unknown | 0 unknown |
 *
 * Spaces, dashes, dots, slashes and parentheses within numbers go, and so does "(0)" behind a country code. An explicit `ton` or `npi` wins.
 * @throws TextError `INVALID_ADDRESS`
 */
export function resolveAddress(text: string, options: AddressOptions): Address {
  const resolved = options.ton === undefined ? byRule(text, options) : byTon(text, options.ton, options);
  return options.npi === undefined ? resolved : { ...resolved, npi: options.npi };
}

function byRule(text: string, { role }: AddressOptions): Address {
  const written = text.trim();
  if (written === '') {
    if (role === 'source') return { addr: '', ton: TON.UNKNOWN, npi: NPI.UNKNOWN };
    throw invalid(text, role, 'it is empty: give the number of the recipient');
  }
  const number = withoutPunctuation(written);
  if (number === undefined) return alphanumeric(written, role);
  if (number.startsWith('+') || number.startsWith('00'))
    return international(text, number.replace(/^(?:\+|00)/, ''), role);
  if (SHORT_CODE.test(number)) return { addr: number, ton: TON.NETWORK_SPECIFIC, npi: NPI.UNKNOWN };
  if (number.startsWith('0'))
    return { addr: checkedLength(text, number, role), ton: TON.NATIONAL, npi: NPI.ISDN };
  return international(text, number, role);
}

/** "+44 (0)20 7946 0958": the zero is for callers within the country, and no part of the number. */
const TRUNK_ZERO = /^((?:\+|00)[^()]*)\(0\)/;

/** Numbers copied from an address book or a chat come between marks of direction that nobody sees. */
const MARKS = /[\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;

/** The digits of what is written as a number, its plus sign included; undefined for what is none. */
function withoutPunctuation(text: string): string | undefined {
  const written = text.replace(MARKS, '').trim().replace(TRUNK_ZERO, '$1');
  if (!/^\+?[\d\s().\-/\u2010-\u2015\u00a0]*$/.test(written)) return undefined;
  const number = written.replace(/[^\d+]/g, '');
  return /\d/.test(number) ? number : undefined;
}

function international(text: string, digits: string, role: Role): Address {
  if (digits.startsWith('0')) throw invalid(text, role, 'a country code does not begin with 0');
  if (digits.length < 3) throw invalid(text, role, 'it has too few digits for an international number');
  if (digits.length > MAX_DIGITS) {
    throw invalid(
      text,
      role,
      `it has ${digits.length} digits, an international number has ${MAX_DIGITS} at most`,
    );
  }
  return { addr: digits, ton: TON.INTERNATIONAL, npi: NPI.ISDN };
}

function alphanumeric(written: string, role: Role): Address {
  if (role === 'destination') {
    throw invalid(
      written,
      role,
      'a recipient is a number: digits, which may begin with + and have spaces, dashes or parentheses between them',
    );
  }
  const septets = countSeptets(DEFAULT_GSM, written);
  if (septets < 0) {
    throw invalid(
      written,
      role,
      `an alphanumeric sender has characters of the GSM alphabet only, ${JSON.stringify(written.charAt(-1 - septets))} is none`,
      -1 - septets,
    );
  }
  if (septets > MAX_ALPHANUMERIC) {
    const twice = septets === written.length ? '' : ' (of ^{}[]~\\| each counts twice)';
    throw invalid(
      written,
      role,
      `an alphanumeric sender has ${MAX_ALPHANUMERIC} characters at most, this one has ${septets}${twice}`,
    );
  }
  return { addr: checkedAscii(written, role), ton: TON.ALPHANUMERIC, npi: NPI.UNKNOWN };
}

/** The user says what it is: what is dialled loses its punctuation, the rest stays as it is written. */
function byTon(text: string, ton: number, { role }: AddressOptions): Address {
  const written = text.trim();
  const dialled = ton === TON.ALPHANUMERIC ? undefined : withoutPunctuation(written);
  const addr = dialled === undefined ? written : dialled.replace(/^\+/, '');
  if (addr === '' && role === 'destination')
    throw invalid(text, role, 'it is empty: give the number of the recipient');
  const npi =
    ton === TON.ALPHANUMERIC || ton === TON.UNKNOWN || ton === TON.NETWORK_SPECIFIC ? NPI.UNKNOWN : NPI.ISDN;
  return { addr: checkedLength(text, checkedAscii(addr, role), role), ton, npi };
}

type Role = AddressOptions['role'];

function checkedLength(text: string, addr: string, role: Role): string {
  if (addr.length <= MAX_LENGTH) return addr;
  throw invalid(text, role, `it has ${addr.length} characters, the field holds ${MAX_LENGTH}`);
}

/** The field is a C-octet string: ASCII, without NUL (SMPP 3.4 section 3.1). */
function checkedAscii(addr: string, role: Role): string {
  const at = addr.search(/[^\x20-\x7e]/);
  if (at === -1) return addr;
  throw invalid(addr, role, `the field holds ASCII only, ${JSON.stringify(addr.charAt(at))} is none`, at);
}

function invalid(text: string, role: Role, why: string, position?: number): TextError {
  const field = role === 'source' ? 'source_addr' : 'destination_addr';
  const name = role === 'source' ? 'sender' : 'recipient';
  return new TextError(
    'INVALID_ADDRESS',
    `${JSON.stringify(text)} cannot be the ${name} (${field}): ${why}.`,
    {
      field,
      ...(position !== undefined && { position, character: text.charAt(position) }),
    },
  );
}
