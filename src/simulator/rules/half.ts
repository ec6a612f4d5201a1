import { ending, sayingFields } from './fields';
import { treating, type SayingOccasion } from './saying';
import type { RuleKind } from './types';

/** Writes half a PDU and ends the link: `{ type: 'half', every: 10 }`. */
export interface HalfRule extends SayingOccasion {
  readonly type: 'half';
  /** `close` (the default): FIN; `reset`: RST. */
  readonly how?: 'close' | 'reset';
}

export const halfRule: RuleKind<HalfRule> = {
  fields: { how: ending, ...sayingFields },
  required: [],
  behaviour: ({ how: act = 'close', ...rule }) => treating(rule, { half: true, act }),
};
