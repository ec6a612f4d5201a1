import { positive, whole } from './fields';
import type { RuleKind } from './types';

/** Answers so many submits that come together in reverse: `{ type: 'reorder', of: 4 }`. */
export interface ReorderRule {
  readonly type: 'reorder';
  readonly of: number;
  /** Between two answers; default 0.02. */
  readonly seconds?: number;
}

export const reorderRule: RuleKind<ReorderRule> = {
  fields: { of: whole(2, 1000), seconds: positive },
  required: ['of'],
  behaviour({ of, seconds = 0.02 }) {
    let seen = 0;
    return { onSubmit: () => ({ delay: (of - 1 - (seen++ % of)) * seconds * 1000 }) };
  },
};
