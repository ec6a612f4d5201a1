import type { RuleKind } from './types';

/** Its requests, such as receipts, have sequence_number 0, and go one at a time: `{ type: 'zero-sequence' }`. */
export interface ZeroSequenceRule {
  readonly type: 'zero-sequence';
}

export const zeroSequenceRule: RuleKind<ZeroSequenceRule> = {
  fields: {},
  required: [],
  behaviour: () => ({ habits: { sequence_number: 0 } }),
};
