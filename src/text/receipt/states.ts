import { byWord } from './fields';

/** By the number of the TLV message_state (SMPP 5.0 section 4.7.15), as receipts of 3.4 appendix B spell them. */
// prettier-ignore
export const MESSAGE_STATES = [
  'SCHEDULED', 'ENROUTE', 'DELIVRD', 'EXPIRED', 'DELETED', 'UNDELIV', 'ACCEPTD', 'UNKNOWN', 'REJECTD', 'SKIPPED',
] as const;

/** A state by its name in a receipt; only 5.0 has the first and the last. */
export type MessageStateName = (typeof MESSAGE_STATES)[number];

/**
 * States after which another receipt may come. ACCEPTD is one of them: the specification says
 * "read by customer service", SMSCs mean "taken by the network". Behind it: what vendors write for the same.
 */
const NOT_FINAL: ReadonlySet<string> = new Set(
  'SCHEDULED ENROUTE ACCEPTD BUFFERED BUFFERD PENDING QUEUED SUBMITTED SUBMITD SENT RETRY INTERMED'.split(
    ' ',
  ),
);

/** Spellings of the states above. */
const SPELLINGS = byWord<MessageStateName>({
  DELIVRD: 'DELIVERED DELIVERD DELIVRED',
  UNDELIV: 'UNDELIVERABLE UNDELIVERED UNDELIVRD UNDELIVERD',
  ACCEPTD: 'ACCEPTED',
  REJECTD: 'REJECTED',
  ENROUTE: 'EN_ROUTE',
  EXPIRED: 'EXPIRD',
});

/** A user's own reading of a state: its name here, and whether it is final. */
export type StateMapping =
  | string
  | {
      /** What it is called; default: what it is called without this. */
      readonly state?: string | undefined;
      /** Whether no further receipt follows; default: as for the state that it is called. */
      readonly final?: boolean | undefined;
    };

/** By the state as the SMSC writes it, upper or lower case. */
export type StateMappings = Readonly<Record<string, StateMapping>>;

/** A state of a message. */
export interface State {
  /** `DELIVRD`, `UNDELIV` …; an unknown one as it came. */
  readonly state: string;
  /** Whether no further receipt will follow. */
  readonly final: boolean;
}

/**
 * A state as a receipt text has it: a name, a spelling of one, or the number of message_state. One that nobody
 * knows stays as it is, and is final: nearly all that vendors invent are ways to fail for good, and an
 * unfinished message would never end. `states` says otherwise.
 */
export function stateOf(written: string, states: StateMappings = {}): State {
  const mapping = mappingOf(written, states);
  if (mapping === undefined || typeof mapping === 'string') return known(mapping ?? written);
  const base = known(mapping.state ?? written);
  return { state: base.state, final: mapping.final ?? base.final };
}

function mappingOf(written: string, states: StateMappings): StateMapping | undefined {
  if (Object.hasOwn(states, written)) return states[written];
  const upper = written.toUpperCase();
  for (const key in states) if (key.toUpperCase() === upper && Object.hasOwn(states, key)) return states[key];
  return undefined;
}

function known(written: string): State {
  const state = knownName(written) ?? written;
  return { state, final: !NOT_FINAL.has(state.toUpperCase()) };
}

/** The state of the specification that a word or number is, in any spelling. */
function knownName(written: string): MessageStateName | undefined {
  const upper = written.toUpperCase();
  const name = /^\d{1,2}$/.test(upper) ? MESSAGE_STATES[Number(upper)] : (SPELLINGS.get(upper) ?? upper);
  return MESSAGE_STATES.find((one) => one === name);
}

export function isKnownState(written: string): boolean {
  return knownName(written) !== undefined;
}

/** How much a state says: an end before one on the way, that before one that says nothing. */
export const WEIGHT = {
  ABSENT: 0,
  /** SCHEDULED, which 3.4 reserves and its SMSCs fill in; UNKNOWN; reserved numbers. */
  LITTLE: 1,
  /** A word that nobody knows. */
  UNKNOWN_WORD: 2,
  ON_THE_WAY: 3,
  END: 4,
} as const;

export interface Weighed extends State {
  readonly weight: number;
}

export const NOTHING: Weighed = { state: 'UNKNOWN', final: false, weight: WEIGHT.ABSENT };

/** A state with its weight. What the user has given a meaning has one. */
export function weighed(written: string, states?: StateMappings): Weighed {
  const mapped = states !== undefined && mappingOf(written, states) !== undefined;
  const common = mapped ? undefined : COMMON.get(written);
  if (common) return common;
  const state = stateOf(written, states);
  return { ...state, weight: weightOf(state, written, mapped) };
}

function weightOf({ state, final }: State, written: string, mapped: boolean): number {
  if (!mapped && (state === 'SCHEDULED' || state === 'UNKNOWN')) return WEIGHT.LITTLE;
  if (!mapped && !isKnownState(written)) return /^\d+$/.test(written) ? WEIGHT.LITTLE : WEIGHT.UNKNOWN_WORD;
  return final ? WEIGHT.END : WEIGHT.ON_THE_WAY;
}

/** What nearly every receipt says, looked up once. */
const COMMON: ReadonlyMap<string, Weighed> = new Map(
  MESSAGE_STATES.map((written): [string, Weighed] => {
    const state = stateOf(written);
    return [written, { ...state, weight: weightOf(state, written, false) }];
  }),
);
