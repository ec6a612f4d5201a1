import { SmppError, commandFacts, didYouMean } from '../../protocol';
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
  if (!commandFacts(item.command).receipt) {
    const text =
      `${item.command} has no receipts, so nobody will be told when it is delivered; ` +
      'complete when accepted, and ask for its state';
    throw new MessageError('INVALID_FIELD', 'completeWhen', text);
  }
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

const EVENTS: readonly unknown[] = ['accepted', 'queued', 'delivered'] satisfies CompleteWhen[];
const NAMES: Readonly<Record<keyof SendOptions, true>> = {
  signal: true,
  completeWhen: true,
  deliveredTimeout: true,
  msgid: true,
};

/** Undefined: when it is queued. Throws `INVALID_OPTION`. */
export function completionOf(options: SendOptions): Completion | undefined {
  for (const name in options)
    if (!Object.hasOwn(NAMES, name))
      throw invalid(`there is no option "${name}"${didYouMean(name, Object.keys(NAMES))}`);
  const { completeWhen: event = 'accepted', deliveredTimeout: seconds = DEFAULT_DELIVERED_TIMEOUT } = options;
  // A promise that waits for anything else would never be settled.
  if (!EVENTS.includes(event))
    throw invalid(`completeWhen ${JSON.stringify(event)}: give ${EVENTS.join(', ')}`);
  if (event === 'queued') return undefined;
  if (seconds >= 0 && seconds <= LONGEST_TIMEOUT)
    return { event, deliveredTimeout: seconds * 1000, signal: options.signal };
  throw invalid(`deliveredTimeout ${String(seconds)}: give seconds, from 0 to ${LONGEST_TIMEOUT}`);
}

function invalid(text: string): SmppError {
  return new SmppError('INVALID_OPTION', text);
}
