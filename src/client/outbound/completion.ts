import { SmppError } from '../../protocol';
import type { QueueItem } from '../../store';
import { MessageError } from '../config/errors';
import type { CompleteWhen } from './outcomes';

/** How long a call waits. */
export interface WaitOptions {
  /**
   * Ends the waiting: the call rejects with its reason. A message that waits for its turn or for room is not queued then;
   * one that the queue has, or was just given, stays there and is sent.
   */
  signal?: AbortSignal | undefined;
}

/** How one or several messages are sent. */
export interface SendOptions extends WaitOptions {
  /** When the promise resolves; default `accepted`. */
  completeWhen?: CompleteWhen;
  /** With `delivered`: how many seconds to wait for the receipts; default 86,400. */
  deliveredTimeout?: number;
  /** A label for whoever gave it: comes back with every event of the message as `msgid`. */
  msgid?: string;
}

const DEFAULT_DELIVERED_TIMEOUT = 86_400;
/** Seconds: Node's timers hold no more than 31 bits of milliseconds. */
const LONGEST_TIMEOUT = 2_000_000;

/** Throws {@link MessageError} where nobody would ever know that the message was delivered. */
export function checkReceipt(item: QueueItem): void {
  if (item.receiptRequested) return;
  const text =
    'no receipt is asked for, so nobody will know when the message is delivered; ' +
    'set registered_delivery to final, or complete when accepted';
  throw new MessageError('INVALID_FIELD', 'registered_delivery', text);
}

/** When the outcome of a message is told; `deliveredTimeout` in milliseconds. */
export interface Completion {
  readonly event: 'accepted' | 'delivered';
  readonly deliveredTimeout: number;
  readonly signal: AbortSignal | undefined;
}

/** Undefined: when it is queued. */
export function completionOf({
  completeWhen: event = 'accepted',
  deliveredTimeout: seconds = DEFAULT_DELIVERED_TIMEOUT,
  signal,
}: SendOptions): Completion | undefined {
  if (event === 'queued') return undefined;
  if (seconds >= 0 && seconds <= LONGEST_TIMEOUT) return { event, deliveredTimeout: seconds * 1000, signal };
  const text = `deliveredTimeout ${String(seconds)}: give seconds, from 0 to ${LONGEST_TIMEOUT}`;
  throw new SmppError('INVALID_OPTION', text);
}
