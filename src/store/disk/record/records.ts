import { QUEUED } from '../../../protocol';
import type { CorrelationEntry, DeadLetter, DeadReason, DeliveryState, QueueItem } from '../../types';
import { beginPacked, recordStart, sealPacked } from './blocks';
import { RecordReader, RecordWriter, viewOf, type Extent } from './bytes';
import { soleKey } from './correlation-keys';
import { xxh32 } from './xxh32';

/**
 * Every record: the XXH32 of what follows (four octets), its format (one), the rest.
 * A format once released stays readable: a new one gets a new number and a
 * reader beside the old ones.
 */
export const RECORD_FORMAT = 2;
const FORMAT_AT = 4;
const HEAD = 5;

/** Why a record cannot be read. */
export type Unreadable = 'damaged' | 'newer';

export type Decoded<T> = { readonly value: T } | { readonly unreadable: Unreadable };

/** A queued message, with its place: a record that lies where it does not belong is a damaged one. */
export interface StoredItem {
  readonly seq: number;
  readonly item: QueueItem;
}

/** What happened to a message so far. */
export interface StoredDelivery {
  readonly state: DeliveryState;
  /** Epoch milliseconds; absent: ready. */
  readonly notBefore?: number | undefined;
}

export interface StoredCorrelation {
  readonly entry: CorrelationEntry;
  /** The batch that it was put with. */
  readonly batch: number;
}

const EXPIRES = 1;
const RECEIPT = 2;
const CORRELATION_ID = 4;
const MSGID = 8;
const METADATA = 16;
const ORIGIN = 32;
/** Of correlations since format 2: an octet for the final state follows, or is kept free for it, so that it takes no more room. */
const HAS_FINAL = 64;
/** Of correlations: no final receipt was asked for. */
const UNASKED = 128;
const FINAL_STATES = ['DELIVRD', 'UNDELIV', 'EXPIRED', 'DELETED', 'REJECTD', 'UNKNOWN', 'SKIPPED'];
/** Neither none nor one of these: its text follows. */
const OTHER_FINAL = 255;

type Labels = Partial<Pick<QueueItem, 'correlationId' | 'msgid' | 'metadata' | 'origin'>>;

function flagsOf(labels: Labels): number {
  return (
    (labels.correlationId === undefined ? 0 : CORRELATION_ID) |
    (labels.msgid === undefined ? 0 : MSGID) |
    (labels.metadata === undefined ? 0 : METADATA) |
    (labels.origin === undefined ? 0 : ORIGIN)
  );
}

/** Large, for a block does not reach from one slab into the next. */
const LANE_SLAB = 64 * 1024;

/** Encodes records. */
export class Records {
  readonly #writer = new RecordWriter();
  /** One for each priority, so that what goes into one block lies together. */
  readonly #priorities = new Map<number, RecordWriter>();

  item(seq: number, item: QueueItem): Buffer {
    this.#writer.begin(HEAD);
    this.#item(this.#writer, seq, item);
    return this.#sealed();
  }

  /** The same, with its size before it: see blocks. */
  packed(seq: number, item: QueueItem): Extent {
    let writer = this.#priorities.get(item.priority);
    if (!writer) this.#priorities.set(item.priority, (writer = new RecordWriter(LANE_SLAB)));
    beginPacked(writer, HEAD);
    this.#item(writer, seq, item);
    const { extent } = writer;
    seal(extent, recordStart(extent));
    sealPacked(extent);
    return extent;
  }

  #item(writer: RecordWriter, seq: number, item: QueueItem): void {
    const flags =
      flagsOf(item) | (item.expiresAt === undefined ? 0 : EXPIRES) | (item.receiptRequested ? RECEIPT : 0);
    writer.octet(flags);
    writer.octet((item.priority << 4) | QUEUED.indexOf(item.command));
    writer.double(seq);
    writer.double(item.enqueuedAt);
    if (item.expiresAt !== undefined) writer.double(item.expiresAt);
    writer.text(item.id);
    writer.text(item.source);
    writer.text(item.destination);
    writeLabels(writer, item);
    writer.length(item.segments.length);
    for (const segment of item.segments) writer.buffer(segment);
  }

  correlation(entry: CorrelationEntry, batch: number): Buffer {
    const writer = this.#writer;
    writer.begin(HEAD);
    writer.octet(flagsOf(entry) | HAS_FINAL | (entry.receiptRequested === false ? UNASKED : 0));
    writer.double(batch);
    writer.double(entry.acceptedAt);
    writer.double(entry.expiresAt);
    writer.length(entry.segment);
    writer.length(entry.segments);
    writer.text(entry.messageId);
    writer.text(entry.id);
    writer.text(entry.source);
    writer.text(entry.destination);
    writeLabels(writer, entry);
    const final = entry.finalState === undefined ? 0 : 1 + FINAL_STATES.indexOf(entry.finalState);
    writer.octet(entry.finalState !== undefined && final === 0 ? OTHER_FINAL : final);
    if (entry.finalState !== undefined && final === 0) writer.text(entry.finalState);
    return this.#sealed();
  }

  delivery(delivery: StoredDelivery): Buffer {
    return this.json(delivery);
  }

  letter(seq: number, { item, ...rest }: DeadLetter): Buffer {
    const octets = this.item(seq, item);
    this.#writer.begin(HEAD);
    this.#writer.buffer(octets);
    this.#writer.text(JSON.stringify(rest));
    return this.#sealed();
  }

  /** The keys of the correlations of one batch, with the latest of their expiries. */
  batch(keys: readonly Buffer[], expiresAt: number): Buffer {
    const writer = this.#writer;
    writer.begin(HEAD);
    writer.double(expiresAt);
    writer.length(keys.length);
    for (const key of keys) writer.buffer(key);
    return this.#sealed();
  }

  /** Which messages of a block are gone, by their places in it. */
  tomb(indexes: readonly number[]): Buffer {
    this.#writer.begin(HEAD);
    this.#writer.length(indexes.length);
    for (const index of indexes) this.#writer.length(index);
    return this.#sealed();
  }

  fact(value: Buffer, expiresAt: number): Buffer {
    this.#writer.begin(HEAD);
    this.#writer.double(expiresAt);
    this.#writer.buffer(value);
    return this.#sealed();
  }

  json(value: unknown): Buffer {
    this.#writer.begin(HEAD);
    this.#writer.text(JSON.stringify(value));
    return this.#sealed();
  }

  #sealed(): Buffer {
    const { extent } = this.#writer;
    seal(extent, extent.start);
    return extent.slab.octets.subarray(extent.start, extent.end);
  }
}

function seal({ slab, end }: Extent, start: number): void {
  slab.octets[start + FORMAT_AT] = RECORD_FORMAT;
  slab.view.setUint32(start, xxh32(slab.view, start + FORMAT_AT, end));
}

function writeLabels(writer: RecordWriter, { correlationId, msgid, metadata, origin }: Labels): void {
  if (correlationId !== undefined) writer.text(correlationId);
  if (msgid !== undefined) writer.text(msgid);
  if (metadata !== undefined) writer.text(JSON.stringify(metadata));
  if (origin !== undefined) writer.text(origin);
}

export const decodeItem = (octets: Buffer): Decoded<StoredItem> => opened(octets, readItem);

export const decodeCorrelation = (octets: Buffer): Decoded<StoredCorrelation> =>
  opened(octets, (reader) => {
    const flags = reader.octet();
    const batch = reader.double();
    const acceptedAt = reader.double();
    const expiresAt = reader.double();
    const segment = reader.length();
    const segments = reader.length();
    const entry: Mutable<CorrelationEntry> = {
      messageId: reader.text(),
      id: reader.text(),
      segment,
      segments,
      source: reader.text(),
      destination: reader.text(),
      acceptedAt,
      expiresAt,
    };
    readLabels(reader, flags, entry);
    if (flags & UNASKED) entry.receiptRequested = false;
    const final = flags & HAS_FINAL ? reader.octet() : 0;
    if (final !== 0)
      entry.finalState = final === OTHER_FINAL ? reader.text() : (FINAL_STATES[final - 1] ?? 'UNKNOWN');
    return { entry, batch };
  });

export const decodeDelivery = (octets: Buffer): Decoded<StoredDelivery> => decodeJson<StoredDelivery>(octets);

/** What `Records.json` made of a `T`. */
export function decodeJson<T>(octets: Buffer): Decoded<T> {
  return opened(octets, (reader) => JSON.parse(reader.text()) as T);
}

export const decodeLetter = (octets: Buffer): Decoded<DeadLetter> =>
  opened(octets, (reader) => {
    const item = decodeItem(reader.buffer());
    if (!('value' in item)) throw new RangeError('the message in it is damaged');
    const rest = JSON.parse(reader.text()) as {
      state: DeliveryState;
      reason: DeadReason;
      failedAt: number;
    };
    return { item: item.value.item, ...rest };
  });

/** Format 1 had message_ids in place of keys. */
export const decodeBatch = (octets: Buffer): Decoded<{ expiresAt: number; keys: Buffer[] }> =>
  opened(octets, (reader) => {
    const expiresAt = reader.double();
    const isOld = octets[FORMAT_AT] === 1;
    const key = (): Buffer => (isOld ? soleKey(reader.text()) : Buffer.from(reader.buffer()));
    return { expiresAt, keys: Array.from({ length: reader.length() }, key) };
  });

export const decodeTomb = (octets: Buffer): Decoded<number[]> =>
  opened(octets, (reader) => Array.from({ length: reader.length() }, () => reader.length()));

export const decodeFact = (octets: Buffer): Decoded<{ expiresAt: number; value: Buffer }> =>
  opened(octets, (reader) => ({ expiresAt: reader.double(), value: reader.buffer() }));

function readItem(reader: RecordReader): StoredItem {
  const flags = reader.octet();
  const kind = reader.octet();
  const seq = reader.double();
  const enqueuedAt = reader.double();
  const expiresAt = flags & EXPIRES ? reader.double() : undefined;
  const command = QUEUED[kind & 0x0f];
  if (!command) throw new RangeError('it has no such command');
  const item: Mutable<QueueItem> = {
    id: reader.text(),
    command,
    segments: [],
    source: reader.text(),
    destination: reader.text(),
    priority: (kind >> 4) as QueueItem['priority'],
    enqueuedAt,
    receiptRequested: (flags & RECEIPT) !== 0,
  };
  if (expiresAt !== undefined) item.expiresAt = expiresAt;
  readLabels(reader, flags, item);
  const segments: Buffer[] = [];
  for (let left = reader.length(); left > 0; left--) segments.push(reader.buffer());
  item.segments = segments;
  return { seq, item };
}

type Mutable<T> = { -readonly [Key in keyof T]: T[Key] };

function readLabels(reader: RecordReader, flags: number, into: Mutable<Labels>): void {
  if (flags & CORRELATION_ID) into.correlationId = reader.text();
  if (flags & MSGID) into.msgid = reader.text();
  if (flags & METADATA) into.metadata = JSON.parse(reader.text()) as unknown;
  if (flags & ORIGIN) into.origin = reader.text();
}

const DAMAGED = { unreadable: 'damaged' } as const;

function opened<T>(octets: Buffer, read: (reader: RecordReader) => T): Decoded<T> {
  if (octets.length < HEAD || octets.readUInt32BE() !== xxh32(viewOf(octets), FORMAT_AT, octets.length))
    return DAMAGED;
  if ((octets[FORMAT_AT] as number) > RECORD_FORMAT) return { unreadable: 'newer' };
  try {
    return { value: read(new RecordReader(octets, HEAD)) };
  } catch {
    return DAMAGED;
  }
}
