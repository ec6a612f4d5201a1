import { RecordReader, type RecordWriter } from '../disk/record/bytes';
import type { CorrelationEntry } from '../types';
import { jsonOf } from './packed';

// The first octet.
const CORRELATION_ID = 1;
const MSGID = 2;
const METADATA = 4;
/** The correlation_id is the msgid. */
const SAME_LABEL = 8;
const FINAL = 16;
/** No final receipt was asked for. */
const UNASKED = 32;
/** The message_id is the key. */
const SAME_ID = 64;

/** As a string of octets, without `expiresAt`; undefined where it cannot be packed. */
export function packCorrelation(
  writer: RecordWriter,
  entry: CorrelationEntry,
  key: string,
): string | undefined {
  const { correlationId, msgid, finalState } = entry;
  const metadata = jsonOf(entry.metadata);
  if (metadata === false) return undefined;
  const sameLabel = correlationId !== undefined && correlationId === msgid;
  const sameId = entry.messageId === key;
  writer.begin(0);
  writer.octet(
    (correlationId === undefined || sameLabel ? 0 : CORRELATION_ID) |
      (msgid === undefined ? 0 : MSGID) |
      (metadata === undefined ? 0 : METADATA) |
      (sameLabel ? SAME_LABEL : 0) |
      (finalState === undefined ? 0 : FINAL) |
      (entry.receiptRequested === false ? UNASKED : 0) |
      (sameId ? SAME_ID : 0),
  );
  if (!sameId) writer.text(entry.messageId);
  writer.id(entry.id);
  writer.length(entry.segment);
  writer.length(entry.segments);
  writer.double(entry.acceptedAt);
  writer.text(entry.source);
  writer.text(entry.destination);
  if (correlationId !== undefined && !sameLabel) writer.text(correlationId);
  if (msgid !== undefined) writer.text(msgid);
  if (metadata !== undefined) writer.text(metadata);
  if (finalState !== undefined) writer.text(finalState);
  const { slab, start, end } = writer.extent;
  return slab.octets.toString('latin1', start, end);
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** What {@link packCorrelation} packed. */
export function unpackCorrelation(packed: string, key: string, expiresAt: number): CorrelationEntry {
  const reader = new RecordReader(Buffer.from(packed, 'latin1'), 0);
  const flags = reader.octet();
  const entry: Mutable<CorrelationEntry> = {
    messageId: flags & SAME_ID ? key : reader.text(),
    id: reader.id(),
    segment: reader.length(),
    segments: reader.length(),
    acceptedAt: reader.double(),
    source: reader.text(),
    destination: reader.text(),
    expiresAt,
  };
  if (flags & UNASKED) entry.receiptRequested = false;
  if (flags & CORRELATION_ID) entry.correlationId = reader.text();
  if (flags & MSGID) entry.msgid = reader.text();
  if (flags & SAME_LABEL && entry.msgid !== undefined) entry.correlationId = entry.msgid;
  if (flags & METADATA) entry.metadata = JSON.parse(reader.text()) as unknown;
  if (flags & FINAL) entry.finalState = reader.text();
  return entry;
}
