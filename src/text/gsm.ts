import { TextError } from './errors';
import { DEFAULT_GSM, ESCAPE, ESCAPED, LACKS, NONE, countSeptets, type GsmTable } from './plan/gsm-alphabet';

/** One septet per octet, the usual form over SMPP. The text must be in the table's repertoire and take `size` of them. */
export function encodeSeptets(text: string, table: GsmTable, size = countSeptets(table, text)): Buffer {
  const septets = Buffer.allocUnsafe(size);
  const { codes } = table;
  let at = 0;
  for (let index = 0; index < text.length; index++) {
    const code = codes[text.charCodeAt(index)] ?? LACKS;
    if (code >= ESCAPED) septets[at++] = ESCAPE;
    septets[at++] = code & 0x7f;
  }
  return septets;
}

/** Septets of the default alphabet that are the same number in ASCII; most texts have no other. */
const SAME_IN_ASCII = Uint8Array.from({ length: 256 }, (_, octet) =>
  DEFAULT_GSM.basic[octet] === octet ? 1 : 0,
);

/**
 * Septets to text (TS 23.038 section 6.2.1.1): an escape before a septet that the extension
 * table lacks shows the basic table's character, a lone or doubled escape a space.
 * @throws TextError `UNDECODABLE` for an octet above 0x7F or a septet without a character
 */
export function decodeSeptets(septets: Buffer, table: GsmTable): string {
  let plain = 0;
  if (table === DEFAULT_GSM) {
    while (plain < septets.length && SAME_IN_ASCII[septets[plain] as number] === 1) plain++;
  }
  if (plain === septets.length) return septets.toString('latin1');
  return septets.toString('latin1', 0, plain) + decodeByTable(septets, plain, table);
}

function decodeByTable(septets: Buffer, start: number, table: GsmTable): string {
  const units = Buffer.allocUnsafe((septets.length - start) * 2);
  let length = 0;
  for (let at = start; at < septets.length; at++) {
    const septet = septets[at] as number;
    const unit = septet === ESCAPE ? escaped(septets[++at], table) : (table.basic[septet] ?? NONE);
    if (unit === NONE) throw undecodable(septets, Math.min(at, septets.length - 1));
    units[length++] = unit & 0xff;
    units[length++] = unit >> 8;
  }
  return units.toString('utf16le', 0, length);
}

function escaped(septet: number | undefined, table: GsmTable): number {
  if (septet === undefined || septet === ESCAPE) return 0x20;
  const unit = table.extension[septet] ?? NONE;
  return unit === NONE ? (table.basic[septet] ?? NONE) : unit;
}

/**
 * Eight septets into seven octets, after `fillBits` zero bits (TS 23.038 section 6.1.2.1).
 *
 * Spare bits are zero. Where seven are spare, a receiver that is not told the number of septets
 * cannot tell them from a character of septet 0, "@", nor from the carriage return with which others fill them up
 * (section 6.1.2.3.1); so a text that does end in one there gets a lone escape behind it: a space on a phone at
 * worst, no text ends in one, and {@link unpackSeptets} takes it away.
 */
export function packSeptets(septets: Uint8Array, fillBits = 0): Buffer {
  const ambiguous = isFiller(septets[septets.length - 1]) && (fillBits + septets.length * 7) % 8 === 0;
  const bits = fillBits + (septets.length + (ambiguous ? 1 : 0)) * 7;
  const octets = Buffer.alloc(Math.ceil(bits / 8));
  let position = fillBits;
  for (const septet of septets) {
    writeSeptet(octets, position, septet);
    position += 7;
  }
  if (ambiguous) writeSeptet(octets, position, ESCAPE);
  return octets;
}

function writeSeptet(octets: Buffer, position: number, septet: number): void {
  const index = position >> 3;
  const value = septet << (position & 7);
  octets[index] = (octets[index] ?? 0) | (value & 0xff);
  if (value > 0xff) octets[index + 1] = value >> 8;
}

/**
 * The inverse of {@link packSeptets}. Another part `follows`: then a carriage return at the end is text, for
 * nobody fills up a part.
 */
export function unpackSeptets(octets: Uint8Array, fillBits = 0, follows = false): Buffer {
  const count = Math.max(0, Math.floor((octets.length * 8 - fillBits) / 7));
  const septets = Buffer.allocUnsafe(count);
  for (let at = 0, position = fillBits; at < count; at++, position += 7) {
    const index = position >> 3;
    const pair = (octets[index] ?? 0) | ((octets[index + 1] ?? 0) << 8);
    septets[at] = (pair >> (position & 7)) & 0x7f;
  }
  return septets.subarray(0, count - paddingOf(septets, fillBits, follows));
}

/** How many septets at the end are no text: see {@link packSeptets}. */
function paddingOf(septets: Buffer, fillBits: number, follows: boolean): 0 | 1 {
  const [before, last] = [septets[septets.length - 2], septets[septets.length - 1]];
  const bits = (fillBits + septets.length * 7) % 8;
  if (bits === 0) return last === 0 || (last === CR && !follows) ? 1 : 0;
  return bits === 7 && last === ESCAPE && isFiller(before) ? 1 : 0;
}

const CR = 0x0d;

/** What seven spare bits may be filled with. */
function isFiller(septet: number | undefined): boolean {
  return septet === 0 || septet === CR;
}

/** Bits between a header of so many octets and the next septet boundary (TS 23.040 section 9.2.3.24). */
export function fillBitsAfter(headerOctets: number): number {
  return (7 - ((headerOctets * 8) % 7)) % 7;
}

function undecodable(septets: Uint8Array, position: number): TextError {
  const octet = (septets[position] ?? 0).toString(16).padStart(2, '0');
  const message = `Octet 0x${octet} at ${position} is no character of the GSM alphabet; if the SMSC's default alphabet is another one, say so in defaultAlphabet.`;
  return new TextError('UNDECODABLE', message, { field: 'short_message', position });
}
