import { QUEUED } from '../../protocol';
import type { CorrelationEntry, FinalOf, QueueItem } from '../types';
import type { RecordReader, RecordWriter } from './bytes';

/**
 * Messages and correlations as octets, in every store that writes them, and where memory packs them:
 *
 *   item          flags (1)  trace, priority, command (1)  enqueuedAt (6)  [lifetime]  id  source  destination  labels
 *                 [instance  until (1)]  [key  digest]  segments  [more (1)  [session]]
 *   correlation   flags (1)  acceptedAt  expiresAt  segment  segments  message_id  id  source  destination  labels
 *                 [instance]  [source_addr_ton (1)  source_addr_npi (1)  data_coding (1)]  final (1) [text]
 *                 [lists  finals, each: address  final (1) [text]]
 *   labels        [msgid]  [correlation_id]  [metadata as JSON]  [traceparent  tracestate]
 */
const EXPIRES = 1;
/** Of a correlation: how it was sent. */
const SENT_AS = 1;
/** Of a correlation, in the octet of the numbering plan: its text begins with a user data header. */
const HEADER = 0x80;
/** The same in `CorrelationEntry.sentAs`. */
const HAS_HEADER = 2 ** 24;
/** Of an item: a final receipt was asked for. Of a correlation: none was. */
const RECEIPT = 2;
const CORRELATION_ID = 4;
const MSGID = 8;
const METADATA = 16;
/** The correlation_id is the msgid. */
const SAME_LABEL = 32;
/** Of an item: its times are doubles, for they are no whole numbers, or too far apart. */
const EXACT = 64;
/** Somebody in another process may wait for it. */
const HOME = 128;
/** Of an item, in the octet of priority and command: it has a trace context. */
const ITEM_TRACE = 0x80;
/** There, too: it has an idempotency key. */
const IDEMPOTENT = 8;
/** There, too: behind the segments there is more, and an octet that says what. */
const ITEM_MORE = 4;
const COMMAND = 3;
/** Of what is behind the segments: it belongs to a USSD dialogue. */
const SESSION = 1;
/** Of a correlation, in its flags: it has a trace context. */
const ENTRY_TRACE = 64;
/** Of a correlation, in the octet of the final state: its message went to several. */
const SEVERAL = 0x80;

const UNTIL = ['queued', 'accepted', 'delivered'] as const;

const FINAL_STATES = ['DELIVRD', 'UNDELIV', 'EXPIRED', 'DELETED', 'REJECTD', 'UNKNOWN', 'SKIPPED'];
/** Neither none nor one of these: its text follows. */
const OTHER_FINAL = 255;
/** The same beside {@link SEVERAL}. */
const OTHER_OF_SEVERAL = 0x7e;

type Labels = Partial<Pick<QueueItem, 'correlationId' | 'msgid' | 'metadata' | 'trace'>>;
type Mutable<T> = { -readonly [Key in keyof T]: T[Key] };

/** Undefined: there is none; false: it has no JSON. */
export function jsonOf(metadata: unknown): string | undefined | false {
  if (metadata === undefined) return undefined;
  try {
    return JSON.stringify(metadata) ?? false;
  } catch {
    return false;
  }
}

function flagsOf({ correlationId, msgid }: Labels, metadata: string | undefined): number {
  const label = correlationId === undefined ? 0 : correlationId === msgid ? SAME_LABEL : CORRELATION_ID;
  return label | (msgid === undefined ? 0 : MSGID) | (metadata === undefined ? 0 : METADATA);
}

function writeLabels(
  writer: RecordWriter,
  { correlationId, msgid, trace }: Labels,
  metadata: string | undefined,
): void {
  if (msgid !== undefined) writer.text(msgid);
  if (correlationId !== undefined && correlationId !== msgid) writer.text(correlationId);
  if (metadata !== undefined) writer.text(metadata);
  if (trace === undefined) return;
  writer.text(trace.traceparent);
  writer.text(trace.tracestate ?? '');
}

function readLabels(reader: RecordReader, flags: number, hasTrace: boolean, into: Mutable<Labels>): void {
  if (flags & MSGID) into.msgid = reader.text();
  if (flags & CORRELATION_ID) into.correlationId = reader.text();
  if (flags & SAME_LABEL && into.msgid !== undefined) into.correlationId = into.msgid;
  if (flags & METADATA) into.metadata = JSON.parse(reader.text()) as unknown;
  if (!hasTrace) return;
  const traceparent = reader.text();
  const tracestate = reader.text();
  into.trace = tracestate === '' ? { traceparent } : { traceparent, tracestate };
}

const metadataOf = ({ metadata }: Labels): string | undefined =>
  metadata === undefined ? undefined : JSON.stringify(metadata);

const isTime = (value: number): boolean => Number.isInteger(value) && value > 0 && value < 2 ** 48;

/** Whether it can be written as a length. */
export const isLength = (value: number): boolean => Number.isInteger(value) && value >= 0 && value < 2 ** 31;

/** `metadata` is its JSON. */
export function writeItem(writer: RecordWriter, item: QueueItem, metadata = metadataOf(item)): void {
  const { enqueuedAt, expiresAt = enqueuedAt, segments } = item;
  const isExact = !isTime(enqueuedAt) || !isLength(expiresAt - enqueuedAt);
  writer.octet(
    flagsOf(item, metadata) |
      (item.expiresAt === undefined ? 0 : EXPIRES) |
      (item.receiptRequested ? RECEIPT : 0) |
      (isExact ? EXACT : 0) |
      (item.home === undefined ? 0 : HOME),
  );
  const more = item.session === undefined ? 0 : SESSION;
  writer.octet(
    (item.trace ? ITEM_TRACE : 0) |
      (item.priority << 4) |
      (item.idempotency === undefined ? 0 : IDEMPOTENT) |
      (more === 0 ? 0 : ITEM_MORE) |
      QUEUED.indexOf(item.command),
  );
  if (isExact) writer.double(enqueuedAt);
  else writer.time(enqueuedAt);
  if (item.expiresAt !== undefined) {
    if (isExact) writer.double(expiresAt);
    else writer.length(expiresAt - enqueuedAt);
  }
  writer.id(item.id);
  writer.text(item.source);
  writer.text(item.destination);
  writeLabels(writer, item, metadata);
  if (item.home !== undefined) {
    writer.text(item.home.instance);
    writer.octet(UNTIL.indexOf(item.home.until));
  }
  if (item.idempotency !== undefined) {
    writer.text(item.idempotency.key);
    writer.text(item.idempotency.digest);
  }
  writer.length(segments.length);
  for (const segment of segments) writer.buffer(segment);
  if (more === 0) return;
  writer.octet(more);
  if (item.session !== undefined) writer.id(item.session);
}

/** Whether {@link writeItem} has a number for its command. */
export const isKnown = ({ command }: QueueItem): boolean => QUEUED.includes(command);

/** The segments lie in the reader's octets, unless `copied`. Throws a RangeError where these are no item. */
export function readItem(reader: RecordReader, copied = false): Mutable<QueueItem> {
  const flags = reader.octet();
  const kind = reader.octet();
  const enqueuedAt = flags & EXACT ? reader.double() : reader.time();
  const expires = flags & EXPIRES && (flags & EXACT ? reader.double() : enqueuedAt + reader.length());
  const command = QUEUED[kind & COMMAND];
  if (!command) throw new RangeError('it has no such command');
  const item: Mutable<QueueItem> = {
    id: reader.id(),
    command,
    segments: [],
    source: reader.text(),
    destination: reader.text(),
    priority: ((kind & ~ITEM_TRACE) >> 4) as QueueItem['priority'],
    enqueuedAt,
    receiptRequested: (flags & RECEIPT) !== 0,
  };
  if (flags & EXPIRES) item.expiresAt = expires;
  readLabels(reader, flags, (kind & ITEM_TRACE) !== 0, item);
  if (flags & HOME) item.home = { instance: reader.text(), until: UNTIL[reader.octet()] ?? 'queued' };
  if (kind & IDEMPOTENT) item.idempotency = { key: reader.text(), digest: reader.text() };
  const segments: Buffer[] = [];
  for (let left = reader.length(); left > 0; left--) segments.push(copied ? reader.copy() : reader.buffer());
  item.segments = segments;
  if (kind & ITEM_MORE && reader.octet() & SESSION) item.session = reader.id();
  return item;
}

/** `messageId` is what is written in its place, `metadata` its JSON. */
export function writeCorrelation(
  writer: RecordWriter,
  entry: CorrelationEntry,
  messageId = entry.messageId,
  metadata = metadataOf(entry),
): void {
  writer.octet(
    flagsOf(entry, metadata) |
      (entry.receiptRequested === false ? RECEIPT : 0) |
      (entry.home === undefined ? 0 : HOME) |
      (entry.trace ? ENTRY_TRACE : 0) |
      (entry.sentAs === undefined ? 0 : SENT_AS),
  );
  writer.double(entry.acceptedAt);
  writer.double(entry.expiresAt);
  writer.length(entry.segment);
  writer.length(entry.segments);
  writer.text(messageId);
  writer.id(entry.id);
  writer.text(entry.source);
  writer.text(entry.destination);
  writeLabels(writer, entry, metadata);
  if (entry.home !== undefined) writer.text(entry.home);
  const { sentAs } = entry;
  if (sentAs !== undefined) {
    writer.octet(sentAs & 0xff);
    writer.octet(((sentAs >>> 8) & 0x7f) | (sentAs >= HAS_HEADER ? HEADER : 0));
    writer.octet((sentAs >>> 16) & 0xff);
  }
  // Also where there is none: so an entry takes no more room when its receipt has come.
  if (entry.lists === undefined && entry.finals === undefined) return writeFinal(writer, entry.finalState);
  writeFinal(writer, entry.finalState, SEVERAL);
  writeSeveral(writer, entry);
}

function writeFinal(writer: RecordWriter, state: string | undefined, mark = 0): void {
  const final = state === undefined ? 0 : 1 + FINAL_STATES.indexOf(state);
  const isOther = state !== undefined && final === 0;
  const other = mark === 0 ? OTHER_FINAL : OTHER_OF_SEVERAL;
  writer.octet(mark | (isOther ? other : final));
  if (isOther) writer.text(state);
}

function finalOf(reader: RecordReader, final: number): string | undefined {
  if (final === 0) return undefined;
  const isOther = final === OTHER_FINAL || final === OTHER_OF_SEVERAL;
  return isOther ? reader.text() : (FINAL_STATES[final - 1] ?? 'UNKNOWN');
}

function writeSeveral(writer: RecordWriter, { lists = 0, finals = [] }: CorrelationEntry): void {
  writer.length(lists);
  writer.length(finals.length);
  for (const [address, state] of finals) {
    writer.text(address);
    writeFinal(writer, state);
  }
}

function readSeveral(reader: RecordReader, into: Mutable<CorrelationEntry>): void {
  const lists = reader.length();
  if (lists > 0) into.lists = lists;
  const finals: FinalOf[] = [];
  for (let left = reader.length(); left > 0; left--)
    finals.push([reader.text(), finalOf(reader, reader.octet()) ?? 'UNKNOWN']);
  if (finals.length > 0) into.finals = finals;
}

export function readCorrelation(reader: RecordReader): Mutable<CorrelationEntry> {
  const flags = reader.octet();
  const acceptedAt = reader.double();
  const expiresAt = reader.double();
  const segment = reader.length();
  const segments = reader.length();
  const entry: Mutable<CorrelationEntry> = {
    messageId: reader.text(),
    id: reader.id(),
    segment,
    segments,
    source: reader.text(),
    destination: reader.text(),
    acceptedAt,
    expiresAt,
  };
  readLabels(reader, flags, (flags & ENTRY_TRACE) !== 0, entry);
  if (flags & HOME) entry.home = reader.text();
  if (flags & RECEIPT) entry.receiptRequested = false;
  if (flags & SENT_AS) entry.sentAs = readSentAs(reader);
  const mark = reader.octet();
  const isOfSeveral = (mark & SEVERAL) !== 0 && mark !== OTHER_FINAL;
  const final = finalOf(reader, isOfSeveral ? mark & ~SEVERAL : mark);
  if (final !== undefined) entry.finalState = final;
  if (isOfSeveral) readSeveral(reader, entry);
  return entry;
}

function readSentAs(reader: RecordReader): number {
  const ton = reader.octet();
  const npi = reader.octet();
  return ton + ((npi & 0x7f) << 8) + (reader.octet() << 16) + (npi & HEADER ? HAS_HEADER : 0);
}
