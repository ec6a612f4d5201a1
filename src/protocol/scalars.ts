import { keptOf, type FieldSpec } from './commands';
import type { Cursor } from './cursor';
import { invalidField } from './refusal';
import type { CodecOptions } from './types';

const EMPTY = Buffer.alloc(0);

/** SMPP 3.4 section 3.1: an integer is unsigned, most significant octet first. */
function checkInteger(value: unknown, most: number, field: FieldSpec): void {
  if (typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= most) return;
  throw invalidField(field, value, `is not allowed: give an integer from 0 to ${most}`);
}

const ASCII = 0x7f;
const LATIN_1 = 0xff;

/** Octets of a C-octet string without its NUL; refuses all above `highest`. */
function checkText(value: unknown, field: { name: string }, highest = ASCII): number {
  if (typeof value !== 'string') {
    throw invalidField(field, value, `is not text: give a string, in quotes even if it is all digits`);
  }
  for (let at = 0; at < value.length; at++) {
    const code = value.charCodeAt(at);
    if (code === 0 || code > highest) throw notAllowed(value, at, field, highest);
  }
  return value.length;
}

function notAllowed(value: string, at: number, field: { name: string }, highest: number): Error {
  const what = value.charCodeAt(at) === 0 ? 'a NUL' : `"${String.fromCodePoint(value.codePointAt(at) ?? 0)}"`;
  const message = `has ${what} at position ${at + 1}: only the ${highest === ASCII ? 'ASCII characters U+0001 to U+007F' : 'ISO 8859-1 characters U+0001 to U+00FF'} are allowed`;
  return invalidField(field, value, message);
}

/** Writes text that `checkText` has accepted, without a NUL. */
export function writeText(value: string, into: Buffer, offset: number): number {
  // Measured: up to some 40 characters a loop is faster than the way into C++.
  if (value.length > 40) return offset + into.write(value, offset, 'latin1');
  for (let at = 0; at < value.length; at++) into[offset + at] = value.charCodeAt(at);
  return offset + value.length;
}

/** A mandatory field begins where the PDU has ended. */
function missing(cursor: Cursor, field: FieldSpec): void {
  const message = `the PDU ends before ${field.name}, which is mandatory`;
  cursor.fail('PDU_TRUNCATED', message, 'ESME_RINVCMDLEN', field.name);
}

export const int8 = {
  empty: () => 0,
  size(value: unknown, field: FieldSpec): number {
    // The rule of checkInteger, spelled out where it is quickest: most fields are int8.
    if (typeof value !== 'number' || (value & 0xff) !== value) checkInteger(value, 0xff, field);
    return 1;
  },
  encode(value: unknown, into: Buffer, offset: number): number {
    into[offset] = value as number;
    return offset + 1;
  },
  decode(cursor: Cursor, field: FieldSpec): number {
    if (cursor.offset < cursor.end) return cursor.octets[cursor.offset++] ?? 0;
    missing(cursor, field);
    return 0;
  },
};

export const int32 = {
  empty: () => 0,
  size(value: unknown, field: FieldSpec): number {
    checkInteger(value, 0xffffffff, field);
    return 4;
  },
  encode(value: unknown, into: Buffer, offset: number): number {
    return into.writeUInt32BE(value as number, offset);
  },
  decode(cursor: Cursor, field: FieldSpec): number {
    if (cursor.offset + 4 <= cursor.end) {
      cursor.offset += 4;
      return cursor.octets.readUInt32BE(cursor.offset - 4);
    }
    cursor.offset = cursor.end;
    missing(cursor, field);
    return 0;
  },
};

/** Its value to encode is what it counts, so that the two can never differ. */
export const count = {
  empty: () => 0,
  size: () => 1,
  encode(value: unknown, into: Buffer, offset: number): number {
    into[offset] = (value as { length: number }).length;
    return offset + 1;
  },
  decode(cursor: Cursor, field: FieldSpec): number {
    return (cursor.count = int8.decode(cursor, field));
  },
};

export const cstring = {
  empty: () => '',
  size(value: unknown, field: FieldSpec, options?: CodecOptions): number {
    const isLatin1 = field.address && options?.addressEncoding === 'latin1';
    const length = checkText(value, field, isLatin1 ? LATIN_1 : ASCII);
    const most = ((options?.allowLong ? field.longest : undefined) ?? field.max ?? Infinity) - 1;
    if (length > most && !field.soft) {
      throw invalidField(field, value, `has ${length} characters: at most ${most} are allowed`);
    }
    return length + 1;
  },
  encode(value: unknown, into: Buffer, offset: number): number {
    const end = writeText(value as string, into, offset);
    into[end] = 0;
    return end + 1;
  },
  decode(cursor: Cursor, field: FieldSpec): string {
    const { octets, end, offset: start } = cursor;
    let at = start;
    let seen = 0;
    for (let octet = at < end ? octets[at] : 0; octet; octet = ++at < end ? octets[at] : 0) seen |= octet;
    cursor.offset = at + 1;
    if (at >= end) unterminated(cursor, start, field);
    if (at === start) return '';
    if (seen > ASCII && !(field.address && cursor.latin1Addresses))
      cursor.flag(`${field.name} has octets that are not ASCII`);
    if (at - start < (field.max ?? Infinity)) return octets.toString('latin1', start, at);
    return tooLong(cursor, start, at, field);
  },
};

/** What a peer writes beyond {@link keptOf} is cut off. */
function tooLong(cursor: Cursor, start: number, end: number, field: FieldSpec): string {
  const kept = keptOf(field) - 1;
  const flaw = `${field.name} has ${end - start} octets, at most ${(field.max ?? 0) - 1} are allowed`;
  cursor.flag(end - start > kept ? `${flaw}; it is cut after ${kept}` : flaw);
  return cursor.octets.toString('latin1', start, Math.min(end, start + kept));
}

function unterminated(cursor: Cursor, start: number, field: FieldSpec): void {
  cursor.offset = cursor.end;
  if (start >= cursor.end) return missing(cursor, field);
  const message = `the PDU ends within ${field.name}: the NUL that must end it is missing`;
  cursor.fail('PDU_TRUNCATED', message, 'ESME_RINVCMDLEN', field.name);
}

/** SMPP 3.4 section 7.1.1: `YYMMDDhhmmsstnnp`, or nothing. */
export const time = {
  empty: () => '',
  size(value: unknown, field: FieldSpec): number {
    const length = checkText(value, field);
    if (length !== 0 && length !== 16) {
      const message =
        'is not a time: it needs 16 characters as YYMMDDhhmmsstnnp, such as 000001000000000R for one day';
      throw invalidField(field, value, message);
    }
    return length + 1;
  },
  encode: cstring.encode,
  decode(cursor: Cursor, field: FieldSpec): string {
    const value = cstring.decode(cursor, field);
    if (value !== '' && value.length < 16) {
      cursor.flag(`${field.name} has ${value.length} octets, a time has 16 or none`);
    }
    return value;
  },
};

export const octets = {
  empty: () => EMPTY,
  size(value: unknown, field: FieldSpec): number {
    if (!(value instanceof Uint8Array)) throw notOctets(value, field);
    if (value.length > (field.max ?? 0)) {
      const message = `is too long: at most ${field.max} fit, so split the message or use the TLV message_payload`;
      throw invalidField(field, value, message);
    }
    return value.length;
  },
  encode(value: unknown, into: Buffer, offset: number): number {
    into.set(value as Uint8Array, offset);
    return offset + (value as Uint8Array).length;
  },
  decode(cursor: Cursor, field: FieldSpec): Buffer {
    const { offset: start, count, end } = cursor;
    if (count === 0) return EMPTY;
    if (start + count > end) {
      const message = `${field.name} should have ${count} octets, but the PDU has only ${end - start} left`;
      cursor.fail('PDU_TRUNCATED', message, field.status, field.name);
    }
    cursor.offset = Math.min(start + count, end);
    return cursor.octets.subarray(start, cursor.offset);
  },
};

function notOctets(value: unknown, field: FieldSpec): Error {
  return invalidField(
    field,
    value,
    typeof value === 'string'
      ? 'is text: encode it first (encodeText of @nazjs/node-red-smpp/text) and set its data_coding'
      : 'is not a Buffer',
  );
}
