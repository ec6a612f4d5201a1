/**
 * The CRC-32 of zlib and Ethernet, of the octets from `from` to `to`, eight at
 * a time. (zlib.crc32 is in Node from 20.15 on only, and its call costs as much as 200 octets here.)
 */
export function crc32(octets: Uint8Array, from: number, to: number): number {
  const table = TABLE;
  let crc = -1;
  let at = from;
  for (const end = to - 7; at < end; at += 8) {
    const a = crc ^ (octets[at] as number);
    const b = (crc >>> 8) ^ (octets[at + 1] as number);
    const c = (crc >>> 16) ^ (octets[at + 2] as number);
    const d = (crc >>> 24) ^ (octets[at + 3] as number);
    crc =
      (table[1792 + (a & 0xff)] as number) ^
      (table[1536 + (b & 0xff)] as number) ^
      (table[1280 + (c & 0xff)] as number) ^
      (table[1024 + (d & 0xff)] as number) ^
      (table[768 + (octets[at + 4] as number)] as number) ^
      (table[512 + (octets[at + 5] as number)] as number) ^
      (table[256 + (octets[at + 6] as number)] as number) ^
      (table[octets[at + 7] as number] as number);
  }
  for (; at < to; at++) crc = (crc >>> 8) ^ (table[(crc ^ (octets[at] as number)) & 0xff] as number);
  return ~crc >>> 0;
}

/** Eight tables of 256: what an octet does to the checksum when none, one … seven follow it. */
const TABLE = makeTable();

function makeTable(): Int32Array {
  const table = new Int32Array(2048);
  for (let value = 0; value < 256; value++) {
    let crc = value;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
    table[value] = crc;
  }
  for (let at = 256; at < 2048; at++) {
    const before = table[at - 256] as number;
    table[at] = (before >>> 8) ^ (table[before & 0xff] as number);
  }
  return table;
}
