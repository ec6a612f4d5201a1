import { positive, sayingFields, whole } from './fields';
import { treating, type SayingOccasion } from './saying';
import type { RuleKind } from './types';

/** Writes its PDUs in pieces: `{ type: 'split', octets: 3, seconds: 0.5 }`. */
export interface SplitRule extends SayingOccasion {
  readonly type: 'split';
  /** Default `all`. */
  readonly on?: SayingOccasion['on'];
  /** Of a piece; default 1. */
  readonly octets?: number;
  /** Between two pieces; default 0.005. */
  readonly seconds?: number;
}

export const splitRule: RuleKind<SplitRule> = {
  fields: { octets: whole(1, 65_536), seconds: positive, ...sayingFields },
  required: [],
  behaviour: ({ octets = 1, seconds = 0.005, on = 'all', ...rule }) =>
    treating({ on, ...rule }, { pieces: { octets, ms: seconds * 1000 } }),
};
