import { RecordReader, RecordWriter, type Slab } from '../record/bytes';
import { isUntouched } from '../delivery-state';
import { Fifo } from '../../collections';
import { isKnown, isLength, jsonOf, readItem, writeItem } from '../record/message-codec';
import type { DeliveryState } from '../types';
import type { Entry, Returned } from './entry';

const SLAB = 256 * 1024;

// The first octet; how far behind the one before it comes, and the message follow.
const PLAIN = 0;
/** What happened to it stands before it. */
const STATE = 1;
/** The entry as it is lies aside, for it cannot be packed. */
const WHOLE = 2;

/** A run of records behind each other. */
interface Run {
  readonly slab: Slab;
  readonly start: number;
  count: number;
}

/**
 * Messages of one priority, first in first out, as octets: a fifth of what they take as objects, and nothing for the garbage
 * collector to walk through. They come out as they went in, metadata as its JSON.
 */
export class PackedFifo {
  readonly #runs = new Fifo<Run>();
  readonly #whole = new Fifo<Entry>();
  /** Absent while there is nothing: most priorities never have anything packed. */
  #writer: RecordWriter | undefined;
  /** The places in the order of what was written and read last. */
  #written = 0;
  #read = 0;
  #last: Run | undefined;
  #reader: RecordReader | undefined;
  #length = 0;
  /** The place in the order of what was shifted last. */
  #lastOut = -1;

  get length(): number {
    return this.#length;
  }

  /** Entries come in ascending order. */
  push(entry: Entry): void {
    const writer = (this.#writer ??= new RecordWriter(SLAB));
    writer.begin(0);
    if (write(writer, entry, this.#written)) this.#written = entry.order;
    else {
      writer.octet(WHOLE);
      this.#whole.push(entry);
    }
    const { slab, start } = writer.extent;
    if (this.#last?.slab !== slab) this.#runs.push((this.#last = { slab, start, count: 0 }));
    this.#last.count++;
    this.#length++;
  }

  /** Up to `max`, the first first. */
  shift(max: number): Entry[] {
    const entries: Entry[] = [];
    while (entries.length < max && this.#length > 0) entries.push(this.#next());
    return entries;
  }

  /** Whether the entry of this place in the order, which was pushed, is still there. */
  has(order: number): boolean {
    return this.#length > 0 && order > this.#lastOut;
  }

  /** All of them, which stay; others may be pushed and shifted meanwhile. */
  *[Symbol.iterator](): Iterator<Entry> {
    const whole = [...this.#whole][Symbol.iterator]();
    let before = this.#read;
    let current = this.#reader?.fork();
    for (const { slab, start, count } of [...this.#runs].map((run) => ({ ...run }))) {
      const reader = current ?? new RecordReader(slab.octets, start);
      current = undefined;
      for (let left = count; left > 0; left--) {
        const packed = read(reader, before);
        if (packed) before = packed.order;
        const entry = packed ?? whole.next().value;
        if (entry) yield entry;
      }
    }
  }

  #next(): Entry {
    const run = this.#runs.peek() as Run;
    this.#reader ??= new RecordReader(run.slab.octets, run.start);
    const packed = read(this.#reader, this.#read);
    if (packed) this.#read = packed.order;
    const entry = packed ?? this.#whole.shift();
    if (!entry) throw new RangeError('what lies aside is gone');
    this.#lastOut = entry.order;
    this.#length--;
    if (--run.count === 0) {
      this.#runs.shift();
      this.#reader = undefined;
      if (run === this.#last) this.#last = this.#writer = undefined;
    }
    return entry;
  }
}

/** An entry as a heap keeps it: where there is a writer and it can be packed, as a string of octets, which costs less than a Buffer. */
export function returned(entry: Entry, writer?: RecordWriter): Returned {
  const { order, item } = entry;
  let kept: string | Entry = entry;
  writer?.begin(0);
  if (writer && write(writer, entry, 0)) {
    const { slab, start, end } = writer.extent;
    kept = slab.octets.toString('latin1', start, end);
  }
  return { order, enqueuedAt: item.enqueuedAt, priority: item.priority, entry: kept };
}

export function entryOf({ entry }: Returned): Entry {
  return typeof entry === 'string'
    ? (read(new RecordReader(Buffer.from(entry, 'latin1'), 0), 0) as Entry)
    : entry;
}

/** Whether it could be written; if not, nothing was. */
function write(writer: RecordWriter, { item, order, state }: Entry, before: number): boolean {
  const metadata = jsonOf(item.metadata);
  if (metadata === false || !isKnown(item) || !isLength(order - before)) return false;
  const touched = state !== undefined && !isUntouched(state);
  writer.octet(touched ? STATE : PLAIN);
  writer.length(order - before);
  if (touched) writer.text(JSON.stringify(state));
  writeItem(writer, item, metadata);
  return true;
}

/** Undefined: it lies aside. */
function read(reader: RecordReader, before: number): Entry | undefined {
  const kind = reader.octet();
  if (kind === WHOLE) return undefined;
  const order = before + reader.length();
  const state = kind === STATE ? (JSON.parse(reader.text()) as DeliveryState) : undefined;
  // Copied, for one message that stays must not keep the whole slab.
  return { item: readItem(reader, true), order, state };
}
