import type { Cursor } from '../cursor';
import { TLV_HEADER_LENGTH, decodeValue } from '../tlv-values';
import { isVendorTag, tagName, type TlvTable } from '../tlvs';
import { definedIn, described } from './parts';
import { PART_SECTIONS, tlvSection } from './sections';
import { TLV_WORDS } from './tlv-words';
import type { ExplainedField } from './types';
import { plural, type WordContext } from './words';

/** All TLVs from where the cursor is to the one that is cut, if any: then the cursor stays at its beginning. */
export function explainTlvs(cursor: Cursor, table: TlvTable, context: WordContext): ExplainedField[] {
  const fields: ExplainedField[] = [];
  const { octets, end } = cursor;
  while (end - cursor.offset >= TLV_HEADER_LENGTH) {
    const offset = cursor.offset;
    const length = TLV_HEADER_LENGTH + octets.readUInt16BE(offset + 2);
    if (offset + length > end) break;
    fields.push(explainTlv(cursor, table, length, context));
    cursor.offset = offset + length;
  }
  return fields;
}

function explainTlv(cursor: Cursor, table: TlvTable, length: number, context: WordContext): ExplainedField {
  const { octets, offset } = cursor;
  const tag = octets.readUInt16BE(offset);
  const definition = table.withTag(tag);
  const name = definition?.name ?? tagName(tag);
  const start = offset + TLV_HEADER_LENGTH;
  const size = length - TLV_HEADER_LENGTH;
  const raw = octets.subarray(start, offset + length);
  cursor.flaws = undefined;
  const value = definition ? decodeValue(cursor, definition, start, size) : raw;
  const flaws = cursor.flaws as string[] | undefined;
  const unknown = isVendorTag(tag)
    ? 'a TLV of a vendor, unknown here'
    : 'a TLV that no specification defines';
  const said = definition ? described(TLV_WORDS[name], value, context) : { meaning: unknown };
  const defined = definedIn(tlvSection(name, isVendorTag(tag)));
  const part = (kind: string, at: number, of: number, what: unknown, meaning?: string): ExplainedField => ({
    kind: 'tlv',
    name: kind,
    offset: at,
    length: of,
    octets: octets.subarray(at, at + of),
    value: what,
    ...(meaning === undefined ? {} : { meaning }),
  });
  const fields = [
    { ...part('tag', offset, 2, tag, tagName(tag)), section: PART_SECTIONS.tlv },
    { ...part('length', offset + 2, 2, size, plural(size, 'octet')), section: PART_SECTIONS.tlv },
    ...(size > 0 ? [{ ...part('value', start, size, value, said.meaning), ...defined }] : []),
  ];
  return { ...part(name, offset, length, value), ...said, ...defined, ...(flaws && { flaws }), fields };
}
