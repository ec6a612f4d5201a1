import { positive, times } from './fields';
import { occasion } from './occasion';
import type { Behaviour, RuleKind } from './types';

/**
 * The centre unbinds a link after it has answered its nth submit, `{ type: 'unbind', after: 100 }`, or some time
 * after its bind: `{ type: 'unbind', seconds: 60 }`.
 */
export interface UnbindRule {
  readonly type: 'unbind';
  /** Default 1. */
  readonly after?: number;
  readonly seconds?: number;
  /** How many links; default: each. */
  readonly times?: number;
}

export const unbindRule: RuleKind<UnbindRule> = {
  fields: { after: times, seconds: positive, times },
  required: [],
  behaviour({ after = 1, seconds, times: links }): Behaviour {
    const applies = occasion({ ...(links === undefined ? {} : { times: links }) });
    if (seconds !== undefined) {
      return { onBound: () => (applies() ? { after: seconds * 1000, act: 'unbind' } : undefined) };
    }
    return { onSubmit: ({ ofLink }) => (ofLink === after && applies() ? { act: 'unbind' } : undefined) };
  },
};
