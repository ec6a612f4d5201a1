import type { DeliveryState, QueueItem } from './types';

const HISTORY_KEPT = 20;

export function newDeliveryState(item: QueueItem): DeliveryState {
  return {
    attempts: 0,
    redeliveries: 0,
    lostLinks: 0,
    redelivered: false,
    accepted: item.segments.map(() => null),
    history: [],
  };
}

/** Whether nothing happened yet, so that there is nothing to write back. */
export function isUntouched(state: DeliveryState): boolean {
  return (
    state.attempts === 0 &&
    state.redeliveries === 0 &&
    state.lostLinks === 0 &&
    !state.redelivered &&
    state.onTheWire === undefined &&
    state.history.length === 0 &&
    state.accepted.every((messageId) => messageId === null)
  );
}

/** The state as it is now; what its holder does to it later is not seen. */
export function copyDeliveryState(state: DeliveryState): DeliveryState {
  return { ...state, accepted: [...state.accepted], history: state.history.slice(-HISTORY_KEPT) };
}

/** A message that failed for good, made ready to be sent once more. */
export function revive(
  item: QueueItem,
  state: DeliveryState,
  now: number,
  expiresAt: number | undefined,
): Revived {
  const fresh: QueueItem = { ...item, enqueuedAt: now, expiresAt };
  const seenBefore = state.redelivered || state.accepted.some((messageId) => messageId !== null);
  return { item: fresh, state: { ...newDeliveryState(fresh), redelivered: seenBefore } };
}

export interface Revived {
  readonly item: QueueItem;
  readonly state: DeliveryState;
}
