import { occasionFields, whole } from './fields';
import { occasion } from './occasion';
import type { Occasion, RuleKind } from './types';

/** Says in its responses how congested it is: `{ type: 'congestion', state: 95, times: 100 }` (5.0 section 4.8.4.18). */
export interface CongestionRule extends Occasion {
  readonly type: 'congestion';
  /** Percent: 0 idle, 80 to 89 optimum, 90 and more congested. */
  readonly state: number;
}

export const congestionRule: RuleKind<CongestionRule> = {
  fields: { state: whole(0, 255), ...occasionFields },
  required: ['state'],
  behaviour(rule) {
    const applies = occasion(rule);
    const verdict = { tlvs: { congestion_state: rule.state } };
    return { onSubmit: ({ destinations }) => (applies(destinations) ? verdict : undefined) };
  },
};
