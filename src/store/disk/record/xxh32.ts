const PRIME1 = 0x9e3779b1 | 0;
const PRIME2 = 0x85ebca77 | 0;
const PRIME3 = 0xc2b2ae3d | 0;
const PRIME4 = 0x27d4eb2f | 0;
const PRIME5 = 0x165667b1 | 0;

const rotate = (value: number, bits: number): number => (value << bits) | (value >>> (32 - bits));
const round = (sum: number, word: number): number =>
  Math.imul(rotate((sum + Math.imul(word, PRIME2)) | 0, 13), PRIME1);

/**
 * The XXH32 (xxHash, seed 0) of the octets from `from` to `to`: sixteen at a time in four sums that do not wait
 * for each other, and so three times as fast here as a CRC-32. (zlib.crc32 is in Node from 20.15 on only, and its
 * call costs as much as 200 octets.)
 */
export function xxh32(view: DataView, from: number, to: number): number {
  const size = to - from;
  let at = from;
  let hash = PRIME5;
  if (size >= 16) {
    let sum1 = (PRIME1 + PRIME2) | 0;
    let sum2 = PRIME2;
    let sum3 = 0;
    let sum4 = -PRIME1 | 0;
    for (const end = to - 15; at < end; at += 16) {
      sum1 = round(sum1, view.getInt32(at, true));
      sum2 = round(sum2, view.getInt32(at + 4, true));
      sum3 = round(sum3, view.getInt32(at + 8, true));
      sum4 = round(sum4, view.getInt32(at + 12, true));
    }
    hash = rotate(sum1, 1) + rotate(sum2, 7) + rotate(sum3, 12) + rotate(sum4, 18);
  }
  hash = (hash + size) | 0;
  for (const end = to - 3; at < end; at += 4) {
    hash = Math.imul(rotate((hash + Math.imul(view.getInt32(at, true), PRIME3)) | 0, 17), PRIME4);
  }
  for (; at < to; at++) {
    hash = Math.imul(rotate((hash + Math.imul(view.getUint8(at), PRIME5)) | 0, 11), PRIME1);
  }
  hash = Math.imul(hash ^ (hash >>> 15), PRIME2);
  hash = Math.imul(hash ^ (hash >>> 13), PRIME3);
  return (hash ^ (hash >>> 16)) >>> 0;
}
