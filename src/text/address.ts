import { TextError } from './errors';
import { DEFAULT_GSM, countSeptets } from './plan/gsm-alphabet';
import { readNumber, type NoNumber } from './written-number';

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

/** An address as a PDU has it. */
export interface Address {
  /** Digits, or a name. */
  addr: string;
  /** Type of number, {@link TON}. */
  ton: number;
  /** Numbering plan indicator, {@link NPI}. */
  npi: number;
}

/** What the octets of an address are: ASCII by the specification (SMPP 3.4 section 3.1), ISO 8859-1 at some SMSCs. */
export type AddressEncoding = 'ascii' | 'latin1';

/** How {@link resolveAddress} reads an address. */
export interface AddressOptions {
  /** Whose it is: only a source may be a name or a short code by itself. */
  readonly role: 'source' | 'destination';
  /** Overrides what the rule says; with it an address is taken as it is written. */
  readonly ton?: number | undefined;
  /** Overrides what the rule says. */
  readonly npi?: number | undefined;
  /** Default `ascii`. */
  readonly encoding?: AddressEncoding | undefined;
}

/** Octets of an address field without its NUL, SMPP 3.4 section 4.4.1. */
const MAX_LENGTH = 20;

/** Digits of an international number, ITU-T E.164. */
const MAX_DIGITS = 15;

/** Fewer digits than the shortest subscriber number: a short code. */
const SHORT_CODE = /^\d{1,6}$/;

/** Septets of an alphanumeric sender: ten octets, TS 23.040 section 9.1.2.5. */
const MAX_ALPHANUMERIC = 11;

/** Keys of a telephone that is no number alone: a code such as `*120*44#`. */
const DIAL_CODE = /^[\d*#]*[*#][\d*#]*$/;

/** With these types an address is digits. */
const NUMBERS: ReadonlySet<number> = new Set([TON.INTERNATIONAL, TON.NATIONAL, TON.SUBSCRIBER]);

/**
 * An address with its type of number and numbering plan, by rule:
 *
 * | as written | ton | npi |
 * |---|---|---|
 * | `+…` or `00…` and 3 to 15 digits, the prefix goes | 1 international | 1 ISDN |
 * | `0…` of 7 to 20 digits | 2 national | 1 ISDN |
 * | up to 6 digits: short code | 3 network specific | 0 unknown |
 * | 7 to 15 digits | 1 international | 1 ISDN |
 * | digits with `*` or `#` (source only) | 0 unknown | 0 unknown |
 * | 1 to 11 characters that are no number (source only; `[` and its like are two) | 5 alphanumeric | 0 unknown |
 * | nothing (source only): the SMSC fills it in | 0 unknown | 0 unknown |
 *
 * What people write within one number goes; a source of up to 6 digits with something between
 * them stays as it is written. An explicit `ton` or `npi` wins.
 * @throws TextError `INVALID_ADDRESS`
 */
export function resolveAddress(text: string, options: AddressOptions): Address {
  const resolved = options.ton === undefined ? byRule(text, options) : byTon(text, options.ton, options);
  return options.npi === undefined ? resolved : { ...resolved, npi: options.npi };
}

function byRule(text: string, options: AddressOptions): Address {
  const { role } = options;
  const written = text.trim();
  if (written === '') {
    if (role === 'source') return { addr: '', ton: TON.UNKNOWN, npi: NPI.UNKNOWN };
    throw invalid(text, role, 'it is empty: give the number of the recipient');
  }
  const reading = readNumber(written);
  if (!('number' in reading)) return nameOrCode(written, reading.no, options);
  const { plus, digits, grouped } = reading.number;
  if (plus || digits.startsWith('00')) return international(text, plus ? digits : digits.slice(2), role);
  if (SHORT_CODE.test(digits)) {
    // "24-7" is a name.
    if (grouped && role === 'source' && !BLANKS_ONLY.test(written))
      return alphanumeric(written, undefined, options);
    return { addr: digits, ton: TON.NETWORK_SPECIFIC, npi: NPI.UNKNOWN };
  }
  if (digits.startsWith('0'))
    return { addr: checkedLength(text, digits, role), ton: TON.NATIONAL, npi: NPI.ISDN };
  return international(text, digits, role);
}

const BLANKS_ONLY = /^[\d\s]*$/;

function nameOrCode(written: string, no: NoNumber | undefined, options: AddressOptions): Address {
  const { role } = options;
  const isCode = DIAL_CODE.test(written);
  if (role === 'source') {
    if (!isCode) return alphanumeric(written, no, options);
    return { addr: checkedLength(written, written, role), ton: TON.UNKNOWN, npi: NPI.UNKNOWN };
  }
  const code =
    'a code with * or # goes as it is with an explicit type of number: dest_addr_ton 0 (destinationTon)';
  throw invalid(written, role, isCode ? code : no ? reasonOf(no, role) : A_NUMBER);
}

const reasonOf = ({ why, several }: NoNumber, role: Role): string =>
  several && role === 'destination'
    ? `${why}; several recipients are for submit_multi, or a message each`
    : why;

const A_NUMBER =
  'a recipient is a number: digits, which may begin with + and have spaces, dashes or parentheses between them; ' +
  'a name goes with dest_addr_ton 5 (destinationTon)';

function international(text: string, digits: string, role: Role): Address {
  if (digits.startsWith('0')) throw invalid(text, role, 'a country code does not begin with 0');
  if (digits.length < 3) throw invalid(text, role, 'it has too few digits for an international number');
  if (digits.length > MAX_DIGITS) {
    const message = `it has ${digits.length} digits, an international number has ${MAX_DIGITS} at most`;
    throw invalid(text, role, message);
  }
  return { addr: digits, ton: TON.INTERNATIONAL, npi: NPI.ISDN };
}

function alphanumeric(written: string, noNumber: NoNumber | undefined, options: AddressOptions): Address {
  const { role, encoding = 'ascii' } = options;
  const no = noNumber ? `; and it is no number: ${noNumber.why}` : '';
  const septets = countSeptets(DEFAULT_GSM, written);
  // An SMSC of Latin-1 may take more of it than GSM has.
  if (septets < 0 && encoding === 'ascii') {
    const message = `an alphanumeric sender has characters of the GSM alphabet only, ${JSON.stringify(written.charAt(-1 - septets))} is none${no}`;
    throw invalid(written, role, message, -1 - septets);
  }
  const length = septets < 0 ? written.length : septets;
  if (length > MAX_ALPHANUMERIC) {
    const twice = length === written.length ? '' : ' (of ^{}[]~\\| each counts twice)';
    const message = `an alphanumeric sender has ${MAX_ALPHANUMERIC} characters at most, this one has ${length}${twice}${no}`;
    throw invalid(written, role, message);
  }
  return { addr: checkedCharacters(written, options), ton: TON.ALPHANUMERIC, npi: NPI.UNKNOWN };
}

/** The user says what it is: what is dialled loses its punctuation, the rest stays as it is written. */
function byTon(text: string, ton: number, options: AddressOptions): Address {
  const { role } = options;
  const written = text.trim();
  const reading = ton === TON.ALPHANUMERIC ? {} : readNumber(written);
  if ('no' in reading && reading.no && (role === 'destination' || NUMBERS.has(ton)))
    throw invalid(text, role, reasonOf(reading.no, role));
  const addr = 'number' in reading ? reading.number.digits : written;
  if (addr === '' && role === 'destination')
    throw invalid(text, role, 'it is empty: give the number of the recipient');
  const npi =
    ton === TON.ALPHANUMERIC || ton === TON.UNKNOWN || ton === TON.NETWORK_SPECIFIC ? NPI.UNKNOWN : NPI.ISDN;
  return { addr: checkedLength(text, checkedCharacters(addr, options), role), ton, npi };
}

type Role = AddressOptions['role'];

function checkedLength(text: string, addr: string, role: Role): string {
  if (addr.length <= MAX_LENGTH) return addr;
  throw invalid(text, role, `it has ${addr.length} characters, the field holds ${MAX_LENGTH}`);
}

const CHARACTERS: Readonly<Record<AddressEncoding, { name: string; others: RegExp; cure: string }>> = {
  ascii: {
    name: 'ASCII',
    others: /[^\x20-\x7e]/,
    cure: '; where the SMSC takes Latin-1, set addressEncoding latin1',
  },
  latin1: { name: 'Latin-1', others: /[^\x20-\x7e\xa0-\xff]/, cure: '' },
};

/** The field is a C-octet string: ASCII, without NUL (SMPP 3.4 section 3.1). */
function checkedCharacters(addr: string, { role, encoding = 'ascii' }: AddressOptions): string {
  const { name, others, cure } = CHARACTERS[encoding];
  const at = addr.search(others);
  if (at === -1) return addr;
  const character = addr.charAt(at);
  // What Latin-1 lacks too, the option does not cure.
  const remedy = CHARACTERS.latin1.others.test(character) ? '' : cure;
  const message = `the field holds ${name} only, ${JSON.stringify(character)} is none${remedy}`;
  throw invalid(addr, role, message, at);
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
