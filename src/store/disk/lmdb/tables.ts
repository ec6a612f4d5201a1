import { statSync } from 'node:fs';
import { join } from 'node:path';
import type { Database, RootDatabase } from 'lmdb';
import { checkAddressSpace } from './address-space';
import { recordsOf, type BlockKey } from '../record/blocks';
import { probeDescriptors } from './descriptors';
import { DATA_FILE } from './directory';
import type { DelayedKey } from '../record/entries';
import {
  blockKey,
  blockKeyOf,
  delayedKey,
  delayedKeyOf,
  numberKey,
  numberOf,
  same,
  tombstoneKey,
  tombstoneKeyOf,
  type TombstoneKey,
} from '../record/keys';
import { Envelope } from '../record/envelope';
import type { Lmdb } from './lmdb';
import { decodeItem } from '../record/records';
import type { Sealing } from '../../sealing';

interface Range<K> {
  /** From here on, that included. */
  readonly from?: K;
  /** From behind here on. */
  readonly after?: K | undefined;
  /** To here, that included. */
  readonly to?: K | undefined;
  readonly limit?: number | undefined;
  /** From the last one back. */
  readonly reverse?: boolean;
  /** Gets what has a key that is none of this table's, so damaged, and is left out. */
  readonly onStrange?: (key: Buffer, octets: Buffer) => void;
}

/** One table: records by keys whose octets are in the order of the keys. */
export class Table<K> {
  #database: Database<Buffer, Buffer>;
  readonly #encode: (key: K) => Buffer;
  readonly #decode: (octets: Buffer) => K;
  readonly #envelope: Envelope | undefined;

  /** With an envelope its values are sealed on the disk, and clear to who reads and puts. */
  constructor(
    database: Database<Buffer, Buffer>,
    encode: (key: K) => Buffer,
    decode: (octets: Buffer) => K,
    envelope?: Envelope,
  ) {
    this.#database = database;
    this.#encode = encode;
    this.#decode = decode;
    this.#envelope = envelope;
  }

  /** From now on it is the one of another file, which has the same entries. */
  attach(database: Database<Buffer, Buffer>): void {
    this.#database = database;
  }

  /** How many entries it has, without counting them. */
  get count(): number {
    return statsOf(this.#database).entryCount;
  }

  get(key: K): Buffer | undefined {
    const octets = this.#database.get(this.#encode(key));
    return octets && this.#envelope ? this.#envelope.open(this.#encode(key), octets) : octets;
  }

  /** Within a transaction, as is {@link remove}. The octets must stay as they are until it is committed. */
  put(key: K, octets: Buffer): void {
    const place = this.#encode(key);
    void this.#database.put(place, this.#envelope ? this.#envelope.close(place, octets) : octets);
  }

  remove(key: K): void {
    void this.#database.remove(this.#encode(key));
  }

  *entries(range: Range<K> = {}): IterableIterator<[key: K, octets: Buffer]> {
    let { limit = Infinity } = range;
    if (limit <= 0) return;
    for (const { key, value } of this.#database.getRange(this.#options(range))) {
      const decoded = this.#decode(key);
      const octets = this.#envelope ? this.#envelope.open(key, value) : value;
      if (this.#isOwn(key, decoded)) {
        yield [decoded, octets];
        if (--limit === 0) return;
      } else range.onStrange?.(key, octets);
    }
  }

  *keys(range: Range<K> = {}): IterableIterator<K> {
    let { limit = Infinity } = range;
    if (limit <= 0) return;
    for (const key of this.#database.getKeys(this.#options(range))) {
      const decoded = this.#decode(key);
      if (!this.#isOwn(key, decoded)) continue;
      yield decoded;
      if (--limit === 0) return;
    }
  }

  /** A damaged key may be none that could be made again: by what it says it could not be removed, nor gone on from. */
  #isOwn(key: Buffer, decoded: K): boolean {
    return this.#encode(decoded).equals(key);
  }

  #options({ from, after, to, reverse }: Range<K>): RangeOptions {
    const start = from ?? after;
    return {
      // A copy, for encoders may use one buffer again and again.
      ...(start === undefined ? {} : { start: Buffer.from(this.#encode(start)) }),
      ...(after === undefined ? {} : { exclusiveStart: true }),
      ...(to === undefined ? {} : { end: Buffer.from(this.#encode(to)), inclusiveEnd: true }),
      ...(reverse ? { reverse } : {}),
    };
  }
}

type RangeOptions = NonNullable<Parameters<Database<Buffer, Buffer>['getRange']>[0]>;

export type NumberTable = Table<number>;
export type BinaryTable = Table<Buffer>;
export type PriorityTable = Table<BlockKey>;

/** The tables of one store. */
export interface Tables {
  readonly root: RootDatabase<Buffer, Buffer>;
  /** Absent: all is in clear. */
  readonly sealing: Sealing | undefined;
  /** Goes over to another file, which has the same entries; the one before is to be closed. */
  become(root: RootDatabase<Buffer, Buffer>): void;
  readonly meta: BinaryTable;
  /** Messages by their sequence number, in blocks, one table per priority: each is written at its end only. */
  readonly priorities: readonly PriorityTable[];
  /** What is gone of blocks that are still there. */
  readonly tombstones: Table<TombstoneKey>;
  /** What happened to a message so far, by sequence number; most have none. */
  readonly delivery: NumberTable;
  /** The messages put off, in the order of their times; without values. */
  readonly delayed: Table<DelayedKey>;
  readonly correlation: BinaryTable;
  /** The keys of each batch put, in the order of putting: so of expiry. */
  readonly correlationAge: NumberTable;
  /** The same of correlations whose final receipt has come. */
  readonly correlationFinal: NumberTable;
  readonly state: BinaryTable;
  readonly dead: NumberTable;
  readonly pageSize: number;
  /** Pages of the file that are in use, or were and are free again. */
  readonly pagesUsed: number;
  /** Pages that are in use; of these, the ones that a change copies: those with keys, and records in them. */
  pagesOfTables(): { readonly all: number; readonly copied: number };
}

export const PRIORITY_TABLES = ['priority0', 'priority1', 'priority2', 'priority3', 'priority4'];

/** The tables of an environment that is open; where that fails it is closed. */
export async function tablesIn(
  root: RootDatabase<Buffer, Buffer>,
  sealing: Sealing | undefined,
): Promise<Tables> {
  try {
    return tablesOf(root, sealing);
  } catch (error) {
    // Who tries again would be given the same one, which has failed.
    await root.close();
    throw error;
  }
}

const OTHER_TABLES = [
  'tombstones',
  'delivery',
  'delayed',
  'correlation',
  'correlation-age',
  'correlation-final',
  'state',
  'dead',
];
export const TABLES: readonly string[] = ['meta', ...PRIORITY_TABLES, ...OTHER_TABLES];

/** Of messages only, which may have to find their place without their key. */
export const envelopeOf = (sealing: Sealing, table: string): Envelope =>
  new Envelope(sealing, table, PRIORITY_TABLES.includes(table));

function tablesOf(first: RootDatabase<Buffer, Buffer>, sealing: Sealing | undefined): Tables {
  let root = first;
  const tables = new Map<string, Table<never>>();
  let databases: Database<Buffer, Buffer>[] = [];
  const table = <K>(name: string, encode: (key: K) => Buffer, decode: (octets: Buffer) => K): Table<K> => {
    const database = openDatabase(root, name);
    databases.push(database);
    const made = new Table(database, encode, decode, sealing && envelopeOf(sealing, name));
    tables.set(name, made as unknown as Table<never>);
    return made;
  };
  const numbered = (name: string): NumberTable => table(name, numberKey(), numberOf);
  const binary = (name: string): BinaryTable => table(name, same, same);
  return {
    get root() {
      return root;
    },
    sealing,
    become(next) {
      root = next;
      databases = [];
      for (const [name, known] of tables) {
        const database = openDatabase(next, name);
        databases.push(database);
        known.attach(database);
      }
    },
    meta: binary('meta'),
    priorities: PRIORITY_TABLES.map((name) => table(name, blockKey(), blockKeyOf)),
    tombstones: table('tombstones', tombstoneKey(), tombstoneKeyOf),
    delivery: numbered('delivery'),
    delayed: table('delayed', delayedKey(), delayedKeyOf),
    correlation: binary('correlation'),
    correlationAge: numbered('correlation-age'),
    correlationFinal: numbered('correlation-final'),
    state: binary('state'),
    dead: numbered('dead'),
    pageSize: statsOf(root).pageSize,
    get pagesUsed() {
      return statsOf(root).lastPageNumber + 1;
    },
    pagesOfTables() {
      const { root: main, free } = statsOf(root);
      const pages = { all: 2, copied: 2 };
      for (const stats of [main, free, ...databases.map(statsOf)]) {
        const tree = stats.treeBranchPageCount + stats.treeLeafPageCount;
        pages.copied += tree;
        pages.all += tree + stats.overflowPages;
      }
      return pages;
    },
  };
}

/** In `meta`, while what a repair could not take over is still to be made again. */
export const REPAIRED_KEY = Buffer.from('repaired');

/**
 * Opens the environment in `directory`.
 *
 * - overlappingSync off: a write is only told when it is synced.
 * - eventTurnBatching off: the transactions are ours (see Committer); lmdb's own have
 *   a promise that nobody can catch, and a full disk would end the process.
 */
export function openEnvironment({ open }: Lmdb, directory: string): RootDatabase<Buffer, Buffer> {
  probeDescriptors(directory);
  const size = statSync(join(directory, DATA_FILE), { throwIfNoEntry: false })?.size ?? 0;
  checkAddressSpace(directory, 2 * size);
  return open<Buffer, Buffer>({
    path: directory,
    noSubdir: false,
    encoding: 'binary',
    keyEncoding: 'binary',
    maxDbs: 64,
    overlappingSync: false,
    eventTurnBatching: false,
  });
}

export function openDatabase(root: RootDatabase<Buffer, Buffer>, name: string): Database<Buffer, Buffer> {
  return root.openDB<Buffer, Buffer>(name, { encoding: 'binary', keyEncoding: 'binary' });
}

interface TreeStats {
  readonly treeBranchPageCount: number;
  readonly treeLeafPageCount: number;
  readonly overflowPages: number;
}

/** What `getStats` gives, which has no type. */
interface Stats extends TreeStats {
  readonly entryCount: number;
  readonly pageSize: number;
  readonly lastPageNumber: number;
  readonly root: TreeStats;
  readonly free: TreeStats;
}

function statsOf(database: Database<Buffer, Buffer>): Stats {
  return database.getStats() as Stats;
}

/** How far back a sound record is looked for. */
const LOOK_BACK = 100;

/** The last number that can be one of ours; 0 where there is none. Damage may have made numbers up. */
export function lastNumber(table: NumberTable): number {
  for (const key of table.keys({ reverse: true, limit: LOOK_BACK }))
    if (Number.isSafeInteger(key)) return key;
  return 0;
}

/** The sequence number of the last message that is what its key says; 0 where there is none. */
export function lastMessage(table: PriorityTable): number {
  for (const [{ seq, count }, octets] of table.entries({ reverse: true, limit: LOOK_BACK })) {
    for (const record of recordsOf(octets, count).reverse()) {
      const found = record && decodeItem(record).value;
      if (found && found.seq >= seq) return found.seq;
    }
  }
  return 0;
}
