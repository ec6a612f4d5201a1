import { flag, occasionFields } from './fields';
import { occasion } from './occasion';
import type { Occasion, RuleKind } from './types';

/** Never answers: `{ type: 'silent', every: 10 }`. The link stays up, enquire_link is answered. */
export interface SilentRule extends Occasion {
  readonly type: 'silent';
  /** Whether the message is sent all the same, as if only its response were lost; default false. */
  readonly taken?: boolean;
}

export const silentRule: RuleKind<SilentRule> = {
  fields: { taken: flag, ...occasionFields },
  required: [],
  behaviour(rule) {
    const applies = occasion(rule);
    const verdict = { silent: true, taken: rule.taken ?? false };
    return { onSubmit: ({ destinations }) => (applies(destinations) ? verdict : undefined) };
  },
};
