import { HIGHEST_SEQUENCE_NUMBER, sayingFields, whole } from './fields';
import { treating, type SayingOccasion } from './saying';
import type { RuleKind } from './types';

/** Answers with another sequence_number than it was asked with: `{ type: 'wrong-sequence', every: 10 }`. */
export interface WrongSequenceRule extends SayingOccasion {
  readonly type: 'wrong-sequence';
  /** Default: far from the right one. */
  readonly sequence_number?: number;
}

export const wrongSequenceRule: RuleKind<WrongSequenceRule> = {
  fields: { sequence_number: whole(0, 0xffffffff), ...sayingFields },
  required: [],
  behaviour: ({ sequence_number: given, ...rule }) =>
    treating(rule, {
      sequence_number: (own) => given ?? ((own + 0x20000000) % HIGHEST_SEQUENCE_NUMBER) + 1,
    }),
};
