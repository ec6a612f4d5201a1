import { traceContext, type TraceContext } from '../observability';
import { SmppError } from '../protocol';
import type { DeadReason, Priority, QueueItem } from './types';

/** A record is told without the texts of its fields that are longer. */
const LONGEST_LABEL = 256;
const LONGEST_METADATA = 8 * 1024;
const DEFAULT: Priority = 2;

/**
 * What stands in a dead letter beside the `record` of another program that is no message that can be sent: who it was
 * for and what it was called, as far as that can be read, and no segments. `now`: epoch milliseconds;
 * `priority`: of the queue that it stood in, where it goes when it is replayed; `trace`: what came beside the record.
 */
export function refusedItem(
  record: Buffer,
  id: string,
  now: number,
  priority: Priority = DEFAULT,
  trace?: TraceContext,
): QueueItem {
  const fields = fieldsOf(record);
  const text = (...names: readonly string[]): string | undefined =>
    names.map((name) => labelOf(fields[name])).find((label) => label !== undefined && label !== '');
  return {
    id,
    command: 'submit_sm',
    segments: [],
    source: text('source_addr') ?? '',
    destination: text('destination_addr') ?? '',
    priority,
    enqueuedAt: now,
    receiptRequested: false,
    correlationId: text('correlation_id', 'log_id'),
    metadata: metadataOf(fields['metadata'] ?? fields['hook_metadata']),
    trace: traceContext(fields['traceparent'], fields['tracestate']) ?? trace,
  };
}

/** Why a record was refused, of what {@link BackendContext.prepare} rejected with. */
export function reasonOf(error: unknown): DeadReason {
  const { code, message } =
    error instanceof SmppError ? error : { code: 'INVALID_RECORD', message: String(error) };
  const { field } = Object(error) as { field?: unknown };
  return { code, text: message, ...(typeof field === 'string' && field !== '' ? { field } : {}) };
}

/** Whether it is worth to try again: the record is not at fault, but the store or the client just now. */
export const isForNow = (error: unknown): boolean => error instanceof SmppError && error.retriable;

function fieldsOf(record: Buffer): Readonly<Record<string, unknown>> {
  try {
    return Object(JSON.parse(record.toString().replace(/^\ufeff/, ''))) as Readonly<Record<string, unknown>>;
  } catch {
    return {};
  }
}

function labelOf(value: unknown): string | undefined {
  if (typeof value === 'number') return String(value);
  return typeof value === 'string' && value.length <= LONGEST_LABEL ? value : undefined;
}

function metadataOf(value: unknown): unknown {
  if (value === undefined || value === null || value === '') return undefined;
  return Buffer.byteLength(JSON.stringify(value)) <= LONGEST_METADATA ? value : undefined;
}
