import { digits, flag, sayingFields } from './fields';
import { occasion } from './occasion';
import { treating, type SayingOccasion } from './saying';
import type { Occasion, RuleKind } from './types';

/**
 * Never answers: `{ type: 'silent', every: 10 }`. The link stays up, and what is not meant is answered. With `on`
 * other things than submits stay unanswered: `{ type: 'silent', on: 'enquire_link' }`.
 */
export interface SilentRule extends Occasion, SayingOccasion {
  readonly type: 'silent';
  /** Whether the message is sent all the same, as if only its response were lost; default false. */
  readonly taken?: boolean;
}

export const silentRule: RuleKind<SilentRule> = {
  fields: { taken: flag, destination: digits, ...sayingFields },
  required: [],
  behaviour(rule) {
    if (rule.on !== undefined && rule.on !== 'submit') return treating(rule, { silent: true });
    const applies = occasion(rule);
    const verdict = { silent: true, taken: rule.taken ?? false };
    return { onSubmit: ({ destinations }) => (applies(destinations) ? verdict : undefined) };
  },
};
