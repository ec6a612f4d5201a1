import { accessSync, closeSync, constants, fstatSync, openSync, statfsSync, statSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { checkAddressSpace } from './address-space';
import { DATA_FILE } from './directory';
import { extend, fillWithZeros, Preallocation } from './preallocation';
import type { Tables } from './tables';

/** How much a transaction may take at most. */
export interface Room {
  /** Octets of the records that it puts, where they share a page or have one of their own. */
  readonly octets: number;
  /** Octets of those that need several pages in a row. */
  readonly rows: number;
  /** Puts and removals, each of which may copy a leaf and a branch of its table. */
  readonly touches: number;
}

/** Left behind what is in use: settling takes pages too, and must go on when the disk is full. */
const SMALLEST_RESERVE = 512 * 1024;
const LARGEST_RESERVE = 4 * 1024 * 1024;
/** Ahead of need the file grows by as much again as is in use, up to this. */
const LARGEST_STEP = 16 * 1024 * 1024;
const PAGES_PER_TOUCH = 2;
/** Pages that any transaction may copy: from the roots of all tables down, and the list of free ones. */
const PATHS = 96;
const ROOM_FOR_TABLES = 2 ** 20;
/** File systems that take new blocks for what is written again (btrfs, ZFS, bcachefs). */
const COPY_ON_WRITE: readonly number[] = [0x9123683e, 0x2fc12fc1, 0xca451a4e];
/** With less left on the disk, no octet of it is taken before it is needed, and none at all on those. */
const PLENTY = 64 * 1024 * 1024;

/** What records may take, of these sizes in octets, and that many puts and removals besides. */
export function roomFor(sizes: readonly number[], touches: number): Room {
  const room = { octets: 0, rows: 0, touches };
  for (const size of sizes) addRecord(room, size);
  return room;
}

export function sumOf(rooms: readonly Room[]): Room {
  const sum = { octets: 0, rows: 0, touches: 0 };
  for (const room of rooms) addRoom(sum, room);
  return sum;
}

export function addRoom(
  sum: { -readonly [Key in keyof Room]: number },
  { octets, rows, touches }: Room,
): void {
  sum.octets += octets;
  sum.rows += rows;
  sum.touches += touches;
}

export function addRecord(room: { octets: number; rows: number }, size: number): void {
  // Pages are at least half full; from about half a page on a record has its own.
  if (size < 2000) room.octets += 2 * (size + 64);
  else if (size < 4000) room.octets += 4096;
  else room.rows += size + 8192;
}

/**
 * Makes sure, before LMDB writes, that there is room for it: by zeros behind
 * the pages in use. Where lmdb (3.5.6) itself cannot write, it writes its
 * message past the end of its memory, and that ends the process.
 */
export class Space {
  readonly #tables: Tables;
  #fd: number;
  readonly #directory: string;
  readonly #file: string;
  #preallocation: Preallocation;
  /** At least so much is left behind what is in use, without the reserve. */
  #left = 0;

  constructor(tables: Tables, directory: string) {
    this.#tables = tables;
    this.#directory = directory;
    this.#file = join(directory, DATA_FILE);
    this.#fd = openSync(this.#file, 'r+');
    this.#preallocation = new Preallocation(this.#file);
  }

  /** Another file took the place of the one that it looked after. */
  async reopen(): Promise<void> {
    const before = { fd: this.#fd, preallocation: this.#preallocation };
    const preallocation = new Preallocation(this.#file);
    this.#fd = openSync(this.#file, 'r+');
    this.#preallocation = preallocation;
    this.#left = 0;
    await before.preallocation.close();
    closeSync(before.fd);
  }

  #most({ octets, rows, touches }: Room): number {
    return rows + octets + (touches * PAGES_PER_TOUCH + PATHS) * this.#tables.pageSize;
  }

  /** The error, or undefined when there is room; with `spare`, for the reserve as well. While nothing is being written. */
  reserve(room: Room, spare: boolean): Error | undefined {
    // Windows gives LMDB's file all its room when it is opened.
    if (process.platform === 'win32') return undefined;
    const most = this.#most(room);
    try {
      // A disk that has become read-only tells it now, and not to LMDB.
      accessSync(this.#file, constants.W_OK);
      if (most <= this.#left) this.#left -= most;
      else this.#look(room, spare);
      return undefined;
    } catch (error) {
      this.#left = 0;
      return error as Error;
    }
  }

  /** Finds out how much is left behind what is in use, and makes it more. */
  #look(room: Room, spare: boolean): void {
    const { pageSize } = this.#tables;
    const used = this.#tables.pagesUsed * pageSize;
    const pages = this.#tables.pagesOfTables();
    // No more can be copied than there is.
    const copies = Math.min(room.touches * PAGES_PER_TOUCH, pages.copied) * pageSize;
    const anywhere = room.octets + copies + PATHS * pageSize;
    const needed = room.rows + anywhere;
    const reserve = spare ? reserveFor(used) : 0;
    if (spare) checkAddressSpace(this.#directory, 2 * (used + needed));
    try {
      this.#leaveRoom(spare);
      extend(this.#fd, used + needed + reserve);
    } catch (error) {
      const behind = fstatSync(this.#fd).size - used - room.rows;
      // Free within the file, without what the last transactions freed.
      const free = this.#tables.pagesUsed - pages.all - 2 * PATHS;
      const fits = behind >= 0 && anywhere + reserve <= behind + free * pageSize;
      if ((error as NodeJS.ErrnoException).code === 'EROFS' || !fits) throw error;
    }
    const behind = fstatSync(this.#fd).size - used - needed - reserveFor(used);
    this.#left = Math.max(0, behind);
    const step = Math.min(used, LARGEST_STEP);
    if (spare && behind < step / 2 && this.#isPlenty()) this.#preallocation.start(step);
  }

  #leaveRoom(spare: boolean): void {
    const { type, bavail, bsize } = statfsSync(this.#directory);
    if (!spare || !COPY_ON_WRITE.includes(type) || bavail * bsize >= PLENTY) return;
    throw new Error(`only ${Math.floor((bavail * bsize) / 2 ** 20)} MiB are left on its disk`);
  }

  #isPlenty(): boolean {
    const { bavail, bsize } = statfsSync(this.#directory);
    return bavail * bsize >= PLENTY;
  }

  async close(): Promise<void> {
    await this.#preallocation.close();
    closeSync(this.#fd);
  }
}

/** Opening takes pages, too. Rejects where the disk has no room for `octets` more in this file, or in a new one. */
export async function layOut(
  directory: string,
  pagesUsed: { count: number; size: number } | undefined,
): Promise<void> {
  if (pagesUsed) {
    const fd = openSync(join(directory, DATA_FILE), 'r+');
    try {
      extend(fd, (pagesUsed.count + PATHS) * pagesUsed.size);
    } finally {
      closeSync(fd);
    }
  } else await tryRoom(directory, 2 * SMALLEST_RESERVE);
}

/** Rejects where a copy of the store's file, which may be twice as long, has no room in the directory. */
export function tryRoomForCopy(directory: string): Promise<void> {
  return tryRoom(directory, 2 * statSync(join(directory, DATA_FILE)).size + ROOM_FOR_TABLES);
}

/** Rejects where a file of that many octets has no room in the directory. */
async function tryRoom(directory: string, octets: number): Promise<void> {
  const path = join(directory, 'room.tmp');
  try {
    await fillWithZeros(path, octets);
  } finally {
    await rm(path, { force: true });
  }
}

function reserveFor(used: number): number {
  return Math.min(Math.max(used / 4, SMALLEST_RESERVE), LARGEST_RESERVE);
}
