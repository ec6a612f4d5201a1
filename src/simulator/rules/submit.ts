import {
  codeOf,
  digits,
  flag,
  kind,
  positive,
  refusal,
  submitFields,
  tlv,
  tlvNamed,
  writeFields,
} from './fields';
import { onAnswers, onSubmits, selector } from './selection';

/** Accounts whose rate is known; of more the one that was seen first is forgotten, and may begin anew. */
const MOST_ACCOUNTS = 10_000;

interface Bucket {
  tokens: number;
  filledAt: number;
}

/** Whether and when a submit is answered. */
export const SUBMIT_RULES = {
  /** Refuses submits with a command_status: `{ type: 'status', status: 'ESME_RSYSERR', every: 3 }`. */
  status: kind({ status: refusal }, submitFields, (rule) => onSubmits(rule, { status: codeOf(rule.status) })),

  /**
   * Takes a submit_multi, but not for some of its destinations, which it lists in unsuccess_sme:
   * `{ type: 'refuse-destination', status: 'ESME_RINVDSTADR', destination: '49151' }`. `every` counts destinations.
   */
  'refuse-destination': kind({ status: refusal }, submitFields, (rule) => {
    const applies = selector(rule);
    const status = codeOf(rule.status);
    return { onDestination: (number) => (applies([number]) ? status : undefined) };
  }),

  /**
   * Refuses submits without a TLV that this SMSC must have, as the template of a message in India:
   * `{ type: 'require-tlv', tlv: '0x1401' }`.
   */
  'require-tlv': kind(
    {
      /** By name, or by tag. */
      tlv,
    },
    {
      /** Default ESME_RMISSINGOPTPARAM. */
      status: refusal,
      destination: digits,
    },
    ({ tlv: given, status = 'ESME_RMISSINGOPTPARAM', ...rule }) => {
      const name = tlvNamed(given) ?? given;
      const applies = selector(rule);
      const refused = { status: codeOf(status) };
      return {
        onSubmit: ({ tlvs, destinations }) =>
          tlvs[name] === undefined && applies(destinations) ? refused : undefined,
      };
    },
  ),

  /**
   * Polices the rate of each account by a token bucket, as an SMSC does, and refuses what is
   * above it: `{ type: 'throttle', above: 50 }`.
   */
  throttle: kind(
    {
      /** Submits per second. */
      above: positive,
    },
    {
      /** So many may come at once after a pause; default: those of one second, at least 1. */
      burst: positive,
      /** Default ESME_RTHROTTLED. */
      status: refusal,
    },
    ({ above, burst = above, status = 'ESME_RTHROTTLED' }) => {
      const capacity = Math.max(1, burst);
      const refused = { status: codeOf(status) };
      const buckets = new Map<string, Bucket>();
      return {
        onSubmit({ system_id, now }) {
          let bucket = buckets.get(system_id);
          if (!bucket) {
            buckets.set(system_id, (bucket = { tokens: capacity, filledAt: now }));
            const [first] = buckets.size > MOST_ACCOUNTS ? buckets.keys() : [];
            if (first !== undefined) buckets.delete(first);
          }
          bucket.tokens = Math.min(capacity, bucket.tokens + ((now - bucket.filledAt) / 1000) * above);
          bucket.filledAt = now;
          if (bucket.tokens < 1) return refused;
          bucket.tokens--;
          return undefined;
        },
      };
    },
  ),

  /**
   * Answers submits late: `{ type: 'slow', seconds: 2 }`. With `every`, answers overtake one another; with `on`,
   * other things are late.
   */
  slow: kind({ seconds: positive }, { destination: digits, ...writeFields }, (rule) =>
    onAnswers(rule, { delay: rule.seconds * 1000 }),
  ),

  /**
   * Never answers: `{ type: 'silent', every: 10 }`. The link stays up, and all else is answered. With `on`
   * other things than submits stay unanswered: `{ type: 'silent', on: 'enquire_link' }`.
   */
  silent: kind(
    {},
    {
      /** Whether the message is sent all the same, as if only its response were lost; default false. */
      taken: flag,
      destination: digits,
      ...writeFields,
    },
    (rule) => onAnswers(rule, { silent: true, taken: rule.taken ?? false }),
  ),
};
