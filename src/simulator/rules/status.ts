import { codeOf, occasionFields, refusal } from './fields';
import { occasion } from './occasion';
import type { Occasion, RuleKind } from './types';

/** Refuses submits with a command_status: `{ type: 'status', status: 'ESME_RSYSERR', every: 3 }`. */
export interface StatusRule extends Occasion {
  readonly type: 'status';
  /** A name, or a code such as `0x00000401`. */
  readonly status: string | number;
}

export const statusRule: RuleKind<StatusRule> = {
  fields: { status: refusal, ...occasionFields },
  required: ['status'],
  behaviour(rule) {
    const applies = occasion(rule);
    const verdict = { status: codeOf(rule.status) };
    return { onSubmit: ({ destinations }) => (applies(destinations) ? verdict : undefined) };
  },
};
