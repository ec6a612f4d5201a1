import { bareRule, type BareRule } from './bare';
import { congestionRule, type CongestionRule } from './congestion';
import { dropRule, type DropRule } from './drop';
import { duplicateRule, type DuplicateRule } from './duplicate';
import { earlyReceiptRule, type EarlyReceiptRule } from './early-receipt';
import { halfRule, type HalfRule } from './half';
import { hangRule, type HangRule } from './hang';
import { idsRule, type IdsRule } from './ids';
import { noVersionRule, type NoVersionRule } from './no-version';
import { poisonRule, type PoisonRule } from './poison';
import { refuseRule, type RefuseRule } from './refuse';
import { reorderRule, type ReorderRule } from './reorder';
import { silentRule, type SilentRule } from './silent';
import { slowRule, type SlowRule } from './slow';
import { splitRule, type SplitRule } from './split';
import { statusRule, type StatusRule } from './status';
import { throttleRule, type ThrottleRule } from './throttle';
import { unbindRule, type UnbindRule } from './unbind';
import { unsolicitedRule, type UnsolicitedRule } from './unsolicited';
import { wrongSequenceRule, type WrongSequenceRule } from './wrong-sequence';
import { zeroSequenceRule, type ZeroSequenceRule } from './zero-sequence';
import type { RuleKind } from './types';

/** What the simulator is to do wrong; `type` tells which kind. All rules of a list apply. */
export type Rule =
  | StatusRule
  | ThrottleRule
  | SlowRule
  | SilentRule
  | DropRule
  | RefuseRule
  | UnbindRule
  | HangRule
  | PoisonRule
  | ReorderRule
  | DuplicateRule
  | UnsolicitedRule
  | WrongSequenceRule
  | BareRule
  | SplitRule
  | HalfRule
  | CongestionRule
  | EarlyReceiptRule
  | IdsRule
  | ZeroSequenceRule
  | NoVersionRule;

export type {
  BareRule,
  CongestionRule,
  DropRule,
  DuplicateRule,
  EarlyReceiptRule,
  HalfRule,
  HangRule,
  IdsRule,
  NoVersionRule,
  PoisonRule,
  RefuseRule,
  ReorderRule,
  SilentRule,
  SlowRule,
  SplitRule,
  StatusRule,
  ThrottleRule,
  UnbindRule,
  UnsolicitedRule,
  WrongSequenceRule,
  ZeroSequenceRule,
};

export const KINDS: { readonly [T in Rule['type']]: RuleKind<Extract<Rule, { type: T }>> } = {
  status: statusRule,
  throttle: throttleRule,
  slow: slowRule,
  silent: silentRule,
  drop: dropRule,
  refuse: refuseRule,
  unbind: unbindRule,
  hang: hangRule,
  poison: poisonRule,
  reorder: reorderRule,
  duplicate: duplicateRule,
  unsolicited: unsolicitedRule,
  'wrong-sequence': wrongSequenceRule,
  bare: bareRule,
  split: splitRule,
  half: halfRule,
  congestion: congestionRule,
  'early-receipt': earlyReceiptRule,
  ids: idsRule,
  'zero-sequence': zeroSequenceRule,
  'no-version': noVersionRule,
};
