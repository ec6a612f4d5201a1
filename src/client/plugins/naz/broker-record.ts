import type { DeliveryState, QueueItem } from '../../../store';

/** A message as it is on its way through the queue. */
export interface Held {
  readonly item: QueueItem;
  readonly state: DeliveryState;
}

/** A message as a broker gets it: naz's four names, and beside them what this client needs. All of it is JSON. */
export function recordOf({
  item,
  state,
}: {
  item: QueueItem;
  state?: DeliveryState | undefined;
}): Record<string, unknown> {
  return {
    version: 1,
    smpp_command: item.command,
    log_id: item.correlationId ?? item.id,
    hook_metadata: item.metadata === undefined ? '' : JSON.stringify(item.metadata),
    item: { ...item, segments: item.segments.map((segment) => segment.toString('hex')) },
    ...(state ? { state } : {}),
  };
}

/** What a broker gave: one of ours, or the fields of somebody else's message. Throws where it is neither. */
export function readRecord(given: unknown): Held | { fields: Record<string, unknown> } {
  const text = given instanceof Uint8Array ? Buffer.from(given).toString() : given;
  const record: unknown = typeof text === 'string' ? JSON.parse(text) : text;
  if (typeof record !== 'object' || record === null || Array.isArray(record)) {
    throw new TypeError('it is no object');
  }
  const { item, state } = record as { item?: unknown; state?: DeliveryState };
  if (!isStored(item)) return { fields: record as Record<string, unknown> };
  const segments = item.segments.map((segment) => Buffer.from(segment, 'hex'));
  return { item: { ...item, segments }, state: state ?? fresh(segments.length) };
}

type Stored = Omit<QueueItem, 'segments'> & { readonly segments: readonly string[] };

function isStored(item: unknown): item is Stored {
  const { id, command, segments } = Object(item) as Partial<Record<keyof Stored, unknown>>;
  const isWritten = Array.isArray(segments) && segments.every((one) => typeof one === 'string');
  return typeof id === 'string' && typeof command === 'string' && isWritten && segments.length > 0;
}

export function fresh(segments: number): DeliveryState {
  const accepted = Array.from({ length: segments }, () => null);
  return { attempts: 0, redeliveries: 0, lostLinks: 0, redelivered: false, accepted, history: [] };
}
