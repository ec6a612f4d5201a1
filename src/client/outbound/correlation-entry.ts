import type { CorrelationEntry, QueueItem } from '../../store';

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** What the correlator keeps of an accepted segment; times in epoch milliseconds, `ttl` in milliseconds. */
export function correlationEntry(
  item: QueueItem,
  segment: number,
  messageId: string,
  acceptedAt: number,
  ttl: number,
): CorrelationEntry {
  const { correlationId, msgid, metadata } = item;
  const entry: Mutable<CorrelationEntry> = {
    messageId,
    id: item.id,
    segment,
    segments: item.segments.length,
    source: item.source,
    destination: item.destination,
    acceptedAt,
    expiresAt: Math.floor(acceptedAt) + ttl,
  };
  if (!item.receiptRequested) entry.receiptRequested = false;
  if (correlationId !== undefined) entry.correlationId = correlationId;
  if (msgid !== undefined) entry.msgid = msgid;
  if (metadata !== undefined) entry.metadata = metadata;
  return entry;
}
