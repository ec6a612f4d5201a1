import type { LogLine } from '../observability';
import { COMMANDS, encodeBody, statusName } from '../protocol';
import { receiptPdu } from '../server';
import type { SmscContext } from './context';
import type { Recipient, TakenMessage } from './message-store';
import type { ReceiptState } from './receipt-states';

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
  const facts = { event: 'outbox', stage: 'full', system_id } satisfies LogLine;
  log.warn(facts, `too many receipts are to come: that for a message of ${system_id} is lost`);
  events.emit('receipt', { message_id, system_id, stat: receiptState, command_status: undefined });
}

/** It comes from the recipient of the message. */
function queueReceipt(
  message: TakenMessage,
  { dest_addr_ton, dest_addr_npi, destination_addr }: Recipient,
  state: ReceiptState,
  { settings, deliveries, events, clock }: SmscContext,
): void {
  const { message_id, system_id } = message;
  const pdu = receiptPdu(
    {
      message_id: message.receipt_id,
      state,
      source_addr_ton: dest_addr_ton,
      source_addr_npi: dest_addr_npi,
      source_addr: destination_addr,
      dest_addr_ton: message.source_addr_ton,
      dest_addr_npi: message.source_addr_npi,
      destination_addr: message.source_addr,
      submit_date: message.submittedAt,
      done_date: message.cancelledAt ?? message.finalAt,
      text: message.text,
    },
    clock.now(),
    settings.defaultAlphabet,
  );
  const body = encodeBody(pdu, { addressEncoding: 'latin1' });
  deliveries.add(system_id, COMMANDS[pdu.command].id, body, (status) => {
    const command_status = status === undefined ? undefined : statusName(status);
    events.emit('receipt', { message_id, system_id, stat: state, command_status });
  });
}

/** SMPP 3.4 section 5.2.17, bits 1 and 0: always, on failure, or (5.0 section 4.7.21, reserved in 3.4) on success. */
function wantsReceipt(registeredDelivery: number, state: ReceiptState): boolean {
  const when = registeredDelivery & 0x03;
  return when < 2 ? when === 1 : (when === 3) === (state === 'DELIVRD');
}
