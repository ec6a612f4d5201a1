import { invalidField } from '../config/errors';

/** SMPP 3.4 section 5.2.17: when the SMSC is to send a receipt (bits 0 and 1). */
const RECEIPTS = Object.entries({ none: 0, final: 1, failure: 2, success: 3 });
/** Acknowledgements by the recipient's handset or user (bits 2 and 3). */
const ACKNOWLEDGEMENTS = Object.entries({ none: 0x00, delivery: 0x04, manual: 0x08, both: 0x0c });
const FINAL = 1;
const INTERMEDIATE = 0x10;
const RECEIPT_BITS = 0x03;

interface Wanted {
  readonly acknowledgement?: number | undefined;
  readonly intermediateNotification?: boolean | undefined;
}

/** The octet; `receipt` is what {@link receiptBits} read, by default a final receipt is asked for. */
export function registeredDelivery(receipt: unknown, options: Wanted): number {
  const { acknowledgement = 0, intermediateNotification } = options;
  const notification = intermediateNotification ? INTERMEDIATE : 0;
  return ((receipt as number | undefined) ?? FINAL) | acknowledgement | notification;
}

/** A number is taken as it is. */
export function receiptBits(given: unknown): number {
  const named = RECEIPTS.find(([name]) => name === given);
  if (named) return named[1];
  const value = typeof given === 'string' && given.trim() !== '' ? Number(given) : given;
  if (typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= 255) return value;
  throw unknown('registered_delivery', given, RECEIPTS);
}

export function acknowledgementBits(given: unknown): number {
  const named = ACKNOWLEDGEMENTS.find(([name]) => name === String(given));
  if (named) return named[1];
  throw unknown('sme_acknowledgement', given, ACKNOWLEDGEMENTS);
}

function unknown(field: string, given: unknown, names: readonly (readonly [string, number])[]): Error {
  const words = names.map(([name]) => name).join(', ');
  return invalidField(field, `${field} ${JSON.stringify(given)} is not known; give ${words}`);
}

export const wantsReceipt = (octet: number): boolean => (octet & RECEIPT_BITS) !== 0;
