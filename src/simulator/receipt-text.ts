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

export interface ReceiptFacts {
  readonly messageId: string;
  readonly state: ReceiptState;
  /** Epoch milliseconds. */
  readonly submittedAt: number;
  readonly doneAt: number;
  readonly text: string;
}

const TEXT_LENGTH = 20;

/** The usual text of a receipt, SMPP 3.4 appendix B; times are UTC. */
export function receiptText({ messageId, state, submittedAt, doneAt, text }: ReceiptFacts): string {
  const delivered = state === 'DELIVRD';
  return [
    `id:${messageId}`,
    'sub:001',
    `dlvrd:${delivered ? '001' : '000'}`,
    `submit date:${minutes(submittedAt)}`,
    `done date:${minutes(doneAt)}`,
    `stat:${state}`,
    `err:${delivered ? '000' : '001'}`,
    `text:${[...text].slice(0, TEXT_LENGTH).join('')}`,
  ].join(' ');
}

/** `YYMMDDhhmm`. */
function minutes(time: number): string {
  return new Date(time).toISOString().replace(/\D/g, '').slice(2, 12);
}

/** The absolute time format of SMPP 3.4 section 7.1.1 in UTC: `YYMMDDhhmmss000+`. */
export function absoluteTime(time: number): string {
  return `${new Date(time).toISOString().replace(/\D/g, '').slice(2, 14)}000+`;
}

/** SMPP 3.4 section 5.2.17, bits 1 and 0: whether a receipt for this outcome is asked for. */
export function wantsReceipt(registeredDelivery: number, state: ReceiptState): boolean {
  switch (registeredDelivery & 0x03) {
    case 0:
      return false;
    case 1:
      return true;
    case 2:
      return state !== 'DELIVRD';
    default: // Only on success: 5.0 section 4.7.21; reserved in 3.4.
      return state === 'DELIVRD';
  }
}
