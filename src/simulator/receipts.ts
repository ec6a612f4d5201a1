import { commandId, encodeBody, statusName, type PduInputOf } from '../protocol';
import { encodeText } from '../text';
import type { Centre } from './centre';
import { receiptText, stateNumber, wantsReceipt, type ReceiptState } from './receipt-text';
import type { Recipient, TakenMessage } from './register';

/** SMPP 3.4 section 5.2.12: the short message is a delivery receipt. */
const IS_RECEIPT = 0x04;
/** Of deliver_sm; data_sm allows more. */
const LONGEST_ADDRESS = 20;

/** Sees to it that a message's receipts go out, `delay` milliseconds from now, where they are asked for. */
export function scheduleReceipts(message: TakenMessage, delay: number, centre: Centre): void {
  // replace_sm may still ask for one; most messages that do not now never will.
  if ((message.registered_delivery & 0x03) === 0) return;
  if (!centre.register.promise(message)) return tellLost(message, centre);
  centre.agenda.in(delay, () => {
    centre.register.kept(message);
    const state = message.cancelledAt === undefined ? centre.settings.receiptState : 'DELETED';
    if (!wantsReceipt(message.registered_delivery, state)) return;
    for (const recipient of message.recipients) postReceipt(message, recipient, state, centre);
  });
}

function tellLost({ message_id, system_id }: TakenMessage, centre: Centre): void {
  const { log, receiptState } = centre.settings;
  const facts = { event: 'outbox', stage: 'full', system_id };
  log.warn(facts, `too many receipts are to come: that for a message of ${system_id} is lost`);
  centre.events.emit('receipt', { message_id, system_id, stat: receiptState, command_status: undefined });
}

function postReceipt(message: TakenMessage, recipient: Recipient, state: ReceiptState, centre: Centre): void {
  const { message_id, system_id } = message;
  const pdu = receiptPdu(message, recipient, state, centre);
  centre.outbox.post(system_id, {
    commandId: commandId(pdu.command),
    body: encodeBody(pdu, { addressEncoding: 'latin1' }),
    settled: (status) => {
      const command_status = status === undefined ? undefined : statusName(status);
      centre.events.emit('receipt', { message_id, system_id, stat: state, command_status });
    },
  });
}

/** It comes from whom the message went to. */
function receiptPdu(
  message: TakenMessage,
  recipient: Recipient,
  state: ReceiptState,
  centre: Centre,
): PduInputOf<'deliver_sm'> | PduInputOf<'data_sm'> {
  const fields = {
    source_addr_ton: recipient.dest_addr_ton,
    source_addr_npi: recipient.dest_addr_npi,
    source_addr: recipient.destination_addr,
    dest_addr_ton: message.source_addr_ton,
    dest_addr_npi: message.source_addr_npi,
    destination_addr: message.source_addr,
    esm_class: IS_RECEIPT,
  };
  const tlvs = { receipted_message_id: message.receipt_id, message_state: stateNumber(state) };
  const octets = receiptOctets(message, state, centre);
  const fits = Math.max(fields.source_addr.length, fields.destination_addr.length) <= LONGEST_ADDRESS;
  return fits
    ? { command: 'deliver_sm', ...fields, short_message: octets, tlvs }
    : { command: 'data_sm', ...fields, tlvs: { ...tlvs, message_payload: octets } };
}

function receiptOctets(message: TakenMessage, state: ReceiptState, centre: Centre): Buffer {
  const { receipt_id: messageId, submittedAt, text, cancelledAt, finalAt } = message;
  const { defaultAlphabet: encoding } = centre.settings;
  const written = receiptText({ messageId, state, submittedAt, doneAt: cancelledAt ?? finalAt, text });
  return encodeText(written, { encoding, unencodable: 'replace' }).octets;
}
