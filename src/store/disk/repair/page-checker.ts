import { readSync } from 'node:fs';
import { nextTurn, type Clock } from '../../../clock';
import { TABLES } from '../lmdb/tables';
import {
  F_OVERFLOW,
  F_TABLE,
  META_PAGES,
  NODE_HEADER,
  OVERFLOW_REFERENCE,
  P_BRANCH,
  P_LEAF,
  P_OVERFLOW,
  PAGE_HEADER,
  readNumber,
  readTree,
  TREE_SIZE,
  type Snapshot,
  type Tree,
} from './page-layout';

/** Told of each entry of a table. Key and value are valid during the call only. */
export type Visit = (table: string, key: Buffer, value: Buffer) => void;

/** Lets others in between, when it is time for that. */
export type Pause = () => Promise<void> | undefined;

/** Milliseconds for which the event loop waits for a check at most, and for one value to be read. */
const SLICE = 10;

/** Pauses that long work can make, so that others get their turn. */
export function timeSlices(clock: Clock): Pause {
  let until = clock.monotonic() + SLICE;
  return () => {
    if (clock.monotonic() < until) return undefined;
    return nextTurn(clock).then(() => void (until = clock.monotonic() + SLICE));
  };
}

type Found = Record<'entries' | 'branchPages' | 'leafPages' | 'overflowPages', number>;

/** A page that is not what it should be. */
class Damaged extends Error {}

const DEEPEST = 32;
/** lmdb has no longer ones, and no room to read them. */
const LONGEST_KEY = 1978;

/**
 * Reads all pages of a snapshot and finds what is wrong with them. LMDB itself
 * trusts its file: a wrong page number or node size there ends the process.
 */
export class PageChecker {
  readonly #fd: number;
  readonly #snapshot: Snapshot;
  readonly #pagesInFile: number;
  readonly #visit: Visit | undefined;
  readonly #seen: Uint8Array;
  readonly #pause: Pause;
  /** One page per level of the tree being checked. */
  readonly #levels: Buffer[] = [];
  /** The last value on pages of its own. */
  #value = Buffer.alloc(0);
  /** What is wrong, each as one clause. */
  readonly problems: string[] = [];
  /** As the list of tables names them. */
  readonly #named: [name: string, tree: Tree][] = [];
  #table = '';
  #found: Found = { entries: 0, branchPages: 0, leafPages: 0, overflowPages: 0 };
  #lastKey: Buffer = Buffer.alloc(0);

  /** `pause` is called after each entry, and may let others in between; `visit` is told of each entry. */
  constructor(fd: number, fileSize: number, snapshot: Snapshot, pause: Pause, visit?: Visit) {
    this.#fd = fd;
    this.#snapshot = snapshot;
    this.#pause = pause;
    this.#visit = visit;
    this.#pagesInFile = Math.floor(fileSize / snapshot.pageSize);
    const pages = Math.min(snapshot.lastPage + 1, this.#pagesInFile);
    this.#seen = new Uint8Array(pages);
    this.#seen.fill(1, 0, META_PAGES);
  }

  /** Reads everything. */
  async check(): Promise<void> {
    const { main, free, lastPage } = this.#snapshot;
    if (lastPage >= this.#pagesInFile) this.problems.push('the file ends too soon');
    await this.#tree('', main);
    this.#names();
    for (const [name, tree] of this.#named) await this.#tree(name, tree);
    await this.#tree(FREE, free);
  }

  /** A table whose name is damaged is taken for the missing one that it is nearest to. */
  #names(): void {
    const missing = new Set(TABLES);
    for (const [name] of this.#named) missing.delete(name);
    for (const named of this.#named) {
      const [name] = named;
      if (TABLES.includes(name)) continue;
      this.problems.push(`the list of tables names ${JSON.stringify(name)}, which is none`);
      const meant = [...missing].find((one) => differences(one, name) === 1);
      if (meant !== undefined && missing.delete(meant)) named[0] = meant;
    }
  }

  async #tree(table: string, tree: Tree): Promise<void> {
    this.#table = table;
    this.#found = { entries: 0, branchPages: 0, leafPages: 0, overflowPages: 0 };
    this.#lastKey = Buffer.alloc(0);
    if (tree.root !== undefined) await this.#page(tree.root, tree.depth, 0);
    for (const [what, count] of Object.entries(this.#found) as [keyof Found, number][]) {
      if (count !== tree[what])
        this.problems.push(`${nameOf(table)} has ${count} ${what}, not ${tree[what]}`);
    }
  }

  /** A page and all below it; what is damaged is noted and left out. */
  async #page(pageNumber: number, depth: number, level: number): Promise<void> {
    const page = (this.#levels[level] ??= Buffer.allocUnsafe(this.#snapshot.pageSize));
    const problem = (what: string): unknown =>
      this.problems.push(`page ${pageNumber} of ${nameOf(this.#table)} ${what}`);
    const nodes = this.#unlessDamaged(problem, () => this.#nodesOf(pageNumber, depth, page)) ?? [];
    if (depth > 1) {
      for (const node of nodes) await this.#page(childOf(page, node), depth - 1, level + 1);
      return;
    }
    this.#inOrder(page, nodes);
    const inPage = (what: string): unknown => this.problems.push(`a page of ${nameOf(this.#table)} ${what}`);
    for (const node of nodes) {
      this.#unlessDamaged(inPage, () => this.#node(page, node));
      const pause = this.#pause();
      if (pause) await pause;
    }
  }

  #unlessDamaged<T>(problem: (what: string) => unknown, work: () => T): T | undefined {
    try {
      return work();
    } catch (error) {
      if (!(error instanceof Damaged)) throw error;
      problem(error.message);
      return undefined;
    }
  }

  #nodesOf(pageNumber: number, depth: number, into: Buffer): number[] {
    const page = this.#read(pageNumber, into);
    const branch = depth > 1;
    if (depth < 1 || depth > DEEPEST) throw new Damaged(`has the depth ${depth}`);
    if (page.readUInt16LE(18) !== (branch ? P_BRANCH : P_LEAF)) throw new Damaged('is of another kind');
    this.#found[branch ? 'branchPages' : 'leafPages']++;
    return this.#nodes(page, branch);
  }

  #read(pageNumber: number, into: Buffer): Buffer {
    if (pageNumber >= this.#seen.length) throw new Damaged('lies outside of the file');
    if (this.#seen[pageNumber]) throw new Damaged('is used twice');
    this.#seen[pageNumber] = 1;
    const read = readSync(this.#fd, into, 0, into.length, pageNumber * this.#snapshot.pageSize);
    if (read < into.length) throw new Damaged('ends too soon');
    if (readNumber(into, 0) !== pageNumber) throw new Damaged('has the number of another');
    this.#inTime(into);
    return into;
  }

  /** A page of a later transaction would pass for one that may be written to in place. */
  #inTime(page: Buffer): void {
    if (readNumber(page, 8) > this.#snapshot.transaction) throw new Damaged('comes from the future');
    if (page.readUInt16LE(16) !== 0) throw new Damaged('has wrong bounds');
  }

  /** The offsets of the page's nodes, which must fill it without a gap and without overlap. */
  #nodes(page: Buffer, branch: boolean): number[] {
    const lower = page.readUInt16LE(20);
    const upper = page.readUInt16LE(22);
    const room = page.length - PAGE_HEADER;
    if (lower % 2 !== 0 || upper > room || lower > upper) throw new Damaged('has wrong bounds');
    if (lower < (branch ? 4 : 2)) throw new Damaged('is empty');
    const nodes: number[] = [];
    let filled = 0;
    for (let at = PAGE_HEADER; at < PAGE_HEADER + lower; at += 2) {
      const offset = page.readUInt16LE(at);
      const within = offset >= upper && offset % 2 === 0;
      const size = within ? sizeOfNode(page, PAGE_HEADER + offset, branch) : undefined;
      if (size === undefined) continue;
      filled += size + (size % 2);
      nodes.push(PAGE_HEADER + offset);
    }
    // What is sound of it is read nevertheless.
    if (2 * nodes.length !== lower || filled !== room - upper) {
      this.problems.push(`a page of ${nameOf(this.#table)} has nodes out of place`);
    }
    return nodes;
  }

  #node(page: Buffer, node: number): void {
    const keyAt = node + NODE_HEADER;
    const valueAt = keyAt + page.readUInt16LE(node + 6);
    const flags = page.readUInt16LE(node + 4);
    if (valueAt === keyAt || valueAt - keyAt > LONGEST_KEY) throw new Damaged('has a key of wrong length');
    if (this.#table === '' && flags === F_TABLE) this.#namedTable(page, keyAt, valueAt, node);
    else if (this.#table !== '' && (flags === 0 || flags === F_OVERFLOW)) {
      this.#entry(page, keyAt, valueAt, node, flags);
    } else throw new Damaged('has a node of unknown kind');
    this.#found.entries++;
  }

  #namedTable(page: Buffer, keyAt: number, valueAt: number, node: number): void {
    const tree = readTree(page, valueAt);
    if (page.readUInt32LE(node) !== TREE_SIZE || tree.flags !== 0)
      throw new Damaged('describes a table wrongly');
    // lmdb keeps the C string's end in the key.
    this.#named.push([page.toString('latin1', keyAt, valueAt).replace(/\0$/, ''), tree]);
  }

  /** Keys rise, also from one leaf to the next. */
  #inOrder(page: Buffer, nodes: readonly number[]): void {
    let before = this.#lastKey;
    let from = 0;
    let to = before.length;
    for (const node of nodes) {
      const keyAt = node + NODE_HEADER;
      const keyEnd = keyAt + page.readUInt16LE(node + 6);
      const order =
        this.#table === FREE
          ? readNumber(page, keyAt) - (to > from ? readNumber(before, from) : -1)
          : compare(page, keyAt, keyEnd, before, from, to);
      if (order <= 0) {
        this.problems.push(`${nameOf(this.#table)} has keys out of order`);
        // Each may still be what it should be.
        break;
      }
      before = page;
      from = keyAt;
      to = keyEnd;
    }
    this.#lastKey = Buffer.from(before.subarray(from, to));
  }

  #entry(page: Buffer, keyAt: number, valueAt: number, node: number, flags: number): void {
    const size = page.readUInt32LE(node);
    const wanted = this.#visit !== undefined || this.#table === FREE;
    let value: Buffer | undefined;
    if (flags === F_OVERFLOW) value = this.#overflow(page, valueAt, size);
    else if (wanted) value = page.subarray(valueAt, valueAt + size);
    if (this.#table === FREE) this.#freePages(value as Buffer);
    else if (value) this.#visit?.(this.#table, page.subarray(keyAt, valueAt), value);
  }

  /** A value on pages of its own. */
  #overflow(page: Buffer, referenceAt: number, size: number): Buffer {
    const { pageSize } = this.#snapshot;
    const first = readNumber(page, referenceAt);
    const pages = Math.ceil((PAGE_HEADER + size) / pageSize);
    if (readNumber(page, referenceAt + 16) !== pages) throw new Damaged('has a value of the wrong size');
    if (first + pages > this.#seen.length) throw new Damaged('has a value outside of the file');
    if (this.#value.length < pages * pageSize) this.#value = Buffer.allocUnsafe(pages * pageSize);
    const octets = this.#value.subarray(0, pages * pageSize);
    const read = readSync(this.#fd, octets, 0, octets.length, first * pageSize);
    const whole = read === octets.length && readNumber(octets, 0) === first;
    if (!whole || octets.readUInt16LE(18) !== P_OVERFLOW || octets.readUInt32LE(20) !== pages) {
      throw new Damaged('has a value on wrong pages');
    }
    this.#inTime(octets);
    this.#found.overflowPages += pages;
    for (let at = first; at < first + pages; at++) {
      if (this.#seen[at]) throw new Damaged('has a value on pages that are used twice');
      this.#seen[at] = 1;
    }
    return octets.subarray(PAGE_HEADER, PAGE_HEADER + size);
  }

  /**
   * A list of free pages: the number of words that follow, then page numbers, falling. A negative
   * word says how many pages the next number begins; 0 is nothing.
   */
  #freePages(list: Buffer): void {
    const words = list.length >= 8 ? readNumber(list, 0) : -1;
    if (words < 0 || 8 * (words + 1) > list.length) throw new Damaged('has a wrong list of free pages');
    let count = 1;
    for (let at = 8; at <= 8 * words; at += 8) {
      const word = Number(list.readBigInt64LE(at));
      if (word > 0) {
        this.#free(word, count);
        count = 1;
      } else if (word < 0) count = -word;
    }
  }

  #free(first: number, count: number): void {
    if (first + count > this.#snapshot.lastPage + 1) throw new Damaged('has free pages outside of the file');
    for (let page = first; page < first + count && page < this.#seen.length; page++) {
      if (this.#seen[page]) throw new Damaged('has free pages that are in use');
      this.#seen[page] = 1;
    }
  }
}

/** In how many characters two names of one length differ; of others it is infinite. */
function differences(one: string, other: string): number {
  if (one.length !== other.length) return Infinity;
  return Array.from(one).filter((character, at) => character !== other[at]).length;
}

/** The name under which the tree of free pages, whose keys are numbers, is checked. */
const FREE = '\0free';

function nameOf(table: string): string {
  if (table === FREE) return 'the list of free pages';
  return table === '' ? 'the list of tables' : `the table ${table}`;
}

function childOf(page: Buffer, node: number): number {
  return page.readUInt32LE(node) + page.readUInt16LE(node + 4) * 2 ** 32;
}

/** Undefined where it does not lie within the page. */
function sizeOfNode(page: Buffer, node: number, branch: boolean): number | undefined {
  if (node + NODE_HEADER > page.length) return undefined;
  const inline = page.readUInt16LE(node + 4) & F_OVERFLOW ? OVERFLOW_REFERENCE : page.readUInt32LE(node);
  const size = NODE_HEADER + page.readUInt16LE(node + 6) + (branch ? 0 : inline);
  return node + size > page.length ? undefined : size;
}

function compare(a: Buffer, aFrom: number, aTo: number, b: Buffer, bFrom: number, bTo: number): number {
  const common = Math.min(aTo - aFrom, bTo - bFrom);
  for (let at = 0; at < common; at++) {
    const difference = (a[aFrom + at] as number) - (b[bFrom + at] as number);
    if (difference !== 0) return difference;
  }
  return aTo - aFrom - (bTo - bFrom);
}
