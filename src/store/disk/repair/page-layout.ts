/**
 * LMDB's file (version 2, 64 bits, least octet first), as far as it must be read to see whether it is whole.
 *
 *   page     0 number  8 transaction  18 flags  20 lower  22 upper  24 offsets of the nodes … nodes
 *   overflow the same, with the number of pages at 20, the value from 24 on, across pages
 *   meta     a page with, from 24 on, magic, version … the trees (free pages, main), last page, transaction
 *   node     0 size or child (low)  4 flags or child (high)  6 size of key  8 key, value
 */
export const META_PAGES = 2;
export const PAGE_HEADER = 24;
export const NODE_HEADER = 8;
/** A node's value is this large where it lies on pages of its own: page, transaction, number of pages. */
export const OVERFLOW_REFERENCE = 24;
/** A tree's description: of the main and the free tree in the meta page, of a table as a value of the main tree. */
export const TREE_SIZE = 48;

export const P_BRANCH = 0x01;
export const P_LEAF = 0x02;
export const P_OVERFLOW = 0x04;
export const P_META = 0x08;

export const F_OVERFLOW = 0x01;
export const F_TABLE = 0x02;

const MAGIC = 0xbeefc0de;
const DATA_VERSION = 2;
/** Its keys are numbers. The flags of the whole file stand with those of this tree. */
const FREE_TREE_FLAGS = 0x08;
const OVERLAPPING_SYNC = 0x1000;
export const PAGE_SIZES: readonly number[] = [4096, 8192, 16384, 32768, 65536];
/** More than any queue, less than what an address space has. */
const LARGEST_MAP = 2 ** 42;

export interface Tree {
  readonly flags: number;
  readonly branchPages: number;
  readonly leafPages: number;
  readonly overflowPages: number;
  readonly depth: number;
  readonly entries: number;
  /** Undefined: empty. */
  readonly root: number | undefined;
}

/** What one transaction left. */
export interface Snapshot {
  readonly pageSize: number;
  readonly lastPage: number;
  readonly transaction: number;
  readonly free: Tree;
  readonly main: Tree;
}

/** The octets of a meta page that mean something. */
export const META_SIZE = 168;

/** The snapshot that a meta page tells of, true or not. */
export function readMeta(page: Buffer): Snapshot {
  return {
    pageSize: page.readUInt32LE(48),
    free: readTree(page, 48),
    main: readTree(page, 96),
    lastPage: readNumber(page, 144),
    transaction: readNumber(page, 152),
  };
}

/** Whether meta page `number` can be true. */
export function isSound(page: Buffer, number: number): boolean {
  const { pageSize, free, main, lastPage, transaction } = readMeta(page);
  const head = readNumber(page, 0) === number && page.readUInt16LE(18) === P_META;
  const kind = page.readUInt32LE(24) === MAGIC && page.readUInt32LE(28) === DATA_VERSION;
  const address = readNumber(page, 32) === 0 && readNumber(page, 40) <= LARGEST_MAP;
  const flags = (free.flags & ~OVERLAPPING_SYNC) === FREE_TREE_FLAGS && main.flags === 0;
  const size = PAGE_SIZES.includes(pageSize) && lastPage * pageSize <= LARGEST_MAP;
  const roots = (free.root ?? 0) <= lastPage && (main.root ?? 0) <= lastPage;
  // They take turns. Both are there from the beginning, before the first transaction.
  const turn = transaction % 2 === number || transaction <= 1;
  return head && kind && address && flags && size && roots && turn;
}

/** Whether it is LMDB's, but of a version that is not known here. */
export function isOtherVersion(page: Buffer): boolean {
  return page.readUInt32LE(24) === MAGIC && page.readUInt32LE(28) !== DATA_VERSION;
}

export function readTree(octets: Buffer, at: number): Tree {
  const root = readNumber(octets, at + 40);
  return {
    flags: octets.readUInt16LE(at + 4),
    depth: octets.readUInt16LE(at + 6),
    branchPages: readNumber(octets, at + 8),
    leafPages: readNumber(octets, at + 16),
    overflowPages: readNumber(octets, at + 24),
    entries: readNumber(octets, at + 32),
    root: root === NO_PAGE ? undefined : root,
  };
}

/** All bits set; as a double it is this. */
const NO_PAGE = 2 ** 64;

export function readNumber(octets: Buffer, at: number): number {
  return octets.readUInt32LE(at) + octets.readUInt32LE(at + 4) * 2 ** 32;
}
