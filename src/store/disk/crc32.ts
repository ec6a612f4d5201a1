/**
 * The CRC-32 of zlib and Ethernet, of the octets from `from` to `to`, four at
 * a time. (zlib.crc32 is in Node from 20.15 on only, and its call costs as much as 200 octets here.)
 */
export function crc32(octets: Uint8Array, from: number, to: number): number {
  let crc = -1;
  let at = from;
  for (const end = to - 3; at < end; at += 4) {
    const a = crc ^ (octets[at] as number);
    const b = (crc >>> 8) ^ (octets[at + 1] as number);
    const c = (crc >>> 16) ^ (octets[at + 2] as number);
    const d = (crc >>> 24) ^ (octets[at + 3] as number);
    crc =
      (TABLE[768 + (a & 0xff)] as number) ^
      (TABLE[512 + (b & 0xff)] as number) ^
      (TABLE[256 + (c & 0xff)] as number) ^
      (TABLE[d & 0xff] as number);
  }
  for (; at < to; at++) crc = (crc >>> 8) ^ (TABLE[(crc ^ (octets[at] as number)) & 0xff] as number);
  return ~crc >>> 0;
}

/** Four tables of 256: what an octet does to the checksum when none, one, two or three follow it. */
const TABLE = makeTable();

function makeTable(): Int32Array {
  const table = new Int32Array(1024);
  for (let value = 0; value < 256; value++) {
    let crc = value;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
    table[value] = crc;
  }
  for (let at = 256; at < 1024; at++) {
    const before = table[at - 256] as number;
    table[at] = (before >>> 8) ^ (table[before & 0xff] as number);
  }
  return table;
}
