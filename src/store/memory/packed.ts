import { QUEUED } from '../../protocol';
import { RecordReader, RecordWriter, type Slab } from '../disk/record/bytes';
import { isUntouched, newDeliveryState } from '../delivery-state';
import { Fifo } from '../../collections';
import type { DeliveryState, Priority, QueueItem } from '../types';
import type { Entry, Returned } from './entry';
import { isUuid, jsonOf, readUuid, writeUuid } from './packing';

const SLAB = 256 * 1024;

// The first octet: what follows.
const EXPIRES = 1;
const CORRELATION_ID = 2;
const MSGID = 4;
const METADATA = 8;
const ORIGIN = 16;
const STATE = 32;
/** Numbers are doubles rather than differences. */
const WIDE = 64;
/** The entry as it is lies aside, for it cannot be packed. */
const WHOLE = 128;

// The second octet, above the command.
const RECEIPT = 4;
/** The id is a UUID as Node writes it: 16 octets. */
const UUID = 8;
/** As of the message before. */
const SAME_SOURCE = 16;
/** The correlation_id is the msgid. */
const SAME_LABEL = 32;

/** What differences are taken from. */
interface Base {
  order: number;
  enqueuedAt: number;
  source: string;
}

const newBase = (): Base => ({ order: 0, enqueuedAt: 0, source: '' });

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
  readonly #priority: Priority;
  readonly #runs = new Fifo<Run>();
  readonly #whole = new Fifo<Entry>();
  readonly #written = newBase();
  readonly #read = newBase();
  /** Absent while there is nothing: most priorities never have anything packed. */
  #writer: RecordWriter | undefined;
  #last: Run | undefined;
  #reader: RecordReader | undefined;
  #length = 0;

  constructor(priority: Priority) {
    this.#priority = priority;
  }

  get length(): number {
    return this.#length;
  }

  /** Entries come in ascending order. */
  push(entry: Entry): void {
    const writer = (this.#writer ??= new RecordWriter(SLAB));
    writer.begin(0);
    if (!write(writer, entry, this.#written)) {
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

  #next(): Entry {
    const run = this.#runs.peek() as Run;
    this.#reader ??= new RecordReader(run.slab.octets, run.start);
    const entry = read(this.#reader, this.#priority, this.#read) ?? this.#whole.shift();
    if (!entry) throw new RangeError('what lies aside is gone');
    this.#length--;
    if (--run.count === 0) {
      this.#runs.shift();
      this.#reader = undefined;
      if (run === this.#last) this.#last = this.#writer = undefined;
    }
    return entry;
  }
}

/** An entry as a heap keeps it: packed where there is a writer. */
export function returned(entry: Entry, writer?: RecordWriter): Returned {
  const { order, item } = entry;
  const kept = writer ? packOne(entry, writer) : entry;
  return { order, enqueuedAt: item.enqueuedAt, priority: item.priority, entry: kept };
}

/** As a string of octets, which costs less than a Buffer; the entry itself where it cannot be packed. */
function packOne(entry: Entry, writer: RecordWriter): string | Entry {
  writer.begin(0);
  if (!write(writer, entry, newBase())) return entry;
  const { slab, start, end } = writer.extent;
  return slab.octets.toString('latin1', start, end);
}

export function entryOf({ entry, priority }: Returned): Entry {
  if (typeof entry !== 'string') return entry;
  return read(new RecordReader(Buffer.from(entry, 'latin1'), 0), priority, newBase()) as Entry;
}

/** Whether it could be written; if not, nothing was. */
function write(writer: RecordWriter, { item, order, state }: Entry, base: Base): boolean {
  const metadata = jsonOf(item.metadata);
  if (metadata === false || !QUEUED.includes(item.command)) return false;
  const { expiresAt, correlationId, msgid, origin } = item;
  const touched = state !== undefined && !isUntouched(state);
  const past = order - base.order;
  const later = item.enqueuedAt - base.enqueuedAt;
  const left = expiresAt === undefined ? 0 : expiresAt - item.enqueuedAt;
  const wide = !(isShort(past) && isShort(later) && isShort(left));
  const sameSource = item.source === base.source;
  const sameLabel = correlationId !== undefined && correlationId === msgid;
  const uuid = isUuid(item.id);
  writer.octet(
    (expiresAt === undefined ? 0 : EXPIRES) |
      (correlationId === undefined || sameLabel ? 0 : CORRELATION_ID) |
      (msgid === undefined ? 0 : MSGID) |
      (metadata === undefined ? 0 : METADATA) |
      (origin === undefined ? 0 : ORIGIN) |
      (touched ? STATE : 0) |
      (wide ? WIDE : 0),
  );
  writer.octet(
    QUEUED.indexOf(item.command) |
      (item.receiptRequested ? RECEIPT : 0) |
      (uuid ? UUID : 0) |
      (sameSource ? SAME_SOURCE : 0) |
      (sameLabel ? SAME_LABEL : 0),
  );
  if (wide) {
    writer.double(order);
    writer.double(item.enqueuedAt);
    if (expiresAt !== undefined) writer.double(expiresAt);
  } else {
    writer.length(past);
    writer.length(later);
    if (expiresAt !== undefined) writer.length(left);
  }
  if (uuid) writeUuid(writer, item.id);
  else writer.text(item.id);
  if (!sameSource) writer.text(item.source);
  writer.text(item.destination);
  if (correlationId !== undefined && !sameLabel) writer.text(correlationId);
  if (msgid !== undefined) writer.text(msgid);
  if (metadata !== undefined) writer.text(metadata);
  if (origin !== undefined) writer.text(origin);
  if (touched) writer.text(JSON.stringify(changesOf(state, item)));
  writer.length(item.segments.length);
  for (const segment of item.segments) writer.buffer(segment);
  base.order = order;
  base.enqueuedAt = item.enqueuedAt;
  base.source = item.source;
  return true;
}

/** Undefined: it lies aside. */
function read(reader: RecordReader, priority: Priority, base: Base): Entry | undefined {
  const flags = reader.octet();
  if (flags === WHOLE) return undefined;
  const kind = reader.octet();
  const order = flags & WIDE ? reader.double() : base.order + reader.length();
  const enqueuedAt = flags & WIDE ? reader.double() : base.enqueuedAt + reader.length();
  const expiresAt = !(flags & EXPIRES)
    ? undefined
    : flags & WIDE
      ? reader.double()
      : enqueuedAt + reader.length();
  const id = kind & UUID ? readUuid(reader) : reader.text();
  const source = kind & SAME_SOURCE ? base.source : reader.text();
  const item: Mutable<QueueItem> = {
    id,
    command: QUEUED[kind & 3] as QueueItem['command'],
    segments: [],
    source,
    destination: reader.text(),
    priority,
    enqueuedAt,
    receiptRequested: (kind & RECEIPT) !== 0,
  };
  if (expiresAt !== undefined) item.expiresAt = expiresAt;
  if (flags & CORRELATION_ID) item.correlationId = reader.text();
  if (flags & MSGID) item.msgid = reader.text();
  if (kind & SAME_LABEL && item.msgid !== undefined) item.correlationId = item.msgid;
  if (flags & METADATA) item.metadata = JSON.parse(reader.text()) as unknown;
  if (flags & ORIGIN) item.origin = reader.text();
  const changes = flags & STATE ? (JSON.parse(reader.text()) as Partial<DeliveryState>) : undefined;
  const segments: Buffer[] = [];
  // Copies, for one message that stays must not keep the whole slab.
  for (let left = reader.length(); left > 0; left--) segments.push(Buffer.from(reader.buffer()));
  item.segments = segments;
  base.order = order;
  base.enqueuedAt = enqueuedAt;
  base.source = source;
  return { item, order, state: changes && { ...newDeliveryState(item), ...changes } };
}

type Mutable<T> = { -readonly [Key in keyof T]: T[Key] };

/** Whether it can be written as a length. */
const isShort = (value: number): boolean => Number.isInteger(value) && value >= 0 && value < 2 ** 31;

/** What of the state is not as of a new message. */
function changesOf(state: DeliveryState, item: QueueItem): Partial<DeliveryState> {
  const fresh: Record<string, unknown> = { ...newDeliveryState(item) };
  const changed = Object.entries(state).filter(
    ([name, value]) => JSON.stringify(value) !== JSON.stringify(fresh[name]),
  );
  return Object.fromEntries(changed);
}
