import { RecordReader, RecordWriter } from '../record/bytes';
import { jsonOf, readCorrelation, writeCorrelation } from '../record/message-codec';
import { LinkedList, type Link } from '../../collections';
import { isSameEntry } from '../candidates';
import type { CorrelationEntry } from '../types';

/** Characters at the end of an id. */
const TAGGED = 8;
/** So many of the newest are kept as they are. */
const UNPACKED = 65_536;

/** An entry, in the order of putting. */
export class Kept implements Link<Kept> {
  older: Kept | undefined;
  newer: Kept | undefined;
  readonly key: string;
  age: CorrelationAge;
  expiresAt: number;
  /** Whether the SMSC was asked for a final receipt. */
  isAsked: boolean;
  #entry: CorrelationEntry | string;
  #tag = 0;
  /** It was packed, if it could be. */
  isOld = false;

  constructor(age: CorrelationAge, key: string, entry: CorrelationEntry) {
    this.age = age;
    this.key = key;
    this.expiresAt = entry.expiresAt;
    this.isAsked = entry.receiptRequested !== false;
    this.#entry = entry;
  }

  get entry(): CorrelationEntry {
    const entry = this.#entry;
    if (typeof entry !== 'string') return entry;
    const read = readCorrelation(new RecordReader(Buffer.from(entry, 'latin1'), 0));
    // Mostly it is its key, and then not written.
    if (read.messageId === '') read.messageId = this.key;
    return read;
  }

  /** Whether it is the same entry, put before; `tag` is the other's. Of a packed one it is mostly told by that alone. */
  isSame(other: CorrelationEntry, tag: number): boolean {
    if (typeof this.#entry === 'string' && this.#tag !== tag) return false;
    return isSameEntry(this.entry, other);
  }

  /** Whether it is of one of these messages; `tags`: of their segments. Of a packed one it is mostly told by that alone. */
  isOf(ids: ReadonlySet<string>, tags: ReadonlySet<number>): boolean {
    if (typeof this.#entry === 'string' && !tags.has(this.#tag)) return false;
    return ids.has(this.entry.id);
  }

  /** Another version of the entry, the newest of its age. */
  replace(age: CorrelationAge, entry: CorrelationEntry): void {
    this.age.remove(this);
    this.age = age;
    this.expiresAt = entry.expiresAt;
    this.isAsked = entry.receiptRequested !== false;
    this.isOld = false;
    this.#entry = entry;
    age.add(this);
  }

  pack(writer: RecordWriter): void {
    this.isOld = true;
    const entry = this.#entry;
    if (typeof entry === 'string') return;
    this.#tag = tagOf(entry);
    const metadata = jsonOf(entry.metadata);
    if (metadata === false) return;
    writer.begin(0);
    writeCorrelation(writer, entry, entry.messageId === this.key ? '' : entry.messageId, metadata);
    const { slab, start, end } = writer.extent;
    this.#entry = slab.octets.toString('latin1', start, end);
  }
}

/** The same for the same segment of the same message: FNV-1a of what differs in ids. */
export function tagOf({ id, segment }: Pick<CorrelationEntry, 'id' | 'segment'>): number {
  let tag = segment ^ 0x811c9dc5;
  for (let at = Math.max(0, id.length - TAGGED); at < id.length; at++)
    tag = Math.imul(tag ^ id.charCodeAt(at), 0x01000193);
  return tag;
}

/**
 * Entries in the order in which they were put, which is, all lifetimes being alike, that of their expiry. The newest,
 * which are asked for most, are kept as they are, all older ones packed: a third of the memory.
 */
export class CorrelationAge {
  readonly #list = new LinkedList<Kept>();
  #writer: RecordWriter | undefined;
  /** The oldest that is not packed, and how many there are from it on. */
  #unpacked: Kept | undefined;
  #count = 0;

  get length(): number {
    return this.#list.length;
  }

  get oldest(): Kept | undefined {
    return this.#list.oldest;
  }

  /** `kept` has this age. */
  add(kept: Kept): Kept {
    this.#list.push(kept);
    this.#unpacked ??= kept;
    if (++this.#count > UNPACKED) {
      this.#unpacked.pack((this.#writer ??= new RecordWriter()));
      this.#unpacked = this.#unpacked.newer;
      this.#count--;
    }
    return kept;
  }

  remove(kept: Kept): void {
    if (!kept.isOld) this.#count--;
    if (kept === this.#unpacked) this.#unpacked = kept.newer;
    this.#list.remove(kept);
  }

  clear(): void {
    this.#list.clear();
    this.#unpacked = undefined;
    this.#count = 0;
  }

  [Symbol.iterator](): Iterator<Kept> {
    return this.#list[Symbol.iterator]();
  }
}
