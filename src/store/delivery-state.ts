import type { DeliveryState, Lease, QueueItem } from './types';
import type { Unsuccess } from './unsuccess';

const HISTORY_KEPT = 20;
/** Destinations of one request, twice: an SMSC may list some that it was not sent. */
const UNSUCCESS_KEPT = 510;

/** The state of a message that was never sent. */
export function newDeliveryState(item: QueueItem): DeliveryState {
  return {
    attempts: 0,
    redeliveries: 0,
    lostLinks: 0,
    redelivered: false,
    accepted: new Array<string | null>(item.segments.length).fill(null),
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
    state.alsoAccepted === undefined &&
    state.unsuccess === undefined &&
    state.history.length === 0 &&
    state.accepted.every((messageId) => messageId === null)
  );
}

/** The state as it is now; what its holder does to it later is not seen. */
export function copyDeliveryState(state: DeliveryState): DeliveryState {
  const copy = { ...state, accepted: [...state.accepted], history: state.history.slice(-HISTORY_KEPT) };
  if (copy.alsoAccepted) copy.alsoAccepted = [...copy.alsoAccepted];
  if (copy.unsuccess) copy.unsuccess = [...copy.unsuccess];
  return copy;
}

/** What a lease of a message begins with; `state`: what its queue has of it. */
export function stateToLease(item: QueueItem, state: DeliveryState | undefined): DeliveryState {
  return state ? copyDeliveryState(state) : newDeliveryState(item);
}

/** What a queue keeps of a lease that ends without the message; undefined: nothing happened. */
export function stateToKeep(state: DeliveryState): DeliveryState | undefined {
  return isUntouched(state) ? undefined : copyDeliveryState(state);
}

/** The SMSC has accepted a transmission of a segment, the first one or another. */
export function acceptSegment(state: DeliveryState, segment: number, messageId: string): void {
  if (state.accepted[segment] == null) {
    state.accepted[segment] = messageId;
    return;
  }
  const others = state.alsoAccepted ?? [];
  if (messageId === '' || state.accepted.includes(messageId) || others.includes(messageId)) return;
  state.alsoAccepted = [...others, messageId].slice(-HISTORY_KEPT);
}

/** The SMSC did not take these destinations of submit_multi; of each the reason that was given first counts. */
export function addUnsuccess(state: DeliveryState, refused: readonly Unsuccess[]): void {
  if (refused.length === 0) return;
  const all = (state.unsuccess ??= []);
  const places = new Map(all.map(({ destination_addr: address }, at) => [address, at]));
  for (const one of refused) {
    const at = places.get(one.destination_addr);
    const known = at === undefined ? undefined : all[at];
    if (at !== undefined && known) all[at] = { ...known, segments: merged(known.segments, one.segments) };
    else if (all.length < UNSUCCESS_KEPT) places.set(one.destination_addr, all.push(one) - 1);
  }
}

const merged = (some: readonly number[], others: readonly number[]): number[] =>
  [...new Set([...some, ...others])].sort((a, b) => a - b);

/** Whether the SMSC has accepted every segment. */
export function isAccepted({ item, state }: Pick<Lease, 'item' | 'state'>): boolean {
  for (let at = 0; at < item.segments.length; at++) if (state.accepted[at] == null) return false;
  return true;
}

/** All message_ids that the SMSC has given to transmissions of a message. */
export function messageIdsOf({ accepted, alsoAccepted = [] }: DeliveryState): string[] {
  return [...accepted.filter((id) => id !== null), ...alsoAccepted];
}

/** A message that failed for good, made ready to be sent once more. */
export function revive(
  item: QueueItem,
  state: DeliveryState,
  now: number,
  expiresAt: number | undefined,
): Revived {
  const fresh: QueueItem = { ...item, enqueuedAt: now, expiresAt };
  const known = messageIdsOf(state).slice(-HISTORY_KEPT);
  const revived = { ...newDeliveryState(fresh), redelivered: state.redelivered || known.length > 0 };
  return { item: fresh, state: known.length > 0 ? { ...revived, alsoAccepted: known } : revived };
}

export interface Revived {
  readonly item: QueueItem;
  readonly state: DeliveryState;
}
