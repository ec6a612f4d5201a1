import type { TraceContext } from '../observability';
import type { BackendContext } from './backend';
import { isForNow, reasonOf } from './refused';
import type { DeadReason, Priority, QueueItem } from './types';

/** Octets of a record of another program; more is no message. */
export const LARGEST_RECORD = 1024 * 1024;
/** The version of the JSON record that is understood here. */
export const RECORD_VERSION = 1;

export type ForeignRecord =
  { readonly message: Readonly<Record<string, unknown>> } | { readonly reason: DeadReason };

const invalid = (text: string, field?: string): { reason: DeadReason } => ({
  reason: { code: 'INVALID_RECORD', text, ...(field === undefined ? {} : { field }) },
});

/**
 * Reads what another program has put into a queue: a JSON object in UTF-8, the object form of a message or an item of
 * naz's, with or without `version`. Whether it can be sent is for intake to say. No text of the record is in the reason.
 */
export function readForeign(octets: Uint8Array): ForeignRecord {
  if (octets.length > LARGEST_RECORD)
    return invalid(`the record is ${octets.length} octets long; at most ${LARGEST_RECORD} (1 MiB) are read`);
  let text: string;
  try {
    // A byte order mark, which some programs write, is passed over.
    text = new TextDecoder('utf-8', { fatal: true }).decode(octets);
  } catch {
    return invalid('the record is no UTF-8 text; write JSON in UTF-8');
  }
  let record: unknown;
  try {
    record = JSON.parse(text);
  } catch {
    return invalid('the record is no JSON; write one JSON object, such as {"short_message": "Hi", …}');
  }
  if (typeof record !== 'object' || record === null || Array.isArray(record))
    return invalid(`the record is ${kindOf(record)}, not a JSON object; write {"short_message": "Hi", …}`);
  const { version, ...message } = record as Record<string, unknown>;
  const problem = versionProblem(version);
  return problem === undefined ? { message } : invalid(problem, 'version');
}

/**
 * The same, through intake, under the priority of the queue that it stands in. Rejects where intake fails for now: the record
 * is not at fault. `trace`: what came beside the record, where that has none.
 */
export async function takeIn(
  octets: Uint8Array,
  priority: Priority,
  prepare: BackendContext['prepare'],
  trace?: TraceContext,
): Promise<{ readonly item: QueueItem } | { readonly reason: DeadReason }> {
  const record = readForeign(octets);
  if ('reason' in record) return record;
  try {
    const item = await prepare(record.message);
    return { item: { ...item, priority, ...(item.trace || !trace ? {} : { trace }) } };
  } catch (error) {
    if (isForNow(error)) throw error;
    return { reason: reasonOf(error) };
  }
}

function kindOf(value: unknown): string {
  if (value === null) return 'null';
  return Array.isArray(value) ? 'an array' : `a ${typeof value}`;
}

/** naz writes it as a number; older ones of it as "v1". */
function versionProblem(version: unknown): string | undefined {
  if (version === undefined || version === null) return undefined;
  const number = typeof version === 'string' ? Number(version.replace(/^v/, '') || NaN) : version;
  if (typeof number !== 'number' || !Number.isInteger(number) || number < 1)
    return `version: ${JSON.stringify(version).slice(0, 40)} is no version; write ${RECORD_VERSION}, or leave it out`;
  if (number <= RECORD_VERSION) return undefined;
  return `version: the record is of version ${number}, newer than ${RECORD_VERSION}, which this version of the package reads; update it`;
}
