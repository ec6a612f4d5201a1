import { randomUUID } from 'node:crypto';
import { choice } from './fields';
import type { RuleKind } from './types';

const FORMATS = {
  decimal: (digits: string) => digits,
  /** With leading zeros. */
  padded: (digits: string) => digits.padStart(20, '0'),
  hex: (digits: string) => hexOf(digits),
  HEX: (digits: string) => hexOf(digits).toUpperCase(),
} as const;

export type IdFormat = keyof typeof FORMATS;

/** How message_ids look: `{ type: 'ids', response: 'hex', receipt: 'decimal' }`, or `{ type: 'ids', response: 'uuid' }`. */
export interface IdsRule {
  readonly type: 'ids';
  readonly response: IdFormat | 'uuid';
  /** The same id in the receipt; default: as in the response. A UUID has no other form. */
  readonly receipt?: IdFormat;
}

export const idsRule: RuleKind<IdsRule> = {
  fields: { response: choice([...Object.keys(FORMATS), 'uuid']), receipt: choice(Object.keys(FORMATS)) },
  required: ['response'],
  behaviour({ response, receipt }) {
    if (response === 'uuid') return { habits: { responseId: () => randomUUID() } };
    const receiptId = receipt === undefined ? {} : { receiptId: FORMATS[receipt] };
    return { habits: { responseId: FORMATS[response], ...receiptId } };
  },
};

/** An id of a user's own that has other characters than digits stays as it is. */
function hexOf(digits: string): string {
  return /^\d+$/.test(digits) ? BigInt(digits).toString(16) : digits;
}
