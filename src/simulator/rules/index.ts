/**
 * Faults and habits of centres, on demand. A rule is data; its kind, one file
 * beside this one, says what it may hold and what it does. A new one needs its
 * file, a line in `KINDS` and a name in `Rule` (kinds.ts).
 */
import type { Problem } from '../errors';
import { KINDS, type Rule } from './kinds';
import type {
  Act,
  Behaviour,
  BindFacts,
  FieldCheck,
  Habits,
  RuleKind,
  Saying,
  SubmitFacts,
  Treatment,
  Verdict,
} from './types';

export type { Rule } from './kinds';
export type {
  Act,
  BindFacts,
  Habits,
  Occasion,
  Saying,
  Subject,
  SubmitFacts,
  Treatment,
  Verdict,
} from './types';

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
      : `a rule of type ${type} has no such field; it has ${Object.keys(fields).join(', ') || 'none'}`;
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
  #habits: Habits = {};
  #behaviours: readonly Behaviour[] = [];

  constructor(rules: readonly Rule[]) {
    this.replace(rules);
  }

  /** The rules have passed {@link findRuleProblems}. What they count begins anew. */
  replace(rules: readonly Rule[]): void {
    this.#behaviours = rules.map(behaviourOf);
    this.#habits = Object.assign({}, ...this.#behaviours.map(({ habits }) => habits).reverse()) as Habits;
  }

  /** What it does always. */
  get habits(): Habits {
    return this.#habits;
  }

  /** Whether some rule treats what is written. */
  get treatsWriting(): boolean {
    return this.#behaviours.some((behaviour) => behaviour.onWrite !== undefined);
  }

  /** Every rule sees every submit. The first refusal holds, delays add up. */
  onSubmit(submit: SubmitFacts): Verdict | undefined {
    return merged(this.#ask((behaviour) => behaviour.onSubmit?.(submit)));
  }

  onBind(bind: BindFacts): number | undefined {
    return this.#ask((behaviour) => behaviour.onBind?.(bind))[0];
  }

  /** What happens to a link that has bound, and when. */
  onBound(bind: BindFacts): readonly { readonly after: number; readonly act: Act }[] {
    return this.#ask((behaviour) => behaviour.onBound?.(bind));
  }

  onWrite(saying: Saying): Treatment | undefined {
    return merged(this.#ask((behaviour) => behaviour.onWrite?.(saying)));
  }

  /** All are asked, for all count. */
  #ask<T>(question: (behaviour: Behaviour) => T | undefined): T[] {
    const answers: T[] = [];
    for (const behaviour of this.#behaviours) {
      const answer = question(behaviour);
      if (answer !== undefined) answers.push(answer);
    }
    return answers;
  }
}

function behaviourOf(rule: Rule): Behaviour {
  // The table has for each type the kind of its own rules, which indexing by a union forgets.
  const kind = KINDS[rule.type] as unknown as RuleKind<Rule>;
  return kind.behaviour(rule);
}

function merged<T extends { readonly delay?: number }>(answers: readonly T[]): T | undefined {
  const [first, ...others] = answers;
  if (!first || others.length === 0) return first;
  const delay = answers.reduce((sum, answer) => sum + (answer.delay ?? 0), 0);
  return Object.assign({}, ...[...answers].reverse(), { delay }) as T;
}
