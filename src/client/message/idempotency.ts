import { createHash } from 'node:crypto';
import type { QueueItem } from '../../store';
import { MessageError, invalidField, show } from '../config/errors';
import type { Settings } from '../config/options';

/** Octets of UTF-8. */
const LONGEST_KEY = 255;
/** Octets that a digest is cut to: enough that no two keys, nor two contents of one key, have the same. */
const DIGEST = 16;

/** An idempotency_key as a message may have it. Throws {@link MessageError}. */
export function readKey(given: unknown): string {
  const isText = typeof given === 'string' || typeof given === 'number' || typeof given === 'bigint';
  const key = isText ? String(given) : '';
  const octets = Buffer.byteLength(key);
  if (octets >= 1 && octets <= LONGEST_KEY) return key;
  const what = isText ? `${octets} octets` : show(given);
  const text = `idempotency_key (${what}): give a text of 1 to ${LONGEST_KEY} octets, one for each message`;
  throw invalidField('idempotency_key', text);
}

/** Throws {@link MessageError} where the connection keeps no keys. */
export function checkKeysAreKept({ idempotencyTtl }: Settings): void {
  if (idempotencyTtl > 0) return;
  const text = 'idempotency_key: idempotencyTtl of the connection is 0, so that keys are not kept';
  const remedy = 'set idempotencyTtl to the seconds for which a key holds, or leave the key away';
  throw new MessageError('INVALID_FIELD', 'idempotency_key', text, undefined, remedy);
}

/** Of what goes straight to the SMSC, and of what another program put into the queue. */
export function refuseKey(why: string): never {
  throw invalidField('idempotency_key', `idempotency_key: ${why}; leave it away`);
}

const digestOf = (parts: readonly (string | Buffer)[]): string => {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part).update('\0');
  return hash.digest().subarray(0, DIGEST).toString('base64url');
};

/** The item with its key, as the queue has it: digests, of which the key seasons that of the text. */
export function withKey(item: QueueItem, key: string, content: string | Buffer): QueueItem {
  const { command, source, destination } = item;
  const kind = typeof content === 'string' ? 'text' : 'octets';
  const digest = digestOf([key, command, source, destination, kind, content]);
  return { ...item, idempotency: { key: `idempotency:${digestOf([key])}`, digest } };
}

/** What another program put into the queue was not claimed. Throws {@link MessageError}. */
export function withoutKey(item: QueueItem): QueueItem {
  if (!item.idempotency) return item;
  return refuseKey('keys count for messages that are given to a client, not for what is put into its queue');
}
