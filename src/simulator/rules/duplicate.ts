import { sayingFields, whole } from './fields';
import { treating, type SayingOccasion } from './saying';
import type { RuleKind } from './types';

/** Answers more than once: `{ type: 'duplicate', every: 2 }`. */
export interface DuplicateRule extends SayingOccasion {
  readonly type: 'duplicate';
  /** How often it says it again; default 1. */
  readonly copies?: number;
}

export const duplicateRule: RuleKind<DuplicateRule> = {
  fields: { copies: whole(1, 100), ...sayingFields },
  required: [],
  behaviour: (rule) => treating(rule, { copies: rule.copies ?? 1 }),
};
