import { occasionFields, positive } from './fields';
import { occasion } from './occasion';
import type { Occasion, RuleKind } from './types';

/** Answers submits late: `{ type: 'slow', seconds: 2 }`. With `every`, answers overtake one another. */
export interface SlowRule extends Occasion {
  readonly type: 'slow';
  readonly seconds: number;
}

export const slowRule: RuleKind<SlowRule> = {
  fields: { seconds: positive, ...occasionFields },
  required: ['seconds'],
  behaviour(rule) {
    const applies = occasion(rule);
    const verdict = { delay: rule.seconds * 1000 };
    return { onSubmit: ({ destinations }) => (applies(destinations) ? verdict : undefined) };
  },
};
