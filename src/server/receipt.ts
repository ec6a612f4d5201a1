import type { PduInputOf, Tlvs } from '../protocol';
import { MESSAGE_STATES, encodeText, type MessageStateName } from '../text';
import { addressOf, checkAddresses } from './deliver';

/** SMPP 3.4 section 5.2.12: the short message is a delivery receipt, or an intermediate notification. */
const IS_RECEIPT = 0x04;
const IS_INTERMEDIATE = 0x20;
/** Characters of an address in deliver_sm; data_sm allows more. */
const LONGEST_ADDRESS = 20;
/** Characters of a text that a receipt repeats. */
const TEXT_LENGTH = 20;

/** What has become of a message that was submitted. */
export interface DeliveryReceipt {
  /** What the submit was answered with. */
  readonly message_id: string;
  /** Default DELIVRD. */
  readonly state?: MessageStateName;
  /** Whom the message was for. */
  readonly source_addr: string;
  /** Type of number; default by the form of the number. */
  readonly source_addr_ton?: number;
  /** Numbering plan; default 0 beside a type of number that is given, else by the form of the number. */
  readonly source_addr_npi?: number;
  /** Who sent the message. */
  readonly destination_addr: string;
  /** Type of number; default by the form of the number. */
  readonly dest_addr_ton?: number;
  /** Numbering plan; default 0 beside a type of number that is given, else by the form of the number. */
  readonly dest_addr_npi?: number;
  /** Epoch milliseconds, a Date, or ISO 8601; default now. */
  readonly submit_date?: number | Date | string;
  /** When it reached its state, in the same forms; default now. */
  readonly done_date?: number | Date | string;
  /** Mostly three digits; default 000 where it was delivered, else 001. */
  readonly err?: string;
  /** The message; its first 20 characters are repeated. */
  readonly text?: string;
  /** More TLVs than receipted_message_id and message_state. */
  readonly tlvs?: Tlvs;
  /** Another one comes later; default false. */
  readonly intermediate?: boolean;
}

/** With a long address a data_sm, else a deliver_sm. */
export type ReceiptPdu = PduInputOf<'deliver_sm'> | PduInputOf<'data_sm'>;

/**
 * The deliver_sm (with a long address: data_sm) of a receipt, as SMPP 3.4 appendix B has it: with the usual text, times
 * in UTC, and with TLVs. `now`: epoch milliseconds.
 */
export function receiptPdu(receipt: DeliveryReceipt, now: number, defaultAlphabet = 'gsm0338'): ReceiptPdu {
  const { message_id, state = 'DELIVRD', source_addr, destination_addr, intermediate = false } = receipt;
  checkAddresses(receipt);
  const source = asGiven(source_addr, receipt.source_addr_ton, receipt.source_addr_npi);
  const destination = asGiven(destination_addr, receipt.dest_addr_ton, receipt.dest_addr_npi);
  const fields = {
    source_addr_ton: source.ton,
    source_addr_npi: source.npi,
    source_addr: source.addr,
    dest_addr_ton: destination.ton,
    dest_addr_npi: destination.npi,
    destination_addr: destination.addr,
    esm_class: intermediate ? IS_INTERMEDIATE : IS_RECEIPT,
  };
  const { octets } = encodeText(receiptText(receipt, state, now), {
    encoding: defaultAlphabet,
    unencodable: 'replace',
  });
  const tlvs = {
    receipted_message_id: message_id,
    message_state: MESSAGE_STATES.indexOf(state),
    ...receipt.tlvs,
  };
  const fits = Math.max(destination.addr.length, source.addr.length) <= LONGEST_ADDRESS;
  return fits
    ? { command: 'deliver_sm', ...fields, short_message: octets, tlvs }
    : { command: 'data_sm', ...fields, tlvs: { ...tlvs, message_payload: octets } };
}

/** What came with its type of number goes back as it came. */
function asGiven(addr: string, ton: number | undefined, npi: number | undefined) {
  return ton === undefined ? addressOf(addr, ton, npi) : { addr, ton, npi: npi ?? 0 };
}

function receiptText(receipt: DeliveryReceipt, state: MessageStateName, now: number): string {
  const { message_id, submit_date = now, done_date = now, text = '' } = receipt;
  const isDelivered = state === 'DELIVRD';
  const { err = isDelivered ? '000' : '001' } = receipt;
  return [
    `id:${message_id} sub:001 dlvrd:${isDelivered ? '001' : '000'}`,
    `submit date:${minutes(submit_date)} done date:${minutes(done_date)}`,
    `stat:${state} err:${err} text:${[...text].slice(0, TEXT_LENGTH).join('')}`,
  ].join(' ');
}

/** As `YYMMDDhhmm`, UTC. */
function minutes(time: number | Date | string): string {
  return new Date(time).toISOString().replace(/\D/g, '').slice(2, 12);
}
