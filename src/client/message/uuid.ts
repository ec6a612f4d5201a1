import { randomFillSync } from 'node:crypto';

const OCTETS = 16;
const AT_ONCE = 256;
const DIGITS = Buffer.from('0123456789abcdef');
const DASH = 0x2d;
/** Where the digits of each octet stand in the text. */
const PLACES = [0, 2, 4, 6, 9, 11, 14, 16, 19, 21, 24, 26, 28, 30, 32, 34];

const random = Buffer.alloc(OCTETS * AT_ONCE);
const text = Buffer.alloc(36, DASH);
let used = random.length;

/**
 * A random UUID (RFC 9562, version 4), as `randomUUID` of node:crypto gives, but in one piece: that one is strung
 * together of twenty, which takes 500 octets for as long as it is kept, and five times as long with what it costs to
 * collect them.
 */
export function uuid(): string {
  if (used === random.length) {
    randomFillSync(random);
    used = 0;
  }
  random[used + 6] = ((random[used + 6] as number) & 0x0f) | 0x40;
  random[used + 8] = ((random[used + 8] as number) & 0x3f) | 0x80;
  for (let at = 0; at < OCTETS; at++) {
    const octet = random[used++] as number;
    const place = PLACES[at] as number;
    text[place] = DIGITS[octet >> 4] as number;
    text[place + 1] = DIGITS[octet & 0x0f] as number;
  }
  return text.toString('latin1');
}
