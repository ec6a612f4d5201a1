import type { Extent, RecordWriter } from '../../record/bytes';

/**
 * Messages that are appended by one transaction lie together in records of up to a page: a put and a
 * removal cost LMDB as much for twenty messages as for one.
 *
 *   one       key: its sequence number         value: its record
 *   several   key: that of the first, count    value: of each, in their order, size (two octets) and record
 *
 * What is gone of several is told by records in a table of its own, until all are and the block with them.
 */
export interface BlockKey {
  /** Of the first message. */
  readonly seq: number;
  readonly count: number;
}

const SIZE = 2;
/** What fits into the key, and more than fit into any page. */
export const MOST_IN_BLOCK = 0xffff;

/** Begins a record that may become part of a block. */
export function beginPacked(writer: RecordWriter, head: number): void {
  writer.begin(SIZE + head);
}

/** Where the record itself begins. */
export const recordStart = ({ start }: Extent): number => start + SIZE;

/** Sets the size; of no meaning where it is too large for a block. */
export function sealPacked({ slab, start, end }: Extent): void {
  const size = end - start - SIZE;
  slab.octets[start] = size >>> 8;
  slab.octets[start + 1] = size;
}

/** The value of a block of one or several records that lie one behind the other. */
export function blockValue({ slab, start, end }: Extent, count: number): Buffer {
  return slab.octets.subarray(count === 1 ? start + SIZE : start, end);
}

/** The records of a block, by their places in it. A wrong size leaves those behind it out. */
export function recordsOf(octets: Buffer, count: number): (Buffer | undefined)[] {
  if (count === 1) return [octets];
  const records: (Buffer | undefined)[] = [];
  let at = 0;
  for (let index = 0; index < count; index++) {
    const from = at + SIZE;
    const to = from <= octets.length ? from + octets.readUInt16BE(at) : Infinity;
    records.push(to <= octets.length ? octets.subarray(from, to) : undefined);
    at = to;
  }
  return records;
}

/** How many records lie behind the `count` that the key of a block tells of, which is damaged then. */
export function uncountedIn(octets: Buffer, count: number): number {
  if (count === 1) return 0;
  let records = 0;
  for (let at = 0; at + SIZE <= octets.length; at += SIZE + octets.readUInt16BE(at)) records++;
  return Math.max(0, records - count);
}

/** All records of a block of which it is not known how many there are; undefined where their sizes are wrong. */
export function allRecordsOf(octets: Buffer): Buffer[] | undefined {
  const records: Buffer[] = [];
  let at = 0;
  while (at + SIZE <= octets.length) {
    const from = at + SIZE;
    at = from + octets.readUInt16BE(at);
    records.push(octets.subarray(from, at));
  }
  return at === octets.length ? records : undefined;
}

/** What is known in memory of a block; its messages share it. */
export class Block implements BlockKey {
  /** Messages that are not gone; those that cannot be read are among them. */
  left: number;
  /** The keys of what tells which are gone. */
  readonly tombstones: number[] = [];
  /** What tells it is damaged: some may be gone that seem to be there. */
  suspect = false;

  constructor(
    readonly priority: number,
    readonly seq: number,
    readonly count: number,
  ) {
    this.left = count;
  }
}
