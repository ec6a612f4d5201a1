/**
 * Faults and habits of SMSCs, on demand. A rule is data; its kind, a row of one of the four tables beside this
 * file, says which fields it has and what it does. The type {@link Rule} and all checks are derived from the rows.
 */
import type { Problem } from '../errors';
import type { Given, RuleKind } from './fields';
import { HABIT_RULES } from './habits';
import { LINK_RULES } from './link';
import { RESPONSE_RULES } from './response';
import { SUBMIT_RULES } from './submit';
import type {
  BoundEffect,
  Habits,
  RuleHooks,
  SubmitEffect,
  SubmitFacts,
  WriteEffect,
  WriteFacts,
} from './types';

export type { Habits, LinkEffect, Subject, SubmitEffect, WriteEffect } from './types';

/** Every kind of rule, by its type. */
export const KINDS = { ...SUBMIT_RULES, ...LINK_RULES, ...RESPONSE_RULES, ...HABIT_RULES };

type Kinds = typeof KINDS;

/** What the simulator is to do wrong, or otherwise than most; `type` tells which kind. All rules of a list apply. */
export type Rule = {
  [T in keyof Kinds]: {
    /** Which fault or habit. */
    readonly type: T;
  } & Given<Kinds[T]['required'], Kinds[T]['optional']>;
}[keyof Kinds];

/** What is wrong with a list of rules; empty when all is well. */
export function findRuleProblems(rules: unknown): Problem[] {
  if (!Array.isArray(rules)) {
    return [{ field: 'rules', value: rules, remedy: 'give a list such as [{"type": "slow", "seconds": 2}]' }];
  }
  return rules.flatMap((rule: unknown, index) => ruleProblems(rule, `rules[${index}]`));
}

function ruleProblems(rule: unknown, path: string): Problem[] {
  const type = (rule as { type?: unknown } | null | undefined)?.type;
  if (typeof type !== 'string' || !Object.hasOwn(KINDS, type)) {
    return [{ field: `${path}.type`, value: type, remedy: `give one of ${Object.keys(KINDS).join(', ')}` }];
  }
  const { required, optional } = kindOf(type as Rule['type']);
  const fields = { ...required, ...optional };
  const values = rule as Readonly<Record<string, unknown>>;
  const missing = Object.keys(required).filter((name) => values[name] === undefined);
  const given = Object.keys(values).filter((name) => name !== 'type' && values[name] !== undefined);
  const names = Object.keys(fields).join(', ') || 'none';
  return [...given, ...missing].flatMap((name) => {
    const check = Object.hasOwn(fields, name) ? fields[name] : undefined;
    const remedy = check ? check(values[name]) : `a rule of type ${type} has no such field; it has ${names}`;
    return remedy === undefined ? [] : [{ field: `${path}.${name}`, value: values[name], remedy }];
  });
}

/** The table has for each type the kind of its own rules, which indexing by a union forgets. */
function kindOf(type: Rule['type']): RuleKind {
  return KINDS[type];
}

/** All rules of an SMSC at work. */
export class Faults {
  readonly #random: () => number;
  #hooks: readonly RuleHooks[] = [];
  /** What the SMSC always does. */
  habits: Habits = {};
  /** Whether some rule is about submits; without one {@link onSubmit} need not be asked. */
  seesSubmits = false;
  /** Whether some rule is about what is written. */
  seesWrites = false;

  /** `random`: from 0 up to 1. */
  constructor(rules: readonly Rule[], random: () => number) {
    this.#random = random;
    this.replace(rules);
  }

  /** The rules have passed {@link findRuleProblems}. What they count begins anew. */
  replace(rules: readonly Rule[]): void {
    const hooks = rules.map((rule) => kindOf(rule.type).hooks(rule, this.#random));
    this.#hooks = hooks;
    this.habits = allHabits(hooks.flatMap(({ habits = [] }) => habits));
    this.seesSubmits = hooks.some(({ onSubmit }) => onSubmit !== undefined);
    this.seesWrites = hooks.some(({ onWrite }) => onWrite !== undefined);
  }

  /** Every rule sees every submit. The first refusal holds, delays add up. */
  onSubmit(submit: SubmitFacts): SubmitEffect | undefined {
    return merged(this.#ask((hooks) => hooks.onSubmit?.(submit)));
  }

  /** The error_status_code of one destination of a submit_multi; undefined: it is taken. */
  onDestination(number: string): number | undefined {
    return this.#ask((hooks) => hooks.onDestination?.(number))[0];
  }

  /** The command_status to refuse a bind with. */
  onBind(): number | undefined {
    return this.#ask((hooks) => hooks.onBind?.())[0];
  }

  /** What happens to a link that has bound, and when. */
  onBound(): readonly BoundEffect[] {
    return this.#ask((hooks) => hooks.onBound?.());
  }

  onWrite(pdu: WriteFacts): WriteEffect | undefined {
    return merged(this.#ask((hooks) => hooks.onWrite?.(pdu)));
  }

  /** All are asked, for all count. */
  #ask<T>(question: (hooks: RuleHooks) => T | undefined): T[] {
    return this.#hooks.map(question).filter((answer) => answer !== undefined);
  }
}

/** The first of a kind holds; of areas that cannot be reached all count. */
function allHabits(habits: readonly Habits[]): Habits {
  const areas = habits.flatMap(({ badArea = [] }) => badArea);
  const all = Object.assign({}, ...[...habits].reverse()) as Habits;
  if (areas.length < 2) return all;
  const badArea = (alias: string): number | undefined =>
    areas.map((status) => status(alias)).find((status) => status !== undefined);
  return { ...all, badArea };
}

function merged<T extends { readonly delay?: number }>(effects: readonly T[]): T | undefined {
  const [first, ...others] = effects;
  if (!first || others.length === 0) return first;
  const delay = effects.reduce((sum, effect) => sum + (effect.delay ?? 0), 0);
  return Object.assign({}, ...[...effects].reverse(), { delay }) as T;
}
