import { choice, codeOf, kind, refusal, words } from './fields';

type IdFormat = 'decimal' | 'padded' | 'hex' | 'HEX';

const FORMATS: Readonly<Record<IdFormat, (digits: string) => string>> = {
  decimal: (digits) => digits,
  /** With leading zeros. */
  padded: (digits) => digits.padStart(20, '0'),
  hex: (digits) => hexOf(digits),
  HEX: (digits) => hexOf(digits).toUpperCase(),
};
const FORMAT_NAMES = Object.keys(FORMATS) as IdFormat[];

/** What the SMSC does always. */
export const HABIT_RULES = {
  /** How message_ids look: `{ type: 'ids', response: 'hex', receipt: 'decimal' }`, or `{ type: 'ids', response: 'uuid' }`. */
  ids: kind(
    { response: choice([...FORMAT_NAMES, 'uuid']) },
    {
      /** The same id in the receipt; default: as in the response. A UUID has no other form. */
      receipt: choice(FORMAT_NAMES),
    },
    ({ response, receipt }, random) => {
      if (response === 'uuid') return { habits: { responseId: () => uuid(random) } };
      const receiptId = receipt === undefined ? {} : { receiptId: FORMATS[receipt] };
      return { habits: { responseId: FORMATS[response], ...receiptId } };
    },
  ),

  /** Its requests, such as receipts, have sequence_number 0, and go one at a time: `{ type: 'zero-sequence' }`. */
  'zero-sequence': kind({}, {}, () => ({ habits: { sequence_number: 0 } })),

  /** Its bind responses have no sc_interface_version, as those of many SMSCs: `{ type: 'no-version' }`. */
  'no-version': kind({}, {}, () => ({ habits: { hidesVersion: true } })),

  /** It cannot broadcast to an area: `{ type: 'bad-area', area: 'Atlantis' }`. Of several areas the others are reached. */
  'bad-area': kind(
    {
      /** The alias of the area; `*`: every one. */
      area: words,
    },
    {
      /** What it says of the area; default ESME_RINVBCASTALIAS_NAME. */
      status: refusal,
    },
    ({ area, status = 'ESME_RINVBCASTALIAS_NAME' }) => {
      const code = codeOf(status);
      return { habits: { badArea: (alias) => (area === '*' || area === alias ? code : undefined) } };
    },
  ),
};

/** An id of a user's own that has other characters than digits stays as it is. */
function hexOf(digits: string): string {
  return /^\d+$/.test(digits) ? BigInt(digits).toString(16) : digits;
}

/** Version 4. */
function uuid(random: () => number): string {
  return 'xxxxxxxx-xxxx-4xxx-yxxx-xxxxxxxxxxxx'.replace(/[xy]/g, (place) => {
    const digit = Math.floor(random() * 16);
    return (place === 'x' ? digit : (digit & 0x3) | 0x8).toString(16);
  });
}
