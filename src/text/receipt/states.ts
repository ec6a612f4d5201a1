/** How a message stands, as receipts of SMPP 3.4 appendix B spell it; 5.0 adds the first and the last. */
export type MessageStateName =
  | 'SCHEDULED'
  | 'ENROUTE'
  | 'DELIVRD'
  | 'EXPIRED'
  | 'DELETED'
  | 'UNDELIV'
  | 'ACCEPTD'
  | 'UNKNOWN'
  | 'REJECTD'
  | 'SKIPPED';

/** By the number of the TLV message_state (SMPP 5.0 section 4.7.15). */
export const MESSAGE_STATES: readonly MessageStateName[] = [
  'SCHEDULED',
  'ENROUTE',
  'DELIVRD',
  'EXPIRED',
  'DELETED',
  'UNDELIV',
  'ACCEPTD',
  'UNKNOWN',
  'REJECTD',
  'SKIPPED',
];

/**
 * States after which another receipt may come. ACCEPTD is one of them: the specification says
 * "read by customer service", centres mean "taken by the network". Below: what vendors write for the same.
 */
const NOT_FINAL: ReadonlySet<string> = new Set([
  'SCHEDULED',
  'ENROUTE',
  'ACCEPTD',
  'BUFFERED',
  'BUFFERD',
  'PENDING',
  'QUEUED',
  'SUBMITTED',
  'SUBMITD',
  'SENT',
  'RETRY',
  'INTERMED',
]);

/** Spellings of the states above. */
const SPELLINGS: ReadonlyMap<string, MessageStateName> = new Map([
  ['DELIVERED', 'DELIVRD'],
  ['DELIVERD', 'DELIVRD'],
  ['DELIVRED', 'DELIVRD'],
  ['UNDELIVERABLE', 'UNDELIV'],
  ['UNDELIVERED', 'UNDELIV'],
  ['UNDELIVRD', 'UNDELIV'],
  ['UNDELIVERD', 'UNDELIV'],
  ['ACCEPTED', 'ACCEPTD'],
  ['REJECTED', 'REJECTD'],
  ['EN_ROUTE', 'ENROUTE'],
  ['EXPIRD', 'EXPIRED'],
]);

/** A user's own reading of a state: its name here, and whether it is final. */
export type StateMapping =
  string | { readonly state?: string | undefined; readonly final?: boolean | undefined };

/** By the state as the centre writes it, upper or lower case. */
export type StateMappings = Readonly<Record<string, StateMapping>>;

export interface State {
  readonly state: string;
  readonly final: boolean;
}

/**
 * A state as a receipt text has it: a name, a spelling of one, or the number of message_state. One that nobody
 * knows stays as it is, and is final: nearly all that vendors invent are ways to fail for good, and an
 * unfinished message would never end. `states` says otherwise.
 */
export function stateOf(written: string, states: StateMappings = {}): State {
  const upper = written.toUpperCase();
  const mapping = mappingOf(written, states);
  if (mapping === undefined) return known(upper, written);
  if (typeof mapping === 'string') return known(mapping.toUpperCase(), mapping);
  const state = mapping.state ?? written;
  const base = known(state.toUpperCase(), state);
  return { state: base.state, final: mapping.final ?? base.final };
}

function mappingOf(written: string, states: StateMappings): StateMapping | undefined {
  if (Object.hasOwn(states, written)) return states[written];
  const upper = written.toUpperCase();
  const key = Object.keys(states).find((one) => one.toUpperCase() === upper);
  return key === undefined ? undefined : states[key];
}

/** Whether the user says what the state means. */
export function isMapped(written: string, states: StateMappings = {}): boolean {
  return mappingOf(written, states) !== undefined;
}

function known(upper: string, written: string): State {
  const name = isKnownState(upper) ? nameOf(upper) : written;
  return { state: name, final: !NOT_FINAL.has(name.toUpperCase()) };
}

function nameOf(upper: string): string {
  if (/^\d{1,2}$/.test(upper)) return MESSAGE_STATES[Number(upper)] ?? upper;
  return SPELLINGS.get(upper) ?? upper;
}

/** Whether the word is a state of the specification, in any spelling. */
export function isKnownState(written: string): boolean {
  const name = nameOf(written.toUpperCase());
  return (MESSAGE_STATES as readonly string[]).includes(name);
}
