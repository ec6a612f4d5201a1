import { flag, times } from './fields';
import { occasion } from './occasion';
import type { RuleKind } from './types';

/** Drops a link in place of answering its nth submit: `{ type: 'drop', after: 100 }`. */
export interface DropRule {
  readonly type: 'drop';
  readonly after: number;
  /** Whether the nth message is sent all the same, as if only its response were lost; default false. */
  readonly taken?: boolean;
  /** How many links; default: each. */
  readonly times?: number;
}

export const dropRule: RuleKind<DropRule> = {
  fields: { after: times, taken: flag, times },
  required: ['after'],
  behaviour({ after, taken = false, times: links }) {
    const applies = occasion({ ...(links === undefined ? {} : { times: links }) });
    const verdict = { drop: true, taken };
    return { onSubmit: ({ ofLink }) => (ofLink === after && applies() ? verdict : undefined) };
  },
};
