/** Which requests a rule is about; without any of these: all. */
export interface Occasion {
  /** Every nth one; default 1. */
  readonly every?: number;
  /** Only those to a recipient whose number begins so. */
  readonly destination?: string;
  /** Only so many times, then never again. */
  readonly times?: number;
}

/**
 * What leaves the centre, by what it is about: the response to a submit, to a bind, to unbind or enquire_link, or
 * a message or receipt for the client.
 */
export const SUBJECTS = ['submit', 'bind', 'unbind', 'enquire_link', 'deliver'] as const;

export type Subject = (typeof SUBJECTS)[number];

/** What the centre was asked to send: submit_sm, data_sm, submit_multi or broadcast_sm. */
export interface SubmitFacts {
  readonly system_id: string;
  /** Numbers without a leading `+`; none for a broadcast. */
  readonly destinations: readonly string[];
  /** Which one of its link, from 1. */
  readonly ofLink: number;
  /** Monotonic milliseconds. */
  readonly now: number;
  /** What it says, of a long message this part; undefined where it is no text. */
  text(): string | undefined;
}

export interface BindFacts {
  readonly system_id: string;
  readonly command: string;
}

/** A PDU that the centre is about to write. */
export interface Saying {
  /** Undefined: none of them. */
  readonly subject: Subject | undefined;
  readonly command_status: number;
  /** Which one about its subject over its link, from 1. */
  readonly ofLink: number;
}

/**
 * What can become of a link: closed, reset, unbound by the centre, or left up and dead, as a centre that hangs:
 * `mute` says nothing any more, `deaf` does not read either.
 */
export type Act = 'close' | 'reset' | 'unbind' | 'mute' | 'deaf';

/** What is to happen to a submit. Absent: as if there were no rule. */
export interface Verdict {
  /** The command_status to refuse it with. */
  readonly status?: number;
  /** Milliseconds until it is answered. */
  readonly delay?: number;
  /** It is never answered. */
  readonly silent?: boolean;
  /** Happens to its link: `unbind` after the answer, all others at once. */
  readonly act?: Act;
  /** Whether what is not answered is sent to its recipient all the same. */
  readonly taken?: boolean;
  /** Its receipt goes at once, before a delayed answer. */
  readonly receiptFirst?: boolean;
  /** Beside what the response says. */
  readonly tlvs?: Readonly<Record<string, unknown>>;
}

/** What is to happen to a PDU that is about to be written. */
export interface Treatment {
  /** Written so many times more. */
  readonly copies?: number;
  /** The same with this sequence_number is written before it. */
  readonly before?: (sequence_number: number) => number;
  readonly sequence_number?: (sequence_number: number) => number;
  /** Only its header is written. */
  readonly bare?: boolean;
  /** Milliseconds until it is written; what comes after it does not wait. */
  readonly delay?: number;
  /** It is not written. */
  readonly silent?: boolean;
  /** Written in pieces of so many octets, so many milliseconds apart. */
  readonly pieces?: { readonly octets: number; readonly ms: number };
  /** Only its first half is written. */
  readonly half?: boolean;
  /** Happens to the link thereafter. */
  readonly act?: Act;
}

/** What a centre does always. */
export interface Habits {
  /** Its ids, made of the digits that it counts by: in the response, and in the receipt (absent: the same). */
  readonly responseId?: (digits: string) => string;
  readonly receiptId?: (digits: string) => string;
  /** The sequence_number of all its requests. */
  readonly sequence_number?: number;
  /** Its bind responses have no sc_interface_version. */
  readonly hidesVersion?: boolean;
}

/** A rule at work: it counts what it sees, so each centre has its own. */
export interface Behaviour {
  readonly habits?: Habits;
  onSubmit?(submit: SubmitFacts): Verdict | undefined;
  /** The command_status to refuse a bind with. */
  onBind?(bind: BindFacts): number | undefined;
  /** What happens to a link that has bound, so many milliseconds later. */
  onBound?(bind: BindFacts): { readonly after: number; readonly act: Act } | undefined;
  onWrite?(saying: Saying): Treatment | undefined;
}

/** What to do about a value that does not fit; undefined: it fits. */
export type FieldCheck = (value: unknown) => string | undefined;

/** One kind of rule: what it may say, and what it does. */
export interface RuleKind<R extends { readonly type: string }> {
  readonly fields: { readonly [F in keyof Omit<R, 'type'>]-?: FieldCheck };
  readonly required: readonly (keyof Omit<R, 'type'>)[];
  behaviour(rule: R): Behaviour;
}
