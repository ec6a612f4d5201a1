import { digits, ending, times, words } from './fields';
import { occasion } from './occasion';
import type { RuleKind } from './types';

/** Ends the link when a certain message comes: `{ type: 'poison', text: 'bad' }`. It is not sent. */
export interface PoisonRule {
  readonly type: 'poison';
  /** Somewhere in the message; default, without a number: `POISON`. */
  readonly text?: string;
  /** Its recipient's number begins so. */
  readonly destination?: string;
  /** `close` (the default): FIN; `reset`: RST. */
  readonly how?: 'close' | 'reset';
  /** Only so many times, then never again. */
  readonly times?: number;
}

export const poisonRule: RuleKind<PoisonRule> = {
  fields: { text: words, destination: digits, how: ending, times },
  required: [],
  behaviour({ text, how: act = 'close', ...rule }) {
    const searched = text ?? (rule.destination === undefined ? 'POISON' : '');
    const applies = occasion(rule);
    return {
      onSubmit: (submit) =>
        (searched === '' || submit.text()?.includes(searched)) && applies(submit.destinations)
          ? { silent: true, act }
          : undefined,
    };
  },
};
