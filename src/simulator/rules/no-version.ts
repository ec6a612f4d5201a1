import type { RuleKind } from './types';

/** Its bind responses have no sc_interface_version, as those of many centres: `{ type: 'no-version' }`. */
export interface NoVersionRule {
  readonly type: 'no-version';
}

export const noVersionRule: RuleKind<NoVersionRule> = {
  fields: {},
  required: [],
  behaviour: () => ({ habits: { hidesVersion: true } }),
};
