import { choice, ending, flag, positive, times } from './fields';
import { occasion } from './occasion';
import { SUBJECTS, type Behaviour, type RuleKind, type Subject } from './types';

/**
 * Drops a link in place of answering its nth submit: `{ type: 'drop', after: 100 }`; or some time after its bind:
 * `{ type: 'drop', seconds: 60 }`.
 */
export interface DropRule {
  readonly type: 'drop';
  /** Default 1. */
  readonly after?: number;
  /** In place of what: `submit` (the default), `bind`, `unbind`, `enquire_link` responses, or a `deliver`. */
  readonly on?: Subject;
  readonly seconds?: number;
  /** `close` (the default): FIN; `reset`: RST. */
  readonly how?: 'close' | 'reset';
  /** Whether the nth message is sent all the same, as if only its response were lost; default false. */
  readonly taken?: boolean;
  /** How many links; default: each. */
  readonly times?: number;
}

export const dropRule: RuleKind<DropRule> = {
  fields: { after: times, on: choice(SUBJECTS), seconds: positive, how: ending, taken: flag, times },
  required: [],
  behaviour({
    after = 1,
    on = 'submit',
    seconds,
    how: act = 'close',
    taken = false,
    times: links,
  }): Behaviour {
    const applies = occasion({ ...(links === undefined ? {} : { times: links }) });
    if (seconds !== undefined) {
      return { onBound: () => (applies() ? { after: seconds * 1000, act } : undefined) };
    }
    if (on === 'submit') {
      return {
        onSubmit: ({ ofLink }) => (ofLink === after && applies() ? { silent: true, act, taken } : undefined),
      };
    }
    return {
      onWrite: ({ subject, ofLink }) =>
        subject === on && ofLink === after && applies() ? { silent: true, act } : undefined,
    };
  },
};
