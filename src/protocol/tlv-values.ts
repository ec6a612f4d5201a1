import type { Cursor } from './cursor';
import { PduError } from './errors';
import { show } from './refusal';
import { writeText } from './scalars';
import { STATUSES, type StatusName } from './statuses';
import { keptOfTlv, tagName, type TlvDefinition, type TlvName, type TlvTable, type TlvType } from './tlvs';
import type { OneOrMany, TlvValue, TlvValueOf, Tlvs } from './types';

/** Tag and length (SMPP 3.4 section 3.2.4.1). */
export const TLV_HEADER_LENGTH = 4;
const MOST_OCTETS = 0xffff;

const INTEGER_LENGTHS: { readonly [T in TlvType]?: readonly number[] } = {
  int8: [1],
  int16: [2],
  int32: [4],
};

/** The permitted lengths of an integer; undefined for all other types. */
function integerLengths({ type, lengths }: TlvDefinition): readonly number[] | undefined {
  return lengths ?? INTEGER_LENGTHS[type];
}

/** Octets of the value on the wire; everything that can be wrong with it is found here. */
export function sizeOfTlv(definition: TlvDefinition, value: unknown): number {
  const lengths = integerLengths(definition);
  if (lengths) return sizeOfInteger(definition, lengths, value);
  if (definition.type === 'octets') {
    if (!(value instanceof Uint8Array)) {
      throw invalid(definition, value, 'is not a Buffer', 'ESME_RINVOPTPARAMVAL');
    }
    return checkedLength(definition, value, value.length);
  }
  const highest = definition.type === 'cstring' ? 0x7f : 0xff;
  if (typeof value !== 'string') throw invalid(definition, value, 'is not text', 'ESME_RINVOPTPARAMVAL');
  for (let at = 0; at < value.length; at++) {
    const code = value.charCodeAt(at);
    if (code > highest || (code === 0 && highest === 0x7f)) {
      const problem = `has a character at position ${at + 1} that is not ${highest === 0x7f ? 'ASCII' : 'ISO-8859-1'}`;
      throw invalid(definition, value, problem, 'ESME_RINVOPTPARAMVAL');
    }
  }
  return checkedLength(definition, value, value.length + (definition.type === 'cstring' ? 1 : 0));
}

function sizeOfInteger(definition: TlvDefinition, lengths: readonly number[], value: unknown): number {
  if (typeof value === 'number' && Number.isInteger(value) && value >= 0) {
    for (const length of lengths) if (value < 256 ** length) return length;
  }
  const most = 256 ** Math.max(...lengths) - 1;
  const message = `is not allowed: give an integer from 0 to ${most}`;
  throw invalid(definition, value, message, 'ESME_RINVOPTPARAMVAL');
}

function checkedLength(definition: TlvDefinition, value: unknown, length: number): number {
  const { min = 0, max = MOST_OCTETS, type } = definition;
  if (length >= min && length <= max) return length;
  const how = type === 'cstring' ? ' with its NUL' : '';
  throw invalid(
    definition,
    value,
    `takes ${length} octets${how}: it must be ${rangeOf(min, max)}`,
    'ESME_RINVPARLEN',
  );
}

function invalid(definition: TlvDefinition, value: unknown, problem: string, status: StatusName): PduError {
  const { name, tag } = definition;
  return new PduError('INVALID_TLV', `the TLV ${name} (${tagName(tag)}) ${show(name, value)} ${problem}`, {
    command_status: STATUSES[status][0],
    field: name,
  });
}

/**
 * A TLV's value; of a repeated one the first, for whoever expects but one:
 * `firstTlv(pdu.tlvs, 'message_state')` is a number or undefined.
 */
export function firstTlv<N extends TlvName>(tlvs: Tlvs, name: N): TlvValueOf<N> | undefined {
  const value: OneOrMany<TlvValue> | undefined = tlvs[name];
  return (Array.isArray(value) ? value[0] : value) as TlvValueOf<N> | undefined;
}

/** Writes a TLV whose value has `size` octets by `sizeOfTlv`; returns the offset after it. */
export function encodeTlv(
  definition: TlvDefinition,
  value: unknown,
  size: number,
  into: Buffer,
  offset: number,
): number {
  into.writeUInt16BE(definition.tag, offset);
  into.writeUInt16BE(size, offset + 2);
  const start = offset + TLV_HEADER_LENGTH;
  if (typeof value === 'number') {
    if (size > 0) into.writeUIntBE(value, start, size);
  } else if (typeof value === 'string') {
    const end = writeText(value, into, start);
    if (definition.type === 'cstring') into[end] = 0;
  } else {
    into.set(value as Uint8Array, start);
  }
  return start + size;
}

/**
 * TLVs of one PDU that are kept. Of empty ones some 30,000 fit into 128 kB, and as objects take fifty times as much.
 */
const MOST_TLVS = 512;

/**
 * Reads all that follows the mandatory fields. Of more than {@link MOST_TLVS} only the first of each that is known is
 * kept, so that nothing meant can be hidden behind junk.
 */
export function decodeTlvs(cursor: Cursor, table: TlvTable): Tlvs {
  const tlvs = Object.create(null) as Tlvs;
  const { octets, end } = cursor;
  let seen = 0;
  let dropped = 0;
  while (end - cursor.offset >= TLV_HEADER_LENGTH) {
    const tag = octets.readUInt16BE(cursor.offset);
    const length = octets.readUInt16BE(cursor.offset + 2);
    const start = cursor.offset + TLV_HEADER_LENGTH;
    if (start + length > end) {
      const name = tagName(tag);
      const message = `the TLV ${name} should have ${length} octets, but the PDU has only ${end - start} left`;
      cursor.fail('TLV_OVERRUN', message, 'ESME_RINVOPTPARSTREAM', name);
      return tlvs;
    }
    cursor.offset = start + length;
    const definition = table.withTag(tag);
    if (++seen > MOST_TLVS && (!definition || tlvs[definition.name] !== undefined)) {
      dropped++;
      continue;
    }
    const name = definition?.name ?? tagName(tag);
    const value = definition
      ? decodeValue(cursor, definition, start, length)
      : octets.subarray(start, cursor.offset);
    const earlier = tlvs[name];
    tlvs[name] = earlier === undefined ? value : repeated(cursor, definition, earlier, value);
  }
  if (dropped > 0) cursor.flag(`it has ${seen} TLVs; ${dropped} beyond the first ${MOST_TLVS} are left out`);
  // Some SMSCs end every PDU with a NUL too many.
  const stray = end - cursor.offset;
  if (stray > 0) cursor.flag(`${stray} stray octet${stray > 1 ? 's' : ''} at the end of the PDU`);
  return tlvs;
}

function repeated(
  cursor: Cursor,
  definition: TlvDefinition | undefined,
  earlier: OneOrMany<TlvValue>,
  value: TlvValue,
): TlvValue[] {
  if (Array.isArray(earlier)) {
    earlier.push(value);
    return earlier;
  }
  if (definition && !definition.multiple) cursor.flag(`the TLV ${definition.name} occurs more than once`);
  return [earlier, value];
}

/** The value of a TLV, whose octets the PDU has all. Flaws go to the cursor. */
export function decodeValue(
  cursor: Cursor,
  definition: TlvDefinition,
  start: number,
  length: number,
): TlvValue {
  const { octets } = cursor;
  const end = start + length;
  const lengths = integerLengths(definition);
  if (lengths) {
    if (!lengths.includes(length)) unusual(cursor, definition, length, lengths.join(' or '));
    return decodeInteger(octets, start, length, lengths);
  }
  const { min = 0, max = MOST_OCTETS, type } = definition;
  const isUnusual = length < min || length > max;
  const kept = keptOfTlv(definition);
  if (type === 'octets') {
    if (isUnusual) unusual(cursor, definition, length, rangeOf(min, max), length - kept);
    return octets.subarray(start, Math.min(end, start + kept));
  }
  let nul = start;
  while (nul < end && octets[nul] !== 0) nul++;
  const textLength = nul - start;
  if (type === 'cstring') {
    const beyond = textLength - (kept - 1);
    if (textLength !== length - 1) {
      cursor.flag(`the TLV ${definition.name} does not end in exactly one NUL${cutText(beyond)}`);
    } else if (isUnusual) unusual(cursor, definition, length, rangeOf(min, max), beyond);
    return octets.toString('latin1', start, start + Math.min(textLength, kept - 1));
  }
  // A time is often written with a NUL that its type does not have; a vendor's text is kept as it is.
  const taken = max === MOST_OCTETS ? length : textLength;
  if (isUnusual) unusual(cursor, definition, length, rangeOf(min, max), taken - kept);
  return octets.toString('latin1', start, start + Math.min(taken, kept));
}

/** An integer of any length that a number holds; of a longer one, as many octets as there should be. */
function decodeInteger(octets: Buffer, start: number, length: number, lengths: readonly number[]): number {
  if (length === 1) return octets[start] ?? 0;
  if (length === 0) return 0;
  return octets.readUIntBE(start, length <= 6 ? length : Math.max(1, ...lengths));
}

function rangeOf(min: number, max: number): string {
  return min === max ? `${min}` : `${min} to ${max}`;
}

/** `beyond`: octets that are cut off, where there are any. */
function unusual(cursor: Cursor, { name }: TlvDefinition, length: number, allowed: string, beyond = 0): void {
  cursor.flag(`the TLV ${name} has ${length} octets instead of ${allowed}${cutText(beyond)}`);
}

function cutText(beyond: number): string {
  return beyond > 0 ? `; the last ${beyond} are cut off` : '';
}
