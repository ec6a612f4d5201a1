/** Which requests a rule is about; without any of these: all. */
export interface Occasion {
  /** Every nth one; default 1. */
  readonly every?: number;
  /** Only those to a recipient whose number begins so. */
  readonly destination?: string;
  /** Only so many times, then never again. */
  readonly times?: number;
}

/** What the centre was asked to send: submit_sm, data_sm, submit_multi or broadcast_sm. */
export interface SubmitFacts {
  readonly system_id: string;
  /** Numbers without a leading `+`; none for a broadcast. */
  readonly destinations: readonly string[];
  /** Which one of its link, from 1. */
  readonly ofLink: number;
  /** Monotonic milliseconds. */
  readonly now: number;
}

export interface BindFacts {
  readonly system_id: string;
  readonly command: string;
}

/** What is to happen to a submit. Absent: as if there were no rule. */
export interface Verdict {
  /** The command_status to refuse it with. */
  readonly status?: number;
  /** Milliseconds until it is answered. */
  readonly delay?: number;
  /** It is never answered. */
  readonly silent?: boolean;
  /** The link drops in place of an answer. */
  readonly drop?: boolean;
  /** Whether what is not answered is sent to its recipient all the same. */
  readonly taken?: boolean;
}

/** A rule at work: it counts what it sees, so each centre has its own. */
export interface Behaviour {
  onSubmit?(submit: SubmitFacts): Verdict | undefined;
  /** The command_status to refuse a bind with. */
  onBind?(bind: BindFacts): number | undefined;
}

/** What to do about a value that does not fit; undefined: it fits. */
export type FieldCheck = (value: unknown) => string | undefined;

/** One kind of rule: what it may say, and what it does. */
export interface RuleKind<R extends { readonly type: string }> {
  readonly fields: { readonly [F in keyof Omit<R, 'type'>]-?: FieldCheck };
  readonly required: readonly (keyof Omit<R, 'type'>)[];
  behaviour(rule: R): Behaviour;
}
