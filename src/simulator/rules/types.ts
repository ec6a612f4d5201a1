/**
 * What leaves the SMSC, by what it is about: the response to a submit, to a bind, to unbind or enquire_link, or
 * a message or receipt for the client.
 */
export const SUBJECTS = ['submit', 'bind', 'unbind', 'enquire_link', 'deliver'] as const;

export type Subject = (typeof SUBJECTS)[number];

/** What the SMSC was asked to send: submit_sm, data_sm, submit_multi or broadcast_sm. */
export interface SubmitFacts {
  readonly system_id: string;
  /** Numbers without a leading `+`; none for a broadcast. */
  readonly destinations: readonly string[];
  /** Which one of its link, from 1. */
  readonly ofLink: number;
  /** Monotonic milliseconds. */
  readonly now: number;
  /** Its TLVs, by name or as `0x1401`. */
  readonly tlvs: Readonly<Record<string, unknown>>;
  /** What it says, of a long message this part; undefined where it is no text. */
  text(): string | undefined;
}

/** A PDU that the SMSC is about to write. */
export interface WriteFacts {
  /** Undefined: none of them. */
  readonly subject: Subject | undefined;
  readonly command_status: number;
  /** Which one about its subject over its link, from 1. */
  readonly ofLink: number;
}

/**
 * What can happen to a link: closed, reset, unbound by the SMSC, or left up and dead, as by an SMSC that hangs:
 * `mute` writes nothing any more, `deaf` does not read either.
 */
export type LinkEffect = 'close' | 'reset' | 'unbind' | 'mute' | 'deaf';

/** What is to happen to a submit, or to a PDU that is about to be written. Absent: as if there were no rule. */
interface Effect {
  /** Milliseconds until it is answered, or written; what comes after it does not wait. */
  readonly delay?: number;
  /** It is never answered, or not written. */
  readonly silent?: boolean;
  /** Happens to the link: `unbind` after the answer to a submit, all others at once; after what is written. */
  readonly act?: LinkEffect;
}

export interface SubmitEffect extends Effect {
  /** The command_status to refuse it with. */
  readonly status?: number;
  /** Whether what is not answered is taken all the same. */
  readonly taken?: boolean;
  /** Its receipt goes at once, before a delayed answer. */
  readonly receiptFirst?: boolean;
  /** Added to those of the response. */
  readonly tlvs?: Readonly<Record<string, unknown>>;
}

export interface WriteEffect extends Effect {
  /** Written so many times more. */
  readonly copies?: number;
  /** The same with this sequence_number is written before it. */
  readonly before?: (sequence_number: number) => number;
  readonly sequence_number?: (sequence_number: number) => number;
  /** Only its header is written. */
  readonly bare?: boolean;
  /** Written in pieces of so many octets, so many milliseconds apart. */
  readonly pieces?: { readonly octets: number; readonly ms: number };
  /** Only its first half is written. */
  readonly half?: boolean;
}

/** What happens to a link so many milliseconds after it has bound. */
export interface BoundEffect {
  readonly after: number;
  readonly act: LinkEffect;
}

/** What an SMSC always does. */
export interface Habits {
  /** Its ids, made of the digits that it counts by: in the response, and in the receipt (absent: the same). */
  readonly responseId?: (digits: string) => string;
  readonly receiptId?: (digits: string) => string;
  /** The sequence_number of all its requests. */
  readonly sequence_number?: number;
  /** Its bind responses have no sc_interface_version. */
  readonly hidesVersion?: boolean;
  /** The command_status for an area of a broadcast that it cannot reach, by its alias; of a shape that is empty. */
  readonly badArea?: (alias: string) => number | undefined;
}

/** A rule at work. It counts what it sees, so each SMSC has its own. */
export interface RuleHooks {
  readonly habits?: Habits;
  readonly onSubmit?: (submit: SubmitFacts) => SubmitEffect | undefined;
  /** The error_status_code of one destination of a submit_multi; undefined: it is taken. `number`: without a leading `+`. */
  readonly onDestination?: (number: string) => number | undefined;
  /** The command_status to refuse a bind with. */
  readonly onBind?: () => number | undefined;
  readonly onBound?: () => BoundEffect | undefined;
  readonly onWrite?: (pdu: WriteFacts) => WriteEffect | undefined;
}
