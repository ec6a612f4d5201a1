import { createHash } from 'node:crypto';
import { foldedId } from '../candidates';
import type { CorrelationEntry } from '../types';
import { viewOf } from './bytes';
import { xxh32 } from './xxh32';

/** LMDB's keys have 511 octets at most; message_ids should be short, too (65 octets), but are not ours. */
const LONGEST = 400;
/** Behind whatever may follow. */
const END = Buffer.alloc(5, 0xff);

const within = (octets: Buffer): Buffer =>
  octets.length <= LONGEST ? octets : createHash('sha256').update(octets).digest();

/** What the keys of all entries begin with that have this message_id, in any case. */
function beginningOf(messageId: string): Buffer {
  return Buffer.concat([Buffer.from('#'), within(Buffer.from(`${foldedId(messageId)}\0`))]);
}

/**
 * One key for each segment of each message, those of one message_id beside each other. 32 bits are enough to tell
 * apart the few that have one message_id.
 */
export function entryKey({ messageId, id, segment }: CorrelationEntry): Buffer {
  const own = Buffer.from(`${id}\0${segment}\0${messageId}`);
  const hash = Buffer.alloc(4);
  hash.writeUInt32BE(xxh32(viewOf(own), 0, own.length));
  return Buffer.concat([beginningOf(messageId), hash]);
}

/** The keys of all entries with this message_id lie between the two; a few others may, too. */
export function keysOf(messageId: string): { from: Buffer; to: Buffer } {
  const from = beginningOf(messageId);
  return { from, to: Buffer.concat([from, END]) };
}

/** Before format 2 a message_id had one entry, which had this key. */
export function soleKey(messageId: string): Buffer {
  // LMDB has no empty key, hence the octet before.
  const key = Buffer.from(`=${messageId}`);
  return key.length <= 500 ? key : createHash('sha256').update(key).digest();
}
