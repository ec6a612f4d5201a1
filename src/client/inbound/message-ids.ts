import { foldedId } from '../../store';

/** How an SMSC writes a message_id: as it is, or as a number of which the notation may change. */
export type IdFormat = 'auto' | 'text' | 'decimal' | 'hex';
export type Notation = 'decimal' | 'hex';

/** How the ids of responses and those of receipts are written. */
export interface IdFormats {
  readonly response: IdFormat;
  readonly receipt: IdFormat;
}

/** An id as a response may have had it, and the notations by which it is the same. */
export interface Candidate {
  readonly id: string;
  readonly response: Notation;
  readonly receipt: Notation;
}

const NOTATIONS: readonly Notation[] = ['decimal', 'hex'];
/** Longer ones are no numbers of anybody's; C-octet strings of the specification end at 64. */
const LONGEST = 64;

function notations(format: IdFormat): readonly Notation[] {
  if (format === 'auto') return NOTATIONS;
  return format === 'text' ? [] : [format];
}

/** The number that an id is in a notation, as decimal digits; undefined: it is none. */
export function readNumber(id: string, notation: Notation): string | undefined {
  const start = notation === 'hex' ? digitsAt(id) : 0;
  if (id.length > LONGEST || !hasDigits(id, start, notation)) return undefined;
  const digits = withoutZeros(id, start);
  if (notation === 'decimal') return digits;
  return digits.length <= EXACT ? String(Number.parseInt(digits, 16)) : BigInt(`0x${digits}`).toString();
}

/** Hexadecimal digits of which a number is exact. */
const EXACT = 13;

/** Behind the prefix of hexadecimal numbers. */
const digitsAt = (id: string): number => (isZero(id, 0) && (id.charCodeAt(1) | 0x20) === 0x78 ? 2 : 0);

function withoutZeros(id: string, start: number): string {
  let from = start;
  while (from < id.length - 1 && isZero(id, from)) from++;
  return from === 0 ? id : id.slice(from);
}

const isZero = (id: string, at: number): boolean => id.charCodeAt(at) === 0x30;

/** Whether there are digits of the notation from there on, and nothing else. */
function hasDigits(id: string, start: number, notation: Notation): boolean {
  for (let at = start; at < id.length; at++) {
    const code = id.charCodeAt(at);
    const letter = code | 0x20;
    if (!isDigit(code) && !(notation === 'hex' && letter >= 0x61 && letter <= 0x66)) return false;
  }
  return id.length > start;
}

/** Whether it may be read as a number, so that it may be written in other ways. */
export const isNumber = (id: string): boolean => id.length <= LONGEST && hasDigits(id, digitsAt(id), 'hex');

/** Whether it is a number that can only be hexadecimal. */
export const hasLetters = (id: string): boolean => isNumber(id) && /[a-f]/i.test(id);

/** Without what zeros, case and a prefix add to it. */
export function bare(id: string): string {
  const folded = foldedId(id);
  return isNumber(id) ? withoutZeros(folded, digitsAt(folded)) : folded;
}

/**
 * The ids under which a response may have had what a receipt calls `receiptId`, case apart and the likeliest first:
 * more or fewer zeros in front, other notation. `widths` are lengths to which the SMSC is known to fill up with zeros.
 */
export function candidates(
  receiptId: string,
  formats: IdFormats,
  widths: Iterable<number> = [],
): readonly Candidate[] {
  const found = new Map<string, Candidate>();
  const lengths = [0, receiptId.length, ...widths];
  for (const receipt of notations(formats.receipt)) {
    const number = readNumber(receiptId, receipt);
    if (number === undefined) continue;
    // The same notation first: only zeros and case differ.
    const responses = [...notations(formats.response)].sort((one) => (one === receipt ? -1 : 1));
    for (const response of responses) {
      for (const length of lengths) {
        const id = written(number, response, length);
        if (foldedId(id) !== foldedId(receiptId) && !found.has(id)) found.set(id, { id, response, receipt });
      }
    }
  }
  return [...found.values()];
}

function written(number: string, notation: Notation, length: number): string {
  const digits = notation === 'decimal' ? number : BigInt(number).toString(16);
  return digits.padStart(length, '0');
}

/** What two ids have in common that may be the same message: to find one by the other. */
export function commonKeys(id: string): readonly string[] {
  const keys = [`text ${id.toLowerCase()}`];
  for (const notation of NOTATIONS) {
    const number = readNumber(id, notation);
    if (number !== undefined) keys.push(`number ${number}`);
  }
  return keys;
}

/** Whether the pair tells the notations beyond doubt: one of them can only be hexadecimal, the other only decimal. */
export function tellsNotations(responseId: string, receiptId: string): IdFormats | undefined {
  const response = certain(responseId);
  const receipt = certain(receiptId);
  if (response === receipt || response === 'text' || receipt === 'text') return undefined;
  return readNumber(responseId, response) === readNumber(receiptId, receipt)
    ? { response, receipt }
    : undefined;
}

/** Digits alone may be either, but beside an id with letters they are decimal. */
function certain(id: string): Exclude<IdFormat, 'auto'> {
  if (/^\d+$/.test(id)) return 'decimal';
  return readNumber(id, 'hex') === undefined ? 'text' : 'hex';
}

/** Where a receipt comes from, and where it goes to. */
interface Addresses {
  readonly source: string;
  readonly destination: string;
}

/** What a message was sent to: a number, or several and distribution lists. */
interface Destined extends Pick<Addresses, 'destination'> {
  readonly lists?: number;
}

/**
 * Whether a receipt is for a message to this number. Most SMSCs turn the addresses round in a receipt; some do not.
 * It may be for one to a distribution list, of which nobody knows whom it went to.
 */
export function agrees(message: Destined, receipt: Addresses): boolean {
  return message.lists !== undefined || isNamed(message, receipt);
}

/** The same, but a message to distribution lists must have the number beside them. */
export function isNamed({ destination }: Destined, receipt: Addresses): boolean {
  if (!destination.includes(',')) return isOf(destination, receipt);
  return destination.split(',').some((one) => isOf(one, receipt));
}

/** Whether it went, or may have gone, to more than one number, so that it has several receipts. */
function isToSeveral({ destination, lists }: Destined): boolean {
  return lists !== undefined || destination.includes(',');
}

/**
 * Of a message to several whose receipt it is, as the message has the number, else as the receipt has it; undefined: it
 * is to one.
 */
export function recipientAmong(message: Destined, receipt: Addresses): string | undefined {
  if (!isToSeveral(message)) return undefined;
  return message.destination.split(',').find((one) => isOf(one, receipt)) ?? receipt.source;
}

function isOf(address: string, { source, destination }: Addresses): boolean {
  return sameAddress(address, source) || sameAddress(address, destination);
}

/** Whether an address of a receipt is one of a message, however each is written. */
export function sameAddress(one: string, other: string): boolean {
  if (one === '' || other === '') return false;
  if (one === other) return true;
  if (endOtherwise(one, other)) return false;
  if (one.toLowerCase() === other.toLowerCase()) return true;
  const [a, b] = [significant(one), significant(other)];
  if (a === '' || b === '') return false;
  const [short, long] = a.length < b.length ? [a, b] : [b, a];
  // Of one the country code is missing.
  return short === long || (short.length >= SUBSCRIBER && long.endsWith(short));
}

/** Digits that are enough to tell subscribers apart. */
const SUBSCRIBER = 7;

/** Whether they differ in one of the digits that tell subscribers apart: nearly all numbers do, and soon. */
function endOtherwise(one: string, other: string): boolean {
  const { length } = one;
  for (let at = 1; at <= SUBSCRIBER && at <= length && at <= other.length; at++) {
    const [a, b] = [one.charCodeAt(length - at), other.charCodeAt(other.length - at)];
    if (!isDigit(a) || !isDigit(b)) return false;
    if (a !== b) return true;
  }
  return false;
}

const isDigit = (code: number): boolean => code >= 0x30 && code <= 0x39;

function significant(address: string): string {
  return /^[\d+() ./-]+$/.test(address) ? address.replace(/\D/g, '').replace(/^0+/, '') : '';
}
