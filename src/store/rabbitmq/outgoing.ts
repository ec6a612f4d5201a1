import type { QueueItem } from '../types';
import { DELAYS, KEYS, type Names } from './names';
import type { Outgoing } from './publisher';
import { CONTENT_TYPE, encodeRecord, type BrokerRecord } from './record';

/** Milliseconds: a pause that is no longer is waited for in this process. */
export const HELD_PAUSE = 2000;

const recordTo = (names: Names, key: string, record: BrokerRecord): Outgoing => ({
  exchange: names.exchange,
  key,
  id: record.item.id,
  content: encodeRecord(record),
  contentType: CONTENT_TYPE,
});

/** As new, at the end of its priority. */
export const asNew = (names: Names, record: BrokerRecord): Outgoing =>
  recordTo(names, KEYS.queue(record.item.priority), record);

/** Before all that is new in its priority. */
export const asRetry = (names: Names, record: BrokerRecord): Outgoing =>
  recordTo(names, KEYS.retry(record.item.priority), record);

export const asDead = (names: Names, record: BrokerRecord): Outgoing => recordTo(names, KEYS.dead, record);

/** Through the longest delay that is not longer than the pause, in milliseconds; what is left of it is seen to then. */
export function asDelayed(names: Names, record: BrokerRecord, pause: number): Outgoing {
  const step = DELAYS.findLast((seconds) => seconds * 1000 <= pause);
  if (step === undefined) return asRetry(names, record);
  return {
    ...recordTo(names, KEYS.retry(record.item.priority), record),
    exchange: names.delayExchange,
    headers: { delay: step },
  };
}

/** Octets that are none of ours, back where they came from, with the trace context that stood in their headers. */
export const asForeign = (
  names: Names,
  { id, priority, trace }: Pick<QueueItem, 'id' | 'priority' | 'trace'>,
  octets: Uint8Array,
  contentType: string,
): Outgoing => ({
  exchange: names.exchange,
  key: KEYS.queue(priority),
  id,
  content: Buffer.from(octets),
  contentType,
  ...(trace ? { headers: { ...trace } } : {}),
});
