import type { CorrelationEntry, DeadLetter, DeadReason, DeliveryState, QueueItem } from '../../types';
import { beginPacked, recordStart, sealPacked } from './blocks';
import { RecordReader, RecordWriter, viewOf, type Extent } from '../../record/bytes';
import { readCorrelation, readItem, writeCorrelation, writeItem } from '../../record/message-codec';
import { xxh32 } from './xxh32';

/**
 * Every record: the XXH32 of what follows (four octets), its format (one), the rest. Format 1 is the first that is
 * released: from then on what it wrote stays readable, a new one gets a new number and a reader beside the old ones.
 * A store that a later format (or one of before the first release) wrote is refused with `STORE_FORMAT`.
 */
export const RECORD_FORMAT = 1;
const FORMAT_AT = 4;
const HEAD = 5;

/** Why a record cannot be read. */
export type Unreadable = 'damaged' | 'newer';

export type Decoded<T> =
  | { readonly value: T; readonly unreadable?: undefined }
  | { readonly value?: undefined; readonly unreadable: Unreadable };

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

/** Large, for a block does not reach from one slab into the next. */
const PRIORITY_SLAB = 64 * 1024;

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
    if (!writer) this.#priorities.set(item.priority, (writer = new RecordWriter(PRIORITY_SLAB)));
    beginPacked(writer, HEAD);
    this.#item(writer, seq, item);
    const { extent } = writer;
    seal(extent, recordStart(extent));
    sealPacked(extent);
    return extent;
  }

  #item(writer: RecordWriter, seq: number, item: QueueItem): void {
    writer.double(seq);
    writeItem(writer, item);
  }

  correlation(entry: CorrelationEntry, batch: number): Buffer {
    this.#writer.begin(HEAD);
    this.#writer.double(batch);
    writeCorrelation(this.#writer, entry);
    return this.#sealed();
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
  tombstone(indexes: readonly number[]): Buffer {
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
    return this.#writer.octets;
  }
}

function seal({ slab, end }: Extent, start: number): void {
  slab.octets[start + FORMAT_AT] = RECORD_FORMAT;
  slab.view.setUint32(start, xxh32(slab.view, start + FORMAT_AT, end));
}

export const decodeItem = (octets: Buffer): Decoded<StoredItem> =>
  opened(octets, (reader) => ({ seq: reader.double(), item: readItem(reader) }));

export const decodeCorrelation = (octets: Buffer): Decoded<StoredCorrelation> =>
  opened(octets, (reader) => ({ batch: reader.double(), entry: readCorrelation(reader) }));

/** What `Records.json` made of a `T`. */
export function decodeJson<T>(octets: Buffer): Decoded<T> {
  return opened(octets, (reader) => JSON.parse(reader.text()) as T);
}

export const decodeLetter = (octets: Buffer): Decoded<DeadLetter> =>
  opened(octets, (reader) => {
    const item = decodeItem(reader.buffer());
    if (!item.value) throw new RangeError('the message in it is damaged');
    const rest = JSON.parse(reader.text()) as {
      state: DeliveryState;
      reason: DeadReason;
      failedAt: number;
    };
    return { item: item.value.item, ...rest };
  });

export const decodeBatch = (octets: Buffer): Decoded<{ expiresAt: number; keys: Buffer[] }> =>
  opened(octets, (reader) => {
    const expiresAt = reader.double();
    const keys = Array.from({ length: reader.length() }, () => Buffer.from(reader.buffer()));
    return { expiresAt, keys };
  });

export const decodeTombstone = (octets: Buffer): Decoded<number[]> =>
  opened(octets, (reader) => Array.from({ length: reader.length() }, () => reader.length()));

export const decodeFact = (octets: Buffer): Decoded<{ expiresAt: number; value: Buffer }> =>
  opened(octets, (reader) => ({ expiresAt: reader.double(), value: reader.buffer() }));

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
