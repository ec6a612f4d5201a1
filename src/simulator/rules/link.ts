import {
  choice,
  codeOf,
  countFields,
  digits,
  endFields,
  flag,
  kind,
  positive,
  refusal,
  whole,
  words,
} from './fields';
import { selector } from './selection';
import { SUBJECTS, type LinkEffect, type RuleHooks, type SubmitEffect } from './types';

type Applies = ReturnType<typeof selector>;

const linkFields = {
  /** Default 1. */
  after: whole(1),
  /** Instead: so long after the bind. */
  seconds: positive,
  /** How many links; default: each. */
  times: whole(1),
};

const afterBind = (applies: Applies, seconds: number, act: LinkEffect): RuleHooks => ({
  onBound: () => (applies() ? { after: seconds * 1000, act } : undefined),
});

const atSubmit = (applies: Applies, nth: number, effect: SubmitEffect): RuleHooks => ({
  onSubmit: ({ ofLink }) => (ofLink === nth && applies() ? effect : undefined),
});

/** Which binds are refused, and how links end. */
export const LINK_RULES = {
  /**
   * Drops a link in place of answering its nth submit: `{ type: 'drop', after: 100 }`; or some time after its bind:
   * `{ type: 'drop', seconds: 60 }`.
   */
  drop: kind(
    {},
    {
      ...linkFields,
      /** In place of what: `submit` (the default), `bind`, `unbind`, `enquire_link` responses, or a `deliver`. */
      on: choice(SUBJECTS),
      ...endFields,
      /** Whether the nth message is sent all the same, as if only its response were lost; default false. */
      taken: flag,
    },
    ({ after = 1, on = 'submit', seconds, how: act = 'close', taken = false, ...rule }): RuleHooks => {
      const applies = selector(rule);
      if (seconds !== undefined) return afterBind(applies, seconds, act);
      if (on === 'submit') return atSubmit(applies, after, { silent: true, act, taken });
      return {
        onWrite: ({ subject, ofLink }) =>
          subject === on && ofLink === after && applies() ? { silent: true, act } : undefined,
      };
    },
  ),

  /** Refuses binds: `{ type: 'refuse', status: 'ESME_RALYBND', times: 2 }`. */
  refuse: kind(
    {},
    {
      /** Default ESME_RBINDFAIL. */
      status: refusal,
      ...countFields,
    },
    ({ status = 'ESME_RBINDFAIL', ...rule }) => {
      const applies = selector(rule);
      const code = codeOf(status);
      return { onBind: () => (applies() ? code : undefined) };
    },
  ),

  /**
   * The SMSC unbinds a link after it has answered its nth submit, `{ type: 'unbind', after: 100 }`, or some time
   * after its bind: `{ type: 'unbind', seconds: 60 }`.
   */
  unbind: kind({}, linkFields, ({ after = 1, seconds, ...rule }) =>
    seconds === undefined
      ? atSubmit(selector(rule), after, { act: 'unbind' })
      : afterBind(selector(rule), seconds, 'unbind'),
  ),

  /** The link stays up, but the SMSC writes nothing any more: `{ type: 'hang', after: 10 }`. */
  hang: kind(
    {},
    {
      /** From the nth submit of a link on; default 0: from the bind on. */
      after: whole(0, 1_000_000_000),
      /** It does not read either; default false. */
      deaf: flag,
      times: linkFields.times,
    },
    ({ after = 0, deaf = false, ...rule }) => {
      const act = deaf ? 'deaf' : 'mute';
      return after === 0
        ? afterBind(selector(rule), 0, act)
        : atSubmit(selector(rule), after, { silent: true, act });
    },
  ),

  /** Ends the link when a certain message comes: `{ type: 'poison', text: 'bad' }`. It is not sent. */
  poison: kind(
    {},
    {
      /** Somewhere in the message; default, without a number: `POISON`. */
      text: words,
      /** Its recipient's number begins so. */
      destination: digits,
      ...endFields,
      times: countFields.times,
    },
    ({ text, how: act = 'close', ...rule }) => {
      const searched = text ?? (rule.destination === undefined ? 'POISON' : '');
      const applies = selector(rule);
      return {
        onSubmit: (submit) =>
          (searched === '' || submit.text()?.includes(searched)) && applies(submit.destinations)
            ? { silent: true, act }
            : undefined,
      };
    },
  ),
};
