import { MessageError } from '../config/errors';

/** SMPP 3.4 section 5.2.17: when the SMSC is to send a receipt (bits 0 and 1). */
const RECEIPTS = new Map([
  ['none', 0],
  ['final', 1],
  ['failure', 2],
  ['success', 3],
]);
/** Acknowledgements by the recipient's handset or user (bits 2 and 3). */
const ACKNOWLEDGEMENTS = new Map([
  ['none', 0x00],
  ['delivery', 0x04],
  ['manual', 0x08],
  ['both', 0x0c],
]);
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
  return (
    ((receipt as number | undefined) ?? FINAL) |
    acknowledgement |
    (intermediateNotification ? INTERMEDIATE : 0)
  );
}

/** A number is taken as it is. */
export function receiptBits(given: unknown): number {
  const named = typeof given === 'string' ? RECEIPTS.get(given) : undefined;
  if (named !== undefined) return named;
  const value = typeof given === 'string' && given.trim() !== '' ? Number(given) : given;
  if (typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= 255) return value;
  throw unknown('registered_delivery', given, RECEIPTS);
}

export function acknowledgementBits(given: unknown): number {
  const bits = ACKNOWLEDGEMENTS.get(String(given));
  if (bits === undefined) throw unknown('sme_acknowledgement', given, ACKNOWLEDGEMENTS);
  return bits;
}

function unknown(field: string, given: unknown, names: ReadonlyMap<string, number>): MessageError {
  const text = `${field} ${JSON.stringify(given)} is not known; give ${[...names.keys()].join(', ')}`;
  return new MessageError('INVALID_FIELD', field, text);
}

export function wantsReceipt(octet: number): boolean {
  return (octet & RECEIPT_BITS) !== 0;
}
