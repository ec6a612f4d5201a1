import { endFields, kind, positive, submitFields, whole, writeFields } from './fields';
import { onSubmits, onWrites } from './selection';

const HIGHEST_SEQUENCE_NUMBER = 0x7fffffff;

/** In which order, how often, and in which octets answers go out. */
export const RESPONSE_RULES = {
  /** Answers so many submits that come together in reverse: `{ type: 'reorder', of: 4 }`. */
  reorder: kind(
    { of: whole(2, 1000) },
    {
      /** Between two answers; default 0.02. */
      seconds: positive,
    },
    ({ of, seconds = 0.02 }) => {
      let seen = 0;
      return { onSubmit: () => ({ delay: (of - 1 - (seen++ % of)) * seconds * 1000 }) };
    },
  ),

  /** Answers more than once: `{ type: 'duplicate', every: 2 }`. */
  duplicate: kind(
    {},
    {
      /** How often it answers again; default 1. */
      copies: whole(1, 100),
      ...writeFields,
    },
    ({ copies = 1, ...rule }) => onWrites(rule, { copies }),
  ),

  /** Sends responses that nobody asked for before those that are due: `{ type: 'unsolicited', every: 5 }`. */
  unsolicited: kind({}, writeFields, (rule) =>
    // Half of all numbers away from those in use.
    onWrites(rule, { before: (own) => ((own + 0x40000000) % HIGHEST_SEQUENCE_NUMBER) + 1 }),
  ),

  /** Answers with another sequence_number than it was asked with: `{ type: 'wrong-sequence', every: 10 }`. */
  'wrong-sequence': kind(
    {},
    {
      /** Default: far from the right one. */
      sequence_number: whole(0, 0xffffffff),
      ...writeFields,
    },
    ({ sequence_number: given, ...rule }) =>
      onWrites(rule, {
        sequence_number: (own) => given ?? ((own + 0x20000000) % HIGHEST_SEQUENCE_NUMBER) + 1,
      }),
  ),

  /** Its refusals are nothing but a header, without body: `{ type: 'bare' }`, beside a rule that refuses. */
  bare: kind({}, writeFields, ({ on = 'all', ...rule }) =>
    onWrites({ on, ...rule }, { bare: true }, ({ command_status }) => command_status !== 0),
  ),

  /** Writes its PDUs in pieces: `{ type: 'split', octets: 3, seconds: 0.5 }`; `on` is `all` by default. */
  split: kind(
    {},
    {
      /** Of a piece; default 1. */
      octets: whole(1, 65_536),
      /** Between two pieces; default 0.005. */
      seconds: positive,
      ...writeFields,
    },
    ({ octets = 1, seconds = 0.005, on = 'all', ...rule }) =>
      onWrites({ on, ...rule }, { pieces: { octets, ms: seconds * 1000 } }),
  ),

  /** Writes half a PDU and ends the link: `{ type: 'half', every: 10 }`. */
  half: kind(
    {},
    {
      ...endFields,
      ...writeFields,
    },
    ({ how: act = 'close', ...rule }) => onWrites(rule, { half: true, act }),
  ),

  /** Says in its responses how congested it is: `{ type: 'congestion', state: 95, times: 100 }` (5.0 section 4.8.4.18). */
  congestion: kind(
    {
      /** Percent: 0 idle, 80 to 89 optimum, 90 and more congested. */
      state: whole(0, 255),
    },
    submitFields,
    (rule) => onSubmits(rule, { tlvs: { congestion_state: rule.state } }),
  ),

  /** The receipt comes before the response: `{ type: 'early-receipt', seconds: 0.1 }`. */
  'early-receipt': kind(
    {},
    {
      /** From the receipt to the response; default 0.1. */
      seconds: positive,
      ...submitFields,
    },
    ({ seconds = 0.1, ...rule }) => onSubmits(rule, { receiptFirst: true, delay: seconds * 1000 }),
  ),
};
