import type { Values, submitFields, writeFields } from './fields';
import type { RuleHooks, SubmitEffect, WriteEffect, WriteFacts } from './types';

type SubmitSelection = Partial<Values<typeof submitFields>>;
type WriteSelection = Partial<Values<typeof writeFields>>;

/** Counts requests, and tells which of them a rule is about. */
export function selector({
  every = 1,
  destination,
  times = Infinity,
}: SubmitSelection): (numbers?: readonly string[]) => boolean {
  const prefix = destination?.replace(/^\+/, '');
  let seen = 0;
  let left = times;
  return (numbers = []) => {
    if (prefix !== undefined && !numbers.some((number) => number.startsWith(prefix))) return false;
    seen++;
    if (left === 0 || seen % every !== 0) return false;
    left--;
    return true;
  };
}

/** A rule about submits. */
export function onSubmits(rule: SubmitSelection, effect: SubmitEffect): RuleHooks {
  const applies = selector(rule);
  return { onSubmit: ({ destinations }) => (applies(destinations) ? effect : undefined) };
}

/** A rule about what is written. */
export function onWrites(
  { on = 'submit', every = 1, times = Infinity }: WriteSelection,
  effect: WriteEffect,
  fits: (pdu: WriteFacts) => boolean = () => true,
): RuleHooks {
  const applies = selector({ every, times });
  return {
    onWrite: (pdu) => ((on === 'all' || pdu.subject === on) && fits(pdu) && applies() ? effect : undefined),
  };
}

/** A rule about submits, or with another `on` about what else is written. */
export function onAnswers(
  rule: SubmitSelection & WriteSelection,
  effect: SubmitEffect & WriteEffect,
): RuleHooks {
  return (rule.on ?? 'submit') === 'submit' ? onSubmits(rule, effect) : onWrites(rule, effect);
}
