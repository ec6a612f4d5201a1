import { Cursor } from './cursor';
import type { PduHeader } from './errors';
import { HEADER_LENGTH } from './header';
import type { Layout, LayoutField } from './layout';
import { TLV_HEADER_LENGTH, decodeTlvs } from './tlv-values';
import { isVendorTag, type TlvTable } from './tlvs';

type Fields = Record<string, unknown>;

/**
 * How well a response was read. `sensible`: all is there, nothing is left but NULs, which some SMSCs add, and texts are
 * printable ASCII and times have digits, or at least TLVs follow that are known and without a flaw. `whole`: all is
 * there, but looks like nothing. `cut`: not even that.
 */
export type Reading = 'sensible' | 'whole' | 'cut';

export function readingOf(pdu: Fields, cursor: Cursor, fields: readonly LayoutField[]): Reading {
  if (cursor.cut || !areNuls(cursor.octets, cursor.offset)) return 'cut';
  if (arePlausible(pdu, fields)) return 'sensible';
  const names = Object.keys(pdu['tlvs'] as Fields);
  const known = !cursor.flaws && names.length > 0 && names.every((name) => !name.startsWith('0x'));
  return known ? 'sensible' : 'whole';
}

/**
 * A response whose body is TLVs in the place of its mandatory fields, or of the last of them. Many SMSCs refuse so:
 * SMPP 3.4 section 4.4.2 lets a refusal do without its body, and 5.0 gives every response TLVs.
 *
 * The reading with all fields stands where it is sensible: so a message_id of printable characters stays one. Else
 * as many fields as possible are taken, from the first on, behind which there is nothing but TLVs: known ones, also of
 * unusual length, and beside them ones of the range of vendors. What could be `whole` with all of its fields, as an
 * id of control characters, gives way only to known TLVs without a flaw. Where nothing fits, the first reading stands.
 */
export function withoutFields(
  octets: Buffer,
  header: PduHeader,
  { command, fields }: Layout,
  table: TlvTable,
  reading: Exclude<Reading, 'sensible'>,
): { fields: Fields; cursor: Cursor } | undefined {
  for (let count = fields.length - 1; count >= 0; count--) {
    const cursor = new Cursor(octets, HEADER_LENGTH, true, header);
    const read: Fields = {};
    const [there, missing] = [fields.slice(0, count), fields.slice(count)];
    for (const { name, spec, wire } of there) read[name] = wire.decode(cursor, spec);
    if (cursor.cut || !arePlausible(read, there) || !isTlvList(cursor, table, reading === 'cut')) continue;
    for (const { name, wire } of missing) read[name] = wire.empty();
    read['tlvs'] = decodeTlvs(cursor, table);
    if (reading === 'whole' && cursor.flaws) continue;
    cursor.present = count;
    if (header.command_status === 0) {
      cursor.flag(`${command} has TLVs in the place of ${missing.map(({ name }) => name).join(', ')}`);
    }
    return { fields: read, cursor };
  }
  return undefined;
}

function arePlausible(pdu: Fields, fields: readonly LayoutField[]): boolean {
  for (const { name, spec } of fields) {
    const value = pdu[name];
    if (!isPrintable(value)) return false;
    // Peers cut times short, but not within the date and the hour.
    if (spec.type === 'time' && value !== '' && !/^\d{8}/.test(value as string)) return false;
  }
  return true;
}

/** Of texts, and of those in lists. */
function isPrintable(value: unknown): boolean {
  if (typeof value === 'string') return !UNPRINTABLE.test(value);
  if (!Array.isArray(value)) return true;
  return value.every((item: unknown) =>
    typeof item === 'object' && item !== null ? Object.values(item).every(isPrintable) : isPrintable(item),
  );
}

const UNPRINTABLE = /[^ -~]/;

function areNuls(octets: Buffer, start: number): boolean {
  for (let at = start; at < octets.length; at++) if (octets[at] !== 0) return false;
  return true;
}

function isTlvList({ octets, offset, end }: Cursor, table: TlvTable, othersToo: boolean): boolean {
  let known = 0;
  let at = offset;
  while (end - at >= TLV_HEADER_LENGTH) {
    const tag = octets.readUInt16BE(at);
    if (table.withTag(tag)) known++;
    else if (!othersToo || !isVendorTag(tag)) return false;
    at += TLV_HEADER_LENGTH + octets.readUInt16BE(at + 2);
  }
  return known > 0 && at <= end && areNuls(octets, at);
}
