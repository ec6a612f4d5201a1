import type { Given } from './fields';
import { HABIT_RULES } from './habits';
import { LINK_RULES } from './link';
import { RESPONSE_RULES } from './response';
import { SUBMIT_RULES } from './submit';

/** Every kind of rule, by its type. */
export const KINDS = { ...SUBMIT_RULES, ...LINK_RULES, ...RESPONSE_RULES, ...HABIT_RULES };

type Kinds = typeof KINDS;

/** What the simulator is to do wrong, or otherwise than most; `type` tells which kind. All rules of a list apply. */
export type Rule = {
  [T in keyof Kinds]: { readonly type: T } & Given<Kinds[T]['required'], Kinds[T]['optional']>;
}[keyof Kinds];
