import type { QueueItem } from '../../store';
import type { Outcome } from '../events/outcome';
import {
  DeliveryError,
  acceptedOutcome,
  deliveredOutcome,
  deliveryError,
  failureFields,
} from '../events/outcome-form';
import type { Completion } from './completion';
import { stateOf, type KeyRecord } from './key-records';
import { undeliveredError, worstOf } from './outcomes';

/** What is known of it already; undefined: nothing that ends the wait for `event`. */
export function toldOf(
  item: QueueItem,
  record: KeyRecord,
  event: Completion['event'],
): Outcome | Error | undefined {
  const { accepted, failed, receipts } = record;
  if (failed) return markDuplicate(deliveryError(failed.text, failed.fields, item));
  if (!accepted) return undefined;
  const outcome = asDuplicate(acceptedOutcome(item, stateOf(item, accepted)));
  if (event === 'accepted') return outcome;
  if (!receipts || receipts.length === 0) return undefined;
  const facts = { receipt: worstOf(receipts, ({ state }) => state ?? ''), receipts: [...receipts] };
  return facts.receipt.state === 'DELIVRD'
    ? deliveredOutcome(outcome, facts)
    : markDuplicate(undeliveredError(outcome, facts, item));
}

/** The key is another's by now, or nobody's. */
export function overError(item: QueueItem): Error {
  const text =
    'idempotencyTtl was over before the outcome of the message was known here; it may have been delivered';
  return deliveryError(text, failureFields(item, undefined, { code: 'OUTCOME_UNKNOWN', text }), item);
}

/** Told to a call that gave a known idempotency_key. */
export const asDuplicate = (outcome: Outcome): Outcome => ({ ...outcome, duplicate: true });

/** As {@link asDuplicate}, of a failure. */
export function markDuplicate(error: Error): Error {
  if (error instanceof DeliveryError) error.outcome.duplicate = true;
  return error;
}
