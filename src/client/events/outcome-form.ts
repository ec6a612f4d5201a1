import { SmppError, statusCode, type Pdu } from '../../protocol';
import { refusalOf } from '../../session';
import {
  messageIdsOf,
  type DeadLetter,
  type DeadReason,
  type DeliveryState,
  type QueueItem,
} from '../../store';
import { broadcastFields } from './broadcast-form';
import type { FailureEvent } from './events';
import { smppTimeToIso, stateOf } from '../../text';
import { countDestinations, isMulti } from '../message/destinations';
import type { DirectRequest } from '../message/requests';
import type { FailureFields, MessageStatus, Outcome, ReceiptReport } from './outcome';
import { shownRecord, type ShownRecord } from './record-form';
import { unsuccessField } from './unsuccess-form';
import {
  infoField,
  labelled,
  statusFields,
  messageIdOf,
  pduFields,
  type DirectResponse,
  type Labelled,
  type Labels,
} from './wire-form';

/** What an answer to a query, cancel or replace resolves with. Throws {@link DeliveryError} where it is a refusal. */
export function directOutcome(answer: DirectResponse): Outcome {
  const { request, response } = answer;
  if (response.command_status !== 0) throw refusedDirectly(request, response);
  const fields = Object.assign(pduFields(response), broadcastFields(response));
  const message_id = messageIdOf(response);
  const facts = { ...fields, ...statusOf(fields), payload: fields, message_id };
  return managedOutcome(request, answer.msgid, facts);
}

/** What is told of a query, cancel or replace, whoever answered it. */
export function managedOutcome(
  of: Labelled & { readonly destination: string },
  msgid: string | undefined,
  facts: Partial<Outcome>,
): Outcome {
  const { id = '', correlationId, metadata, trace } = of;
  const outcome: Outcome = {
    payload: '',
    topic: of.destination,
    event: 'accepted',
    id,
    message_id: '',
    message_ids: [],
    segments: 0,
    command_status: '',
    attempts: 1,
    redelivered: false,
    ...facts,
  };
  return labelled(outcome, { correlationId, metadata, msgid, trace });
}

/** What a response to query_sm says, in words; nothing where it says no state. */
export function statusOf(response: Readonly<Record<string, unknown>>): MessageStatus | undefined {
  const { message_state: number, final_date: date, error_code } = response;
  if (typeof number !== 'number') return undefined;
  const { state, final } = stateOf(String(number));
  const status: MessageStatus = { state, final, message_state: number };
  if (typeof error_code === 'number') status.error_code = error_code;
  if (typeof date !== 'string') return status;
  status.final_date = date;
  const doneDate = date === '' ? undefined : smppTimeToIso(date);
  if (doneDate !== undefined) status.done_date = doneDate;
  return status;
}

/** The error of a request that was written and that no answer came to. */
export function unansweredError(
  { id = '' }: { readonly id?: string | undefined },
  { code, message }: SmppError,
): DeliveryError {
  const text = `${message}: whether the SMSC carried it out is not known, and it is not sent again`;
  const why = { code, maybe_carried_out: true } as const;
  return new DeliveryError(text, { ...noMessage(id), ...why, history: [] });
}

const noMessage = (id: string): Omit<FailedOutcome, 'code' | 'history'> => ({
  ...{ attempts: 1, message_ids: [], segments: 0 },
  ...{ redelivered: false, id },
});

export function acceptedOutcome(item: QueueItem, state: DeliveryState): Outcome {
  const message_ids = state.accepted.map((id) => id ?? '');
  const [message_id = ''] = message_ids;
  const outcome = outcomeOf(item, {
    payload: message_id,
    event: 'accepted',
    message_id,
    message_ids,
    command_status: 'ESME_ROK',
    command_status_code: 0,
    attempts: state.attempts + 1,
    redelivered: state.redelivered,
    ...(state.unsuccess && unsuccessField(state, item.segments.length)),
  });
  return state.partial ? Object.assign(outcome, state.partial) : outcome;
}

export function queuedOutcome(item: QueueItem): Outcome {
  const [event, message_id, command_status] = ['queued', '', ''] as const;
  const facts = { payload: item.id, event, message_id, message_ids: [], command_status };
  return outcomeOf(item, { ...facts, attempts: 0, redelivered: false });
}

function outcomeOf(item: QueueItem, facts: Omit<Outcome, 'topic' | 'id' | 'segments'>): Outcome {
  const outcome = facts as Outcome;
  outcome.topic = item.destination;
  outcome.segments = item.segments.length;
  if (isMulti(item)) {
    outcome.destinations = countDestinations(item);
    outcome.cost = outcome.destinations * outcome.segments;
  }
  return labelled(outcome, item);
}

/** A message failed for good. `outcome` says how. */
export class DeliveryError extends SmppError {
  /** What the event `failure` says of it, with the message's `id` and labels. */
  readonly outcome: FailedOutcome;

  /** `outcome.code` becomes the error's. */
  constructor(message: string, outcome: FailedOutcome) {
    super(outcome.code, message);
    this.outcome = outcome;
  }
}

/** What a {@link DeliveryError} says of its message. */
export type FailedOutcome = FailureFields & {
  /** The id that it was queued by. */
  id: string;
} & Omit<Labels, 'id' | 'msgid'>;

/** The error that ends the wait for the outcome of this message. */
export function deliveryError(text: string, failure: FailureFields, item: QueueItem): DeliveryError {
  const { id, correlationId, metadata, trace, session } = item;
  return new DeliveryError(text, labelled({ ...failure, id }, { correlationId, metadata, trace, session }));
}

/** Of several receipts: the worst, and all. */
export interface ReceiptFacts {
  readonly receipt: ReceiptReport;
  readonly receipts: ReceiptReport[];
}

export function deliveredOutcome(accepted: Outcome, receipts: ReceiptFacts): Outcome {
  return { ...accepted, event: 'delivered', ...receipts };
}

/** A message that was accepted and all the same is none that was delivered: how it stood when it was accepted. */
export function failedAfter(
  accepted: Outcome,
  why: Pick<FailureFields, 'code' | 'maybe_delivered'> & Partial<ReceiptFacts>,
): FailureFields {
  const { attempts, message_ids, segments, redelivered, command_status, unsuccess_sme } = accepted;
  const facts = {
    attempts,
    message_ids,
    segments,
    redelivered,
    ...statusFields(command_status),
    ...(unsuccess_sme && { unsuccess_sme }),
    history: [],
  };
  return { ...facts, ...why };
}

/** As much of a message as what is told of its failure needs. */
export type FailedMessage = Pick<
  QueueItem,
  | 'id'
  | 'command'
  | 'destination'
  | 'correlationId'
  | 'msgid'
  | 'metadata'
  | 'trace'
  | 'idempotency'
  | 'session'
> & {
  /** As many as it has. */
  readonly segments: { readonly length: number };
};

/** `state`: how its delivery stood; undefined: it never began. */
export function failureFields(
  item: Pick<FailedMessage, 'segments'>,
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
    ...(reason.field === undefined ? {} : { field: reason.field }),
    ...state?.partial,
    ...unsuccessField(state, item.segments.length),
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

/** The event of a message that failed. `state`: how its delivery stood; undefined: it never began. */
export function failureEvent(
  item: FailedMessage,
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
export type DeadLetterReport = FailureFields &
  Labels &
  Partial<ShownRecord> & {
    /** How it was, or was to be, sent. */
    command: string;
    /** The sender. */
    source_addr: string;
    /** The recipient. */
    destination_addr: string;
    /** For people. */
    reason: string;
    /** ISO 8601. */
    failed_at: string;
  };

export function deadLetterOf({ item, state, reason, failedAt, record }: DeadLetter): DeadLetterReport {
  return labelled(
    {
      ...failureFields(item, state, reason),
      command: item.command,
      source_addr: item.source,
      destination_addr: item.destination,
      reason: failureText(state, reason),
      failed_at: new Date(failedAt).toISOString(),
      ...(record ? shownRecord(record) : undefined),
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

function refusedDirectly({ command, id = '' }: DirectRequest, response: Pdu): DeliveryError {
  const { name, text, info } = refusalOf(response);
  const why = REFUSALS[name];
  const reason = why === undefined ? text : text.replace(`${name}: `, `${name}: ${why} `);
  return new DeliveryError(`the SMSC refused ${command} with ${reason}`, {
    ...noMessage(id),
    code: 'REFUSED',
    command_status: name,
    command_status_code: response.command_status,
    ...infoField(info),
    history: [],
  });
}

/** What refusals of requests about a message mean: the statuses say only what failed. */
const REFUSALS: Readonly<Record<string, string | undefined>> = {
  ESME_RQUERYFAIL:
    'It has no such message for this account and sender; it may keep it no longer, or the sender may be another than the message had.',
  ESME_RCANCELFAIL: 'The message is at its end already, or there is none of this id, account and sender.',
  ESME_RREPLACEFAIL: 'The message is at its end already, or there is none of this id, account and sender.',
};
