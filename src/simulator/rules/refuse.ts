import { codeOf, refusal, times } from './fields';
import { occasion } from './occasion';
import type { RuleKind } from './types';

/** Refuses binds: `{ type: 'refuse', status: 'ESME_RALYBND', times: 2 }`. */
export interface RefuseRule {
  readonly type: 'refuse';
  /** Default ESME_RBINDFAIL. */
  readonly status?: string | number;
  /** Only every nth bind; default 1. */
  readonly every?: number;
  /** Only so many times, then never again. */
  readonly times?: number;
}

export const refuseRule: RuleKind<RefuseRule> = {
  fields: { status: refusal, every: times, times },
  required: [],
  behaviour(rule) {
    const applies = occasion(rule);
    const status = codeOf(rule.status ?? 'ESME_RBINDFAIL');
    return { onBind: () => (applies() ? status : undefined) };
  },
};
