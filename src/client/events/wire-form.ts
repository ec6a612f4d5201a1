import { SmppError, plainCopy, statusCode, statusName, type Pdu } from '../../protocol';
import {
  messageIdsOf,
  type DeadLetter,
  type DeadReason,
  type DeliveryState,
  type QueueItem,
} from '../../store';
import { refusalOf } from '../../session';
import type { DirectRequest } from '../message/intake';
import type {
  ClientEvents,
  EventBase,
  FailureEvent,
  FailureFields,
  Outcome,
  RequestEvent,
  ResponseEvent,
} from './events';

/*
 * Everything that leaves the client has one form: fields by their snake_case names, `payload` and `topic` beside them.
 * It is made here and nowhere else, from the camelCase of queue items, correlation entries and requests.
 */

/** What a message is known by, wherever the client keeps it. */
export interface Labelled {
  readonly id?: string;
  readonly correlationId?: string | undefined;
  readonly metadata?: unknown;
  readonly msgid?: string | undefined;
}

type Labels = Pick<EventBase, 'id' | 'correlation_id' | 'metadata' | 'msgid'>;

/** Adds what a message is known by to what is told of it; of the metadata a copy, for the queue keeps its own. */
export function labelled<T extends object>(told: T, source: Labelled): T & Labels {
  const into: T & Labels = told;
  if (source.id !== undefined) into.id = source.id;
  if (source.correlationId !== undefined) into.correlation_id = source.correlationId;
  if (source.metadata !== undefined) into.metadata = plainCopy(source.metadata);
  if (source.msgid !== undefined) into.msgid = source.msgid;
  return into;
}

/** The same in a line of the log, which shows no metadata; the segment counts from 1. */
export function logFacts(
  of: Pick<Labelled, 'id' | 'correlationId'> & { readonly command: string; readonly destination: string },
  segment?: number,
  segments = 1,
): Record<string, unknown> {
  const { command, id, correlationId, destination } = of;
  const facts = { command, id, correlation_id: correlationId, destination };
  return segment === undefined || segments === 1 ? facts : { ...facts, segment: segment + 1, segments };
}

// --- PDUs ---

/** A PDU's fields by their specification names. */
export interface ShownPdu {
  command: string;
  command_status: string;
  command_status_code: number;
  sequence_number: number;
  tlvs: Record<string, unknown>;
  [field: string]: unknown;
}

/** A PDU as an event shows it: status by name and by number, and nothing but plain objects, all of them copies. */
export function pduFields(pdu: Pdu): ShownPdu {
  const fields = plainCopy<object>(pdu) as ShownPdu;
  fields.command_status = statusName(pdu.command_status);
  fields.command_status_code = pdu.command_status;
  return fields;
}

/** A status by its name, and its number beside it where it has one; nothing where there is no status. */
export function statusFields(name: string | undefined): {
  command_status?: string;
  command_status_code?: number;
} {
  if (name === undefined) return {};
  const code = statusCode(name);
  return code === undefined ? { command_status: name } : { command_status: name, command_status_code: code };
}

/** What the SMSC said to a refusal in words, where it did. */
export function infoField(info: string | undefined): { additional_status_info_text?: string } {
  return info === undefined ? {} : { additional_status_info_text: info };
}

/** The message_id of a response; empty where it has none. */
export function messageIdOf(pdu: Pdu): string {
  return 'message_id' in pdu && typeof pdu.message_id === 'string' ? pdu.message_id : '';
}

/** One segment of a message, as it is on the wire. */
interface OnWire {
  readonly item: QueueItem;
  /** From 0. */
  readonly segment: number;
  readonly redelivered: boolean;
  readonly pdu: Pdu;
  readonly octets: Buffer;
}

const segmentFields = ({ item, segment, redelivered, octets: pdu }: OnWire) => ({
  topic: item.destination,
  segment,
  segments: item.segments.length,
  redelivered,
  pdu,
});

export function requestEvent(sent: OnWire): RequestEvent {
  const fields = pduFields(sent.pdu);
  return labelled({ ...fields, event: 'request', payload: fields, ...segmentFields(sent) }, sent.item);
}

/** `duration`: seconds from writing the request. */
export function responseEvent(answer: OnWire, duration: number, late: boolean): ResponseEvent {
  const fields = pduFields(answer.pdu);
  const facts = { event: 'response' as const, payload: fields.command_status, duration };
  const event: ResponseEvent = { ...fields, ...facts, ...segmentFields(answer) };
  if (late) event.late = true;
  return labelled(event, answer.item);
}

/** The answer to a query, cancel or replace. */
export interface DirectResponse {
  readonly request: DirectRequest;
  readonly response: Pdu;
  readonly msgid: string | undefined;
  /** It came after its time-out. */
  readonly late?: true;
}

export function directResponseEvent({ request, response, msgid, late }: DirectResponse): ResponseEvent {
  const fields = pduFields(response);
  const { correlationId, metadata, destination: topic } = request;
  const event: ResponseEvent = { ...fields, event: 'response', payload: fields.command_status, topic };
  if (late) event.late = true;
  return labelled(event, { correlationId, metadata, msgid });
}

/** What an answer to a query, cancel or replace resolves with. Throws {@link DeliveryError} where it is a refusal. */
export function directOutcome({ request, response, msgid }: DirectResponse): Outcome {
  if (response.command_status !== 0) throw refusedDirectly(request.command, response);
  const fields = pduFields(response);
  const outcome: Outcome = {
    ...fields,
    payload: fields,
    topic: request.destination,
    event: 'accepted',
    id: '',
    message_id: messageIdOf(response),
    message_ids: [],
    segments: 0,
    attempts: 1,
    redelivered: false,
  };
  const { correlationId, metadata } = request;
  return labelled(outcome, { correlationId, metadata, msgid });
}

function refusedDirectly(command: string, response: Pdu): DeliveryError {
  const { name, text, info } = refusalOf(response);
  return new DeliveryError(`the SMSC refused ${command} with ${text}`, {
    code: 'REFUSED',
    command_status: name,
    command_status_code: response.command_status,
    ...infoField(info),
    attempts: 1,
    message_ids: [],
    segments: 0,
    redelivered: false,
    history: [],
    id: '',
  });
}

// --- outcomes ---

export function acceptedOutcome(item: QueueItem, state: DeliveryState): Outcome {
  const messageIds = state.accepted.map((id) => id ?? '');
  const messageId = messageIds[0] ?? '';
  const outcome: Outcome = {
    payload: messageId,
    topic: item.destination,
    id: item.id,
    event: 'accepted',
    message_id: messageId,
    message_ids: messageIds,
    segments: item.segments.length,
    command_status: 'ESME_ROK',
    command_status_code: 0,
    attempts: state.attempts + 1,
    redelivered: state.redelivered,
  };
  return labelled(outcome, item);
}

export function queuedOutcome(item: QueueItem): Outcome {
  const outcome: Outcome = {
    payload: item.id,
    topic: item.destination,
    id: item.id,
    event: 'queued',
    message_id: '',
    message_ids: [],
    segments: item.segments.length,
    command_status: '',
    attempts: 0,
    redelivered: false,
  };
  return labelled(outcome, item);
}

/** Of several receipts: the worst, and all. */
export interface ReceiptFacts {
  readonly receipt: Record<string, unknown>;
  readonly receipts: Record<string, unknown>[];
}

export function deliveredOutcome(accepted: Outcome, receipts: ReceiptFacts): Outcome {
  return { ...accepted, event: 'delivered', ...receipts };
}

// --- failures ---

/** A message failed for good. `outcome` is what the flow sees. */
export class DeliveryError extends SmppError {
  readonly outcome: FailedOutcome;

  constructor(message: string, outcome: FailedOutcome) {
    super(outcome.code, message);
    this.outcome = outcome;
  }
}

type FailedOutcome = FailureFields & { id: string } & Pick<Labels, 'correlation_id' | 'metadata'>;

/** The error that ends the wait for the outcome of this message. */
export function deliveryError(text: string, failure: FailureFields, item: QueueItem): DeliveryError {
  const { id, correlationId, metadata } = item;
  return new DeliveryError(text, labelled({ ...failure, id }, { correlationId, metadata }));
}

/** A message that was accepted and all the same is none that was delivered: how it stood when it was accepted. */
export function failedAfter(
  accepted: Outcome,
  why: Pick<FailureFields, 'code' | 'maybe_delivered'> | (ReceiptFacts & { code: string }),
): FailureFields {
  const { attempts, message_ids, segments, redelivered, command_status } = accepted;
  const facts = {
    attempts,
    message_ids,
    segments,
    redelivered,
    ...statusFields(command_status),
    history: [],
  };
  return { ...facts, ...why };
}

/** `state`: how its delivery stood; undefined: it never began. */
export function failureFields(
  item: QueueItem,
  state: DeliveryState | undefined,
  reason: DeadReason,
): FailureFields {
  return {
    code: reason.code,
    ...statusFields(lastStatus(state, reason)),
    ...infoField(reason.additional_status_info_text),
    attempts: state?.attempts ?? 0,
    message_ids: state ? messageIdsOf(state) : [],
    segments: item.segments.length,
    redelivered: state?.redelivered ?? false,
    ...(maybeDelivered(state, reason) ? { maybe_delivered: true } : {}),
    history: (state?.history ?? []).map(({ at, reason: why, segment }) => ({
      at: new Date(at).toISOString(),
      reason: why,
      segment,
    })),
  };
}

/** Why a message failed, for people. */
export function failureText(state: DeliveryState | undefined, reason: DeadReason): string {
  const { text } = reason;
  if (!maybeDelivered(state, reason) || text.includes(MAYBE)) return text;
  return `${text}; an earlier transmission had no answer: it ${MAYBE}`;
}

const MAYBE = 'may have been delivered';

export function failureEvent(
  item: QueueItem,
  state: DeliveryState | undefined,
  reason: DeadReason,
  fields = failureFields(item, state, reason),
): FailureEvent {
  const event: FailureEvent = {
    ...fields,
    event: 'failure',
    command: item.command,
    payload: failureText(state, reason),
    topic: item.destination,
  };
  return labelled(event, item);
}

/** A message that failed for good and is kept: what its failure event said, and when it was. */
export function deadLetterOf({ item, state, reason, failedAt }: DeadLetter) {
  return labelled(
    {
      ...failureFields(item, state, reason),
      command: item.command,
      source_addr: item.source,
      destination_addr: item.destination,
      reason: failureText(state, reason),
      failed_at: new Date(failedAt).toISOString(),
    },
    item,
  );
}

/** What the SMSC said last, also where something else ended it, such as its time. */
function lastStatus(state: DeliveryState | undefined, { command_status }: DeadReason): string | undefined {
  return command_status ?? state?.history.findLast(({ reason }) => statusCode(reason) !== undefined)?.reason;
}

/** Whether a transmission of a message that failed may have been accepted, as a whole. */
function maybeDelivered(state: DeliveryState | undefined, { code }: DeadReason): boolean {
  return (state?.redelivered ?? false) || code === 'OUTCOME_UNKNOWN';
}

// --- states ---

type StateName = 'session' | 'throttle' | 'queue';

/** How the connection, sending or the queue is now; it belongs to no message. */
export function stateEvent<E extends StateName>(
  event: E,
  state: Omit<ClientEvents[E], keyof EventBase | 'event'>,
): ClientEvents[E] {
  return { ...state, event, payload: { ...state }, topic: '' } as unknown as ClientEvents[E];
}
