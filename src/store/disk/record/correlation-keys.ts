import { createHash } from 'node:crypto';
import { foldedId } from '../../candidates';
import type { Sealing } from '../../sealing';
import type { CorrelationEntry } from '../../types';
import { newSlab, type Slab } from '../../record/bytes';
import { xxh32 } from './xxh32';

/** LMDB's keys have 511 octets at most; message_ids should be short, too (65 octets), but are not ours. */
const LONGEST = 400;
/** Octets of a hidden message_id. */
const HIDDEN = 16;
/** Behind whatever may follow. */
const END = Buffer.alloc(5, 0xff);

const within = (octets: Buffer): Buffer =>
  octets.length <= LONGEST ? octets : createHash('sha256').update(octets).digest();

/** What hides message_ids where a store has a key; absent: they are keys in clear. */
type Hiding = Pick<Sealing, 'hide'> | undefined;

/** What the keys of all entries begin with that have this message_id, in any case. */
function beginningOf(messageId: string, hiding: Hiding): Buffer {
  const folded = Buffer.from(`${foldedId(messageId)}\0`);
  if (hiding) return Buffer.concat([Buffer.from('$'), hiding.hide('message_id', folded).subarray(0, HIDDEN)]);
  return Buffer.concat([Buffer.from('#'), within(folded)]);
}

/** Where what a key's hash is of is laid out. */
let scratch: Slab = newSlab(1024);

function hashOf(text: string): number {
  const most = 3 * text.length;
  if (most > scratch.octets.length) scratch = newSlab(2 * most);
  return xxh32(scratch.view, 0, scratch.octets.write(text));
}

/**
 * One key for each segment of each message, those of one message_id beside each other. 32 bits are enough to tell
 * apart the few that have one message_id.
 */
export function entryKey({ messageId, id, segment }: CorrelationEntry, hiding: Hiding): Buffer {
  const hash = hashOf(`${id}\0${segment}\0${messageId}`);
  const folded = foldedId(messageId);
  if (!hiding) {
    let key = Buffer.from(`#${folded}\0\0\0\0\0`);
    if (key.length > 1 + LONGEST + 4)
      key = Buffer.concat([beginningOf(messageId, undefined), Buffer.alloc(4)]);
    key.writeUInt32BE(hash, key.length - 4);
    return key;
  }
  // A part of the same digest hides it: another would cost as much as sealing the entry.
  const digest = hiding.hide('message_id', Buffer.from(`${folded}\0`));
  const octets = Buffer.alloc(4);
  octets.writeUInt32BE((hash ^ digest.readUInt32BE(HIDDEN)) >>> 0);
  return Buffer.concat([Buffer.from('$'), digest.subarray(0, HIDDEN), octets]);
}

/** The keys of all entries with this message_id lie between the two; a few others may, too. */
export function keysOf(messageId: string, hiding: Hiding): { from: Buffer; to: Buffer } {
  const from = beginningOf(messageId, hiding);
  return { from, to: Buffer.concat([from, END]) };
}
