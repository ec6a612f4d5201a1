import type { CorrelationEntry, DeadLetter, QueueItem } from '../../store';
import type { ManagedRequest } from '../message/managed';
import { badness } from './badness';
import type { Outcome, SegmentStatus } from './outcome';
import { failureFields, managedOutcome } from './outcome-form';

/** What a query, cancel or replace of a message of ours says, where that is not one response alone. */

/** The answer about one message_id. */
export interface Part {
  readonly messageId: string;
  /** What is known of it. */
  readonly entry: CorrelationEntry | undefined;
  readonly outcome: Outcome;
}

/** Of one message_id its answer; of several the worst, with how each stands. */
export function queryOutcome(
  request: ManagedRequest,
  msgid: string | undefined,
  parts: readonly Part[],
): Outcome {
  const states = parts.flatMap(({ messageId, entry, outcome }, at): SegmentStatus[] => {
    const { state, final, message_state, final_date, done_date, error_code } = outcome;
    if (state === undefined) return [];
    const status: SegmentStatus = {
      segment: entry?.segment ?? at,
      message_id: messageId,
      state,
      final: final === true,
    };
    if (message_state !== undefined) status.message_state = message_state;
    if (final_date !== undefined) status.final_date = final_date;
    if (done_date !== undefined) status.done_date = done_date;
    if (error_code !== undefined) status.error_code = error_code;
    return [status];
  });
  const worst = parts.reduce((one, other) => (badnessOf(other) > badnessOf(one) ? other : one)).outcome;
  const message_ids = parts.map(({ messageId }) => messageId);
  const segments = parts[0]?.entry?.segments ?? parts.length;
  if (parts.length === 1) return { ...worst, message_ids, segments };
  const [message_id = ''] = message_ids;
  const final = states.every((one) => one.final);
  return managedOutcome({ ...request, id: worst.id, destination: worst.topic }, msgid, {
    ...worst,
    message_id,
    message_ids,
    segments,
    states,
    final,
    payload: states,
  });
}

const badnessOf = ({ outcome }: Part): number => badness(outcome.state ?? '');

/** A message that the SMSC does not have yet: it was not asked. */
export function waitingOutcome(
  request: ManagedRequest,
  msgid: string | undefined,
  item: QueueItem,
  state: string,
): Outcome {
  const { id, destination, segments } = item;
  const status = { state, final: false };
  const facts = { ...status, payload: status, command: request.command, segments: segments.length };
  return managedOutcome({ ...request, id, destination }, msgid, { ...facts, attempts: 0 });
}

/** One that failed before the SMSC had it. */
export function failedOutcome(
  request: ManagedRequest,
  msgid: string | undefined,
  letter: DeadLetter,
): Outcome {
  const { item, state, reason, failedAt } = letter;
  const failure = failureFields(item, state, reason);
  const status = {
    state: 'FAILED',
    final: true,
    done_date: new Date(failedAt).toISOString(),
    code: failure.code,
  };
  const facts = { ...failure, ...status, payload: status, command: request.command };
  return managedOutcome({ ...request, id: item.id, destination: item.destination }, msgid, facts);
}

/** A message that was taken back before the SMSC had anything of it, or is to be. */
export function cancelledOutcome(
  request: ManagedRequest,
  msgid: string | undefined,
  { where }: { readonly where: 'queue' | 'smsc' | 'when-taken' },
  message_ids: string[],
): Outcome {
  const facts = { payload: where, cancelled: where, command: request.command, message_ids, attempts: 0 };
  return managedOutcome({ ...request, id: request.id ?? '', destination: '' }, msgid, facts);
}
