import { MESSAGE_STATES, type MessageStateName } from '../text';

/** What can become of a message in the end. */
export type ReceiptState = Exclude<MessageStateName, 'SCHEDULED' | 'ENROUTE'>;

export const RECEIPT_STATES = MESSAGE_STATES.filter(
  (state): state is ReceiptState => state !== 'SCHEDULED' && state !== 'ENROUTE',
);

/** The value of the TLV and field message_state. */
export function stateNumber(state: MessageStateName): number {
  return MESSAGE_STATES.indexOf(state);
}

/** Epoch milliseconds in the absolute time format of SMPP 3.4 section 7.1.1, UTC: `YYMMDDhhmmss000+`. */
export function absoluteTime(time: number): string {
  return `${new Date(time).toISOString().replace(/\D/g, '').slice(2, 14)}000+`;
}
