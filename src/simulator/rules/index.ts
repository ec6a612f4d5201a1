/**
 * Faults and habits of centres, on demand. A rule is data; its kind, one file
 * beside this one, says what it may hold and what it does. A new one needs its
 * file, a line in `KINDS` and a name in `Rule`.
 */
import type { Problem } from '../errors';
import { dropRule, type DropRule } from './drop';
import { refuseRule, type RefuseRule } from './refuse';
import { silentRule, type SilentRule } from './silent';
import { slowRule, type SlowRule } from './slow';
import { statusRule, type StatusRule } from './status';
import { throttleRule, type ThrottleRule } from './throttle';
import type { Behaviour, BindFacts, FieldCheck, RuleKind, SubmitFacts, Verdict } from './types';

/** What the simulator is to do wrong; `type` tells which kind. All rules of a list apply. */
export type Rule = StatusRule | ThrottleRule | SlowRule | SilentRule | DropRule | RefuseRule;

export type { DropRule, RefuseRule, SilentRule, SlowRule, StatusRule, ThrottleRule };
export type { BindFacts, Occasion, SubmitFacts, Verdict } from './types';

const KINDS: { readonly [T in Rule['type']]: RuleKind<Extract<Rule, { type: T }>> } = {
  status: statusRule,
  throttle: throttleRule,
  slow: slowRule,
  silent: silentRule,
  drop: dropRule,
  refuse: refuseRule,
};

/** What is wrong with a list of rules; empty when all is well. */
export function findRuleProblems(rules: unknown): Problem[] {
  if (!Array.isArray(rules)) {
    return [{ field: 'rules', value: rules, remedy: 'give a list such as [{"type": "slow", "seconds": 2}]' }];
  }
  return rules.flatMap((rule: unknown, index) => ruleProblems(rule, `rules[${index}]`));
}

function ruleProblems(rule: unknown, path: string): Problem[] {
  const type = (rule as { type?: unknown } | null | undefined)?.type;
  const names = Object.keys(KINDS);
  if (typeof type !== 'string' || !names.includes(type)) {
    return [{ field: `${path}.type`, value: type, remedy: `give one of ${names.join(', ')}` }];
  }
  const kind = KINDS[type as Rule['type']];
  const fields: Readonly<Record<string, FieldCheck>> = kind.fields;
  const values = rule as Readonly<Record<string, unknown>>;
  const problems: Problem[] = [];
  for (const [name, value] of Object.entries(values)) {
    if (name === 'type' || value === undefined) continue;
    const check = Object.hasOwn(fields, name) ? fields[name] : undefined;
    const remedy = check
      ? check(value)
      : `a rule of type ${type} has no such field; it has ${Object.keys(fields).join(', ')}`;
    if (remedy !== undefined) problems.push({ field: `${path}.${name}`, value, remedy });
  }
  for (const name of kind.required) {
    if (values[name] !== undefined) continue;
    const remedy = fields[name]?.(undefined) ?? 'it must be given';
    problems.push({ field: `${path}.${name}`, value: undefined, remedy });
  }
  return problems;
}

/** All rules of a centre at work. */
export class Faults {
  readonly #behaviours: readonly Behaviour[];

  /** The rules have passed {@link findRuleProblems}. */
  constructor(rules: readonly Rule[]) {
    this.#behaviours = rules.map(behaviourOf);
  }

  /** Every rule sees every submit. The first refusal holds, delays add up. */
  onSubmit(submit: SubmitFacts): Verdict | undefined {
    let verdict: Verdict | undefined;
    for (const behaviour of this.#behaviours) {
      const one = behaviour.onSubmit?.(submit);
      if (one) verdict = verdict ? both(verdict, one) : one;
    }
    return verdict;
  }

  onBind(bind: BindFacts): number | undefined {
    let status: number | undefined;
    for (const behaviour of this.#behaviours) {
      const one = behaviour.onBind?.(bind);
      status ??= one;
    }
    return status;
  }
}

function behaviourOf(rule: Rule): Behaviour {
  // The table has for each type the kind of its own rules, which indexing by a union forgets.
  const kind = KINDS[rule.type] as unknown as RuleKind<Rule>;
  return kind.behaviour(rule);
}

function both(first: Verdict, second: Verdict): Verdict {
  return { ...second, ...first, delay: (first.delay ?? 0) + (second.delay ?? 0) };
}
