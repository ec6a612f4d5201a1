import type { Message } from 'amqplib';
import { RecordReader, RecordWriter } from '../record/bytes';
import { readItem, writeItem } from '../record/message-codec';
import type { DeadReason, DeliveryState, QueueItem } from '../types';

/**
 * A message as it lies in a queue of the broker:
 *
 *   version (1)  flags (1)  serial  [not before (8)]  [state as JSON]  [reason and time of failing as JSON]
 *   [content type  octets]  item
 *
 * The serial counts how often the message was written anew: of two copies the one with the lesser is a leftover.
 */
export const CONTENT_TYPE = 'application/vnd.smpp';
const VERSION = 1;

const NOT_BEFORE = 1;
const STATE = 2;
const DEAD = 4;
const ALIEN = 8;

export interface Failed {
  readonly reason: DeadReason;
  readonly failedAt: number;
}

export interface BrokerRecord {
  readonly item: QueueItem;
  readonly serial: number;
  /** Epoch milliseconds. */
  readonly notBefore?: number | undefined;
  readonly state?: DeliveryState | undefined;
  /** Of a dead letter. */
  readonly failed?: Failed | undefined;
  /** Of a dead letter that is no message: as it was. */
  readonly alien?: { readonly contentType: string; readonly octets: Buffer } | undefined;
}

/** What it wrote stays as it is: records wait for the broker's confirmation in place. */
const writer = new RecordWriter(64 * 1024);

export function encodeRecord({ item, serial, notBefore, state, failed, alien }: BrokerRecord): Buffer {
  writer.begin(0);
  writer.octet(VERSION);
  writer.octet(
    (notBefore === undefined ? 0 : NOT_BEFORE) |
      (state ? STATE : 0) |
      (failed ? DEAD : 0) |
      (alien ? ALIEN : 0),
  );
  writer.length(serial);
  if (notBefore !== undefined) writer.double(notBefore);
  if (state) writer.text(JSON.stringify(state));
  if (failed) writer.text(JSON.stringify(failed));
  if (alien) {
    writer.text(alien.contentType);
    writer.buffer(alien.octets);
  }
  writeItem(writer, item);
  return writer.octets;
}

/** A record of a later version, whose meaning is not known here. */
export class NewerRecord extends RangeError {}

/** Undefined: it is none of ours, or cannot be read. */
export function readOurs({ content, properties }: Message): BrokerRecord | undefined {
  if (properties.contentType !== CONTENT_TYPE) return undefined;
  try {
    return decodeRecord(content);
  } catch {
    return undefined;
  }
}

/** Throws a RangeError, or a SyntaxError, where the octets are no record. */
export function decodeRecord(octets: Buffer): BrokerRecord {
  const reader = new RecordReader(octets, 0);
  const version = reader.octet();
  if (version > VERSION)
    throw new NewerRecord(`it is of version ${version}, and this package reads up to ${VERSION}`);
  if (version !== VERSION) throw new RangeError('it has no version');
  const flags = reader.octet();
  const serial = reader.length();
  return {
    serial,
    notBefore: flags & NOT_BEFORE ? reader.double() : undefined,
    state: flags & STATE ? (JSON.parse(reader.text()) as DeliveryState) : undefined,
    failed: flags & DEAD ? (JSON.parse(reader.text()) as Failed) : undefined,
    alien: flags & ALIEN ? { contentType: reader.text(), octets: reader.buffer() } : undefined,
    item: readItem(reader),
  };
}
