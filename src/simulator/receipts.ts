import { commandId, encodeBody, statusName } from '../protocol';
import { encodeText } from '../text';
import type { SmscContext } from './context';
import type { Recipient, TakenMessage } from './message-store';
import { minutes, stateNumber, type ReceiptState } from './receipt-states';

/** SMPP 3.4 section 5.2.12: the short message is a delivery receipt. */
const IS_RECEIPT = 0x04;
/** Characters of an address in deliver_sm; data_sm allows more. */
const LONGEST_ADDRESS = 20;
/** Characters of a text that a receipt repeats; a character may be two of a string's units. */
const TEXT_LENGTH = 20;
const REMEMBERED_TEXT = 2 * TEXT_LENGTH;

/** What a receipt needs of a text. In V8 a string that was cut out of another keeps all of that alive, hence a copy. */
export function beginningOf(text: string): string {
  if (text.length <= REMEMBERED_TEXT) return text;
  return Buffer.from(text.slice(0, REMEMBERED_TEXT), 'utf16le').toString('utf16le');
}

/** SMPP 3.4 section 5.2.17: for some outcome at least. */
export function asksForReceipt({ registered_delivery }: TakenMessage): boolean {
  return (registered_delivery & 0x03) !== 0;
}

/** Sends a message's receipts, where they are asked for, `delay` milliseconds from now. */
export function scheduleReceipts(message: TakenMessage, delay: number, smsc: SmscContext): void {
  // replace_sm may still ask for one; most messages that do not now never will.
  if (!asksForReceipt(message)) return;
  if (!smsc.messages.reserve(message)) return tellLost(message, smsc);
  smsc.scheduler.in(delay, () => {
    smsc.messages.release(message);
    const state = message.cancelledAt === undefined ? smsc.settings.receiptState : 'DELETED';
    if (!wantsReceipt(message.registered_delivery, state)) return;
    for (const recipient of message.recipients) queueReceipt(message, recipient, state, smsc);
  });
}

function tellLost({ message_id, system_id }: TakenMessage, { settings, events }: SmscContext): void {
  const { log, receiptState } = settings;
  const facts = { event: 'outbox', stage: 'full', system_id };
  log.warn(facts, `too many receipts are to come: that for a message of ${system_id} is lost`);
  events.emit('receipt', { message_id, system_id, stat: receiptState, command_status: undefined });
}

/** It comes from the recipient of the message. */
function queueReceipt(
  message: TakenMessage,
  { dest_addr_ton, dest_addr_npi, destination_addr }: Recipient,
  state: ReceiptState,
  { settings, deliveries, events }: SmscContext,
): void {
  const { message_id, system_id } = message;
  const { octets } = encodeText(receiptText(message, state), {
    encoding: settings.defaultAlphabet,
    unencodable: 'replace',
  });
  const tlvs = { receipted_message_id: message.receipt_id, message_state: stateNumber(state) };
  const fields = {
    source_addr_ton: dest_addr_ton,
    source_addr_npi: dest_addr_npi,
    source_addr: destination_addr,
    dest_addr_ton: message.source_addr_ton,
    dest_addr_npi: message.source_addr_npi,
    destination_addr: message.source_addr,
    esm_class: IS_RECEIPT,
  };
  const fits = Math.max(destination_addr.length, message.source_addr.length) <= LONGEST_ADDRESS;
  const pdu = fits
    ? ({ command: 'deliver_sm', ...fields, short_message: octets, tlvs } as const)
    : ({ command: 'data_sm', ...fields, tlvs: { ...tlvs, message_payload: octets } } as const);
  const body = encodeBody(pdu, { addressEncoding: 'latin1' });
  deliveries.add(system_id, commandId(pdu.command), body, (status) => {
    const command_status = status === undefined ? undefined : statusName(status);
    events.emit('receipt', { message_id, system_id, stat: state, command_status });
  });
}

/** The usual text of a receipt, SMPP 3.4 appendix B; times are UTC. */
function receiptText(message: TakenMessage, state: ReceiptState): string {
  const { receipt_id, submittedAt, cancelledAt, finalAt, text } = message;
  const isDelivered = state === 'DELIVRD';
  return [
    `id:${receipt_id} sub:001 dlvrd:${isDelivered ? '001' : '000'}`,
    `submit date:${minutes(submittedAt)} done date:${minutes(cancelledAt ?? finalAt)}`,
    `stat:${state} err:${isDelivered ? '000' : '001'} text:${[...text].slice(0, TEXT_LENGTH).join('')}`,
  ].join(' ');
}

/** SMPP 3.4 section 5.2.17, bits 1 and 0: always, on failure, or (5.0 section 4.7.21, reserved in 3.4) on success. */
function wantsReceipt(registeredDelivery: number, state: ReceiptState): boolean {
  const when = registeredDelivery & 0x03;
  return when < 2 ? when === 1 : (when === 3) === (state === 'DELIVRD');
}
