import { digits, positive, sayingFields } from './fields';
import { occasion } from './occasion';
import { treating, type SayingOccasion } from './saying';
import type { Occasion, RuleKind } from './types';

/**
 * Answers submits late: `{ type: 'slow', seconds: 2 }`. With `every`, answers overtake one another; with `on`,
 * other things are late.
 */
export interface SlowRule extends Occasion, SayingOccasion {
  readonly type: 'slow';
  readonly seconds: number;
}

export const slowRule: RuleKind<SlowRule> = {
  fields: { seconds: positive, destination: digits, ...sayingFields },
  required: ['seconds'],
  behaviour(rule) {
    const delay = rule.seconds * 1000;
    if (rule.on !== undefined && rule.on !== 'submit') return treating(rule, { delay });
    const applies = occasion(rule);
    return { onSubmit: ({ destinations }) => (applies(destinations) ? { delay } : undefined) };
  },
};
