import { flag, times, whole } from './fields';
import { occasion } from './occasion';
import type { Act, RuleKind } from './types';

/** The link stays up, but the centre says nothing any more: `{ type: 'hang', after: 10 }`. */
export interface HangRule {
  readonly type: 'hang';
  /** From the nth submit of a link on; default 0: from the bind on. */
  readonly after?: number;
  /** It does not read either; default false. */
  readonly deaf?: boolean;
  /** How many links; default: each. */
  readonly times?: number;
}

export const hangRule: RuleKind<HangRule> = {
  fields: { after: whole(0, 1_000_000_000), deaf: flag, times },
  required: [],
  behaviour({ after = 0, deaf = false, times: links }) {
    const act: Act = deaf ? 'deaf' : 'mute';
    const applies = occasion({ ...(links === undefined ? {} : { times: links }) });
    if (after === 0) return { onBound: () => (applies() ? { after: 0, act } : undefined) };
    return { onSubmit: ({ ofLink }) => (ofLink === after && applies() ? { silent: true, act } : undefined) };
  },
};
