import { HIGHEST_SEQUENCE_NUMBER, sayingFields } from './fields';
import { treating, type SayingOccasion } from './saying';
import type { RuleKind } from './types';

/** Sends responses that nobody asked for before those that are due: `{ type: 'unsolicited', every: 5 }`. */
export interface UnsolicitedRule extends SayingOccasion {
  readonly type: 'unsolicited';
}

/** Half of all numbers away from those in use. */
const elsewhere = (own: number): number => ((own + 0x40000000) % HIGHEST_SEQUENCE_NUMBER) + 1;

export const unsolicitedRule: RuleKind<UnsolicitedRule> = {
  fields: sayingFields,
  required: [],
  behaviour: (rule) => treating(rule, { before: elsewhere }),
};
