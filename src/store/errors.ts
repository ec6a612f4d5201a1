import { nextTurn, type Clock } from '../clock';
import { guarded } from '../observability';
import { SmppError } from '../protocol';
import type { DeadReason, DeliveryState, KnownStates, PurgeOptions, QueueItem, QueueLimits } from './types';

/** Why what a purge removes has failed. */
export const PURGED: DeadReason = { code: 'REMOVED', text: 'removed from the queue by purge' };

export function storeClosed(): SmppError {
  return new SmppError(
    'STORE_CLOSED',
    'The store is closed: its connection has stopped. Start the connection again.',
    { retriable: true },
  );
}

/** The error of a store that has no file: `NOT_SUPPORTED`. */
export function nothingToCompact(): SmppError {
  return new SmppError(
    'NOT_SUPPORTED',
    'This queue has no file that could be compacted: only one of kind "disk" has. What is removed from memory is gone; ' +
      'of what another store keeps of it, see its own manual.',
  );
}

/** Whether `count` more go in beside `used`. */
export function fits({ capacity }: QueueLimits, used: number, count: number): boolean {
  return capacity === 0 || used + count <= capacity;
}

/** Why `count` more do not go in beside `used`, or undefined when they do. */
export function queueFull(limits: QueueLimits, used: number, count: number): SmppError | undefined {
  const { capacity } = limits;
  if (fits(limits, used, count)) return undefined;
  if (count > capacity) return neverFits(limits, count);
  return new SmppError(
    'QUEUE_FULL',
    `The queue holds ${used} of at most ${capacity} messages (queueCapacity), so ${count} more do not fit; ` +
      'nothing was queued. Send again when it has drained, raise queueCapacity, or set whenFull to ' +
      '"drop-oldest" or "wait".',
    { retriable: true },
  );
}

/** Calls `onDropped`; an error of it becomes a warning of the process. */
export function tellDropped({ onDropped }: QueueLimits, dropped: readonly Gone[]): void {
  if (dropped.length > 0 && onDropped) guarded(onDropped, warn)(...itemsAndStates(dropped));
}

/** A message that was removed. */
export interface Gone {
  readonly item: QueueItem;
  readonly state: DeliveryState | undefined;
}

function itemsAndStates(gone: readonly Gone[]): [items: QueueItem[], states: KnownStates] {
  return [gone.map(({ item }) => item), gone.map(({ state }) => state)];
}

const AT_ONCE = 1000;

/** Calls `onRemoved` in chunks, and awaits each call; an error of it becomes a warning of the process. */
export async function tellRemoved(
  { onRemoved }: PurgeOptions,
  removed: readonly Gone[],
  clock: Clock,
): Promise<void> {
  for (let at = 0; onRemoved && at < removed.length; at += AT_ONCE) {
    if (at > 0) await nextTurn(clock);
    try {
      await onRemoved(...itemsAndStates(removed.slice(at, at + AT_ONCE)));
    } catch (error) {
      warn(error);
    }
  }
}

const warn = (error: unknown): void => process.emitWarning(error instanceof Error ? error : String(error));

/** A batch that no amount of waiting or dropping makes room for. */
export function neverFits(limits: QueueLimits, count: number): SmppError {
  return new SmppError(
    'QUEUE_FULL',
    `A batch of ${count} messages is larger than queueCapacity (${limits.capacity}); nothing was queued. ` +
      'Send smaller batches or raise queueCapacity.',
  );
}
