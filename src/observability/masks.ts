/** Fields that hold the number of a person. */
export const NUMBERS = [
  ...['source_addr', 'destination_addr', 'source', 'destination', 'dest_address', 'msisdn', 'msisdns'],
  ...['recipient', 'recipients', 'sender'],
];

/** A list of numbers, or octets in hexadecimal: what is printed of binary content. */
export const OCTETS = /<(?:Buffer|SlowBuffer)[^>]*>|\[\s*(?:\d{1,3},\s*){3,}[^\]]*\]/g;

/**
 * `+4915112345678` → `+49151******78`: enough to recognise, too little to dial. Numbers within a text too;
 * names and short codes stay.
 */
export function maskNumber(text: string): string {
  return text.replace(/\d{7,}/g, (digits) => {
    const head = Math.min(5, digits.length - 4);
    return digits.slice(0, head) + '*'.repeat(digits.length - head - 2) + digits.slice(-2);
  });
}
