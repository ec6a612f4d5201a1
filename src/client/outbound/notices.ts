import type { DeadReason, DeliveryState } from '../../store';
import { isCount, type Fields } from '../config/stored';
import type { FailedMessage } from '../events/outcome-form';
import type { SegmentReceipt } from './outcomes';

/**
 * What one instance tells another of a message that this gave, as JSON: `{"version": 1, "event": …}`, in UTF-8. Instances
 * of several releases may share a store: another version is told apart before anything else of it is looked at.
 */
const VERSION = 1;

export interface Failed {
  readonly item: FailedMessage;
  readonly reason: DeadReason;
  /** How its delivery stood; absent: it is not known. */
  readonly state?: DeliveryState | undefined;
}

export type Told =
  | { readonly event: 'accepted'; readonly id: string; readonly state: DeliveryState }
  /** `at`: epoch milliseconds; it tells one failure of a message from its next, after a replay. */
  | ({ readonly event: 'failure'; readonly at: number } & Failed)
  /** A final one, of one segment. */
  | { readonly event: 'receipt'; readonly id: string; readonly receipt: SegmentReceipt };

/** Octets that tell nothing: of a version that is not known here, or none of ours. */
export interface Unreadable {
  readonly event: 'unreadable';
  readonly reason: string;
}

export function encodeNotice(told: Told): Buffer {
  return Buffer.from(JSON.stringify({ version: VERSION, ...plainOf(told) }));
}

/** Without what nobody needs at home: the octets of the segments. */
function plainOf(told: Told): object {
  if (told.event !== 'failure') return told;
  const { id, command, destination, correlationId, msgid, metadata, trace, segments, session } = told.item;
  const item = { id, command, destination, correlationId, msgid, metadata, trace, session };
  return { ...told, item: { ...item, segments: { length: segments.length } } };
}

/** Never throws. */
export function decodeNotice(octets: Buffer): Told | Unreadable {
  let given: unknown;
  try {
    given = JSON.parse(octets.toString('utf8'));
  } catch {
    return unreadable('it is no JSON');
  }
  const fields = fieldsOf(given);
  const { version, event } = fields;
  if (version !== VERSION)
    return unreadable(`its version is ${textOf(version)}, and ${VERSION} is known here`);
  const read = isName(event) ? READERS[event](fields) : undefined;
  return read ?? unreadable(`it is no ${textOf(event)} as version ${VERSION} has it`);
}

type Name = Told['event'];

const READERS: Readonly<Record<Name, (fields: Fields) => Told | undefined>> = {
  accepted: ({ id, state }) => (isText(id) && isState(state) ? { event: 'accepted', id, state } : undefined),
  failure: ({ item, reason, state, at }) => {
    if (!isItem(item) || !isReason(reason) || typeof at !== 'number') return undefined;
    if (state === undefined) return { event: 'failure', item, reason, at };
    return isState(state) ? { event: 'failure', item, reason, state, at } : undefined;
  },
  receipt: ({ id, receipt }) =>
    isText(id) && isReceipt(receipt) ? { event: 'receipt', id, receipt } : undefined,
};

const unreadable = (reason: string): Unreadable => ({ event: 'unreadable', reason });
const fieldsOf = (value: unknown): Fields => Object(value) as Fields;
const isName = (value: unknown): value is Name => isText(value) && Object.hasOwn(READERS, value);
const isText = (value: unknown): value is string => typeof value === 'string';
const isTextOrAbsent = (value: unknown): boolean => value === undefined || isText(value);

function textOf(value: unknown): string {
  return JSON.stringify(value)?.slice(0, 40) ?? 'missing';
}

function isState(value: unknown): value is DeliveryState {
  const { attempts, redelivered, accepted, alsoAccepted = [], unsuccess = [], history } = fieldsOf(value);
  return (
    isCount(attempts) &&
    typeof redelivered === 'boolean' &&
    Array.isArray(accepted) &&
    accepted.every((id) => id === null || isText(id)) &&
    Array.isArray(alsoAccepted) &&
    alsoAccepted.every(isText) &&
    Array.isArray(unsuccess) &&
    unsuccess.every(isUnsuccess) &&
    Array.isArray(history) &&
    history.every(isAttempt)
  );
}

function isUnsuccess(value: unknown): boolean {
  const { destination_addr, dest_addr_ton, dest_addr_npi, error_status_code, segments } = fieldsOf(value);
  const numbers = [dest_addr_ton, dest_addr_npi, error_status_code];
  return (
    isText(destination_addr) && numbers.every(isCount) && Array.isArray(segments) && segments.every(isCount)
  );
}

function isAttempt(value: unknown): boolean {
  const { at, reason, segment } = fieldsOf(value);
  // What is further away is no date.
  return typeof at === 'number' && Math.abs(at) <= 8.64e15 && isText(reason) && isCount(segment);
}

function isItem(value: unknown): value is FailedMessage {
  const { id, command, destination, correlationId, msgid, trace, segments, session } = fieldsOf(value);
  return (
    [id, command, destination].every(isText) &&
    [correlationId, msgid, session].every(isTextOrAbsent) &&
    (trace === undefined || isText(fieldsOf(trace)['traceparent'])) &&
    isCount(fieldsOf(segments)['length'])
  );
}

function isReason(value: unknown): value is DeadReason {
  const { code, text, command_status, additional_status_info_text, field } = fieldsOf(value);
  return (
    [code, text].every(isText) && [command_status, additional_status_info_text, field].every(isTextOrAbsent)
  );
}

function isReceipt(value: unknown): value is SegmentReceipt {
  const { segment, state, final, fields, address } = fieldsOf(value);
  return (
    isCount(segment) &&
    isText(state) &&
    isTextOrAbsent(address) &&
    typeof final === 'boolean' &&
    typeof fields === 'object' &&
    fields !== null
  );
}
