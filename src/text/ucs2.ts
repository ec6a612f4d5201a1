import { TextError } from './errors';

/** Big-endian, without a byte order mark (SMPP 3.4 section 5.2.19, ISO 10646). */
export function encodeUcs2(text: string): Buffer {
  return Buffer.from(text, 'utf16le').swap16();
}

/**
 * By the byte order mark where there is one, which is not text; else by `order`.
 * @throws TextError `UNDECODABLE` for an odd number of octets
 */
export function decodeUcs2(octets: Buffer, order: 'auto' | 'be' | 'le' = 'auto'): string {
  if (octets.length % 2 !== 0) {
    const message = `UCS2 has two octets to a character, here are ${octets.length}: the last one is half of one.`;
    throw new TextError('UNDECODABLE', message, { field: 'short_message', position: octets.length - 1 });
  }
  const first = octets.length === 0 ? 0 : octets.readUInt16BE(0);
  if (first === 0xfffe) return octets.toString('utf16le', 2);
  const little = order === 'le' || (order === 'auto' && looksLittleEndian(octets));
  if (little) return octets.toString('utf16le');
  return Buffer.from(first === 0xfeff ? octets.subarray(2) : octets)
    .swap16()
    .toString('utf16le');
}

/** So few characters may be chance. */
const EVIDENCE = 4;

/**
 * A text of one alphabet, read in the wrong order, has the number of its Unicode page in every
 * lower octet (0x00 for Latin and spaces, 0x04 for Cyrillic …), and letters in the upper ones. Between them
 * may be dashes, quotes and signs (pages 0x20 to 0x22) and surrogate pairs, of which most texts have few.
 * Read in the right order no text of several letters looks like that.
 */
function looksLittleEndian(octets: Buffer): boolean {
  if (octets.length < 2 * EVIDENCE) return false;
  let page = 0;
  let count = 0;
  const letters = new Set<number>();
  for (let at = 0; at < octets.length; at += 2) {
    const lower = octets[at + 1] as number;
    if ((lower >= 0x20 && lower <= 0x22) || (lower >= 0xd8 && lower <= 0xdf)) continue;
    if (lower > 0x0f || (lower !== 0 && page !== 0 && lower !== page)) return false;
    page ||= lower;
    count++;
    letters.add(octets[at] as number);
  }
  const most = count >= EVIDENCE && count * 4 >= octets.length;
  return most && letters.size >= EVIDENCE - 1 && !letters.has(0);
}
