import { occasionFields, positive } from './fields';
import { occasion } from './occasion';
import type { Occasion, RuleKind } from './types';

/** The receipt comes before the response: `{ type: 'early-receipt', seconds: 0.1 }`. */
export interface EarlyReceiptRule extends Occasion {
  readonly type: 'early-receipt';
  /** From the receipt to the response; default 0.1. */
  readonly seconds?: number;
}

export const earlyReceiptRule: RuleKind<EarlyReceiptRule> = {
  fields: { seconds: positive, ...occasionFields },
  required: [],
  behaviour({ seconds = 0.1, ...rule }) {
    const applies = occasion(rule);
    const verdict = { receiptFirst: true, delay: seconds * 1000 };
    return { onSubmit: ({ destinations }) => (applies(destinations) ? verdict : undefined) };
  },
};
