import type { Field } from './fields';

/** By weight. */
export const LEVELS = { trace: 10, debug: 20, info: 30, warn: 40, error: 50 } as const;

export type Level = keyof typeof LEVELS;

/** A kind of line: at which level or levels it is written, what it may have beside what all have, what it says. */
export type Entry = readonly [levels: Level | readonly Level[], fields: readonly Field[], meaning: string];

/** By event, and within it by stage. */
export type Entries = Readonly<Record<string, Readonly<Record<string, Entry>>>>;
