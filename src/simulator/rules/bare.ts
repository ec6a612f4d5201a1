import { sayingFields } from './fields';
import { treating, type SayingOccasion } from './saying';
import type { RuleKind } from './types';

/** Its refusals are nothing but a header, without body: `{ type: 'bare' }`, beside a rule that refuses. */
export interface BareRule extends SayingOccasion {
  readonly type: 'bare';
}

export const bareRule: RuleKind<BareRule> = {
  fields: sayingFields,
  required: [],
  behaviour: ({ on = 'all', ...rule }) =>
    treating({ on, ...rule }, { bare: true }, ({ command_status }) => command_status !== 0),
};
