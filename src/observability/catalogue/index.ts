/**
 * Every kind of log line there is: the one place where events, stages and fields are named. Log calls are typed by it,
 * docs/logging.md lists it, and tests keep the three equal.
 */
import { CONNECTION_LINES } from './connection-lines';
import type { Entries, Entry, Level } from './entry';
import type { COMMON, Field, FieldValue } from './fields';
import { INBOUND_LINES } from './inbound-lines';
import { OUTBOUND_LINES } from './outbound-lines';
import { QUEUE_LINES } from './queue-lines';
import { SERVER_LINES } from './server-lines';

export { COMMON, ADDED, FIELDS, type Field, type FieldKind } from './fields';
export { LEVELS, type Entries, type Entry, type Level } from './entry';

/** Of a client. */
export const CLIENT_LINES = {
  ...CONNECTION_LINES,
  ...OUTBOUND_LINES,
  ...INBOUND_LINES,
  ...QUEUE_LINES,
} as const satisfies Entries;

export { SERVER_LINES };

type Common = (typeof COMMON)[number];

type Facts<F extends Field> = { readonly [Name in F | Common]?: FieldValue<Name> | undefined };

/** The facts of one kind of line. */
type LineOf<Event, Stage, One extends Entry> = { readonly event: Event; readonly stage: Stage } & Facts<
  One[1][number]
>;

type LinesOf<All extends Entries> = {
  [Event in keyof All]: {
    [Stage in keyof All[Event]]: LineOf<Event, Stage, All[Event][Stage]>;
  }[keyof All[Event]];
}[keyof All];

/** The facts of any line: what a log call is given. A fact that the line's kind does not have is a type error. */
export type LogLine = LinesOf<typeof CLIENT_LINES> | LinesOf<typeof SERVER_LINES>;

/** What a line with this event and stage may be, of a client or of a server. */
export function entriesOf(event: unknown, stage: unknown): readonly Entry[] {
  return [CLIENT_LINES, SERVER_LINES].flatMap((all: Entries) => {
    const stages = Object.hasOwn(all, String(event)) ? all[String(event)] : undefined;
    const entry = stages && Object.hasOwn(stages, String(stage)) ? stages[String(stage)] : undefined;
    return entry ? [entry] : [];
  });
}

export const levelsOf = ([levels]: Entry): readonly Level[] =>
  typeof levels === 'string' ? [levels] : levels;
