import type { CorrelationEntry, QueueItem } from '../../store';

/** What the correlator keeps of an accepted segment; times in epoch milliseconds, `ttl` in milliseconds. */
export function correlationEntry(
  item: QueueItem,
  segment: number,
  messageId: string,
  acceptedAt: number,
  ttl: number,
): CorrelationEntry {
  return {
    messageId,
    id: item.id,
    segment,
    segments: item.segments.length,
    source: item.source,
    destination: item.destination,
    acceptedAt,
    expiresAt: Math.floor(acceptedAt) + ttl,
    ...(item.receiptRequested ? {} : { receiptRequested: false }),
    ...(item.correlationId === undefined ? {} : { correlationId: item.correlationId }),
    ...(item.msgid === undefined ? {} : { msgid: item.msgid }),
    ...(item.metadata === undefined ? {} : { metadata: item.metadata }),
  };
}
