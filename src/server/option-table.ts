import { INTERFACE_VERSIONS } from '../protocol';
import type { TlsOptions } from 'node:tls';
import { createLog, redactedLog, silentLog, type OpenLog, type LogSink } from '../observability';
import { findTlsProblems } from '../session';
import { withoutLineEnd } from '../text';
import type { Problem } from './errors';

const LONGEST_SECONDS = 2_000_000;

/** What is to be given in place of a value that is not usable. */
export class Remedy {
  constructor(readonly text: string) {}
}

/** One option: what it is where it is not given, and what becomes of a value. `G`: what may be given. */
export interface Option<G, T> {
  readonly fallback: T;
  read(value: G): T | Remedy;
}

/** A table of options: what may be given, and what it is once it is read. */
export type OptionTable = Readonly<Record<string, Option<never, unknown>>>;
export type Given<T extends OptionTable> = {
  readonly [N in keyof T]?: T[N] extends Option<infer G, infer _> ? G : never;
};
export type Read<T extends OptionTable> = { readonly [N in keyof T]: T[N]['fallback'] };

export function text(fallback: string, max = 255): Option<string, string> {
  const read = (given: unknown): string | Remedy => {
    const value = typeof given === 'string' ? withoutLineEnd(given) : given;
    const fits = typeof value === 'string' && value.length <= max;
    return fits ? value : new Remedy(`give a text of at most ${max} characters`);
  };
  return { fallback, read };
}

export function number(fallback: number, min: number, max: number, scale?: number): Option<number, number> {
  const remedy = new Remedy(`give a ${scale ? '' : 'whole '}number from ${min} to ${max}`);
  const read = (given: unknown): number | Remedy => {
    const value = typeof given === 'string' ? Number(given) : given;
    const fits = typeof value === 'number' && value >= min && value <= max;
    return fits && (scale || Number.isInteger(value)) ? value * (scale ?? 1) : remedy;
  };
  return { fallback: fallback * (scale ?? 1), read };
}

/** Given in seconds, kept in milliseconds. */
export function seconds(fallback: number, min = 0): Option<number, number> {
  return number(fallback, min, LONGEST_SECONDS, 1000);
}

export function choice<const T extends string>(fallback: T, all: readonly T[]): Option<T, T> {
  const remedy = new Remedy(`give one of ${all.join(', ')}`);
  return { fallback, read: (value) => all.find((one) => one === value) ?? remedy };
}

export function asGiven<T>(fallback: T): Option<T & {}, T> {
  return { fallback, read: (value) => value };
}

export function flag(fallback: boolean): Option<boolean, boolean> {
  const remedy = new Remedy('give true or false');
  return { fallback, read: (value: unknown) => (typeof value === 'boolean' ? value : remedy) };
}

/** A function, or nothing. */
export function callback<T>(): Option<T & {}, T | undefined> {
  const read = (value: T & {}): T | Remedy =>
    typeof value === 'function' ? value : new Remedy('give a function');
  return { fallback: undefined, read };
}

/** A version of SMPP by its name, kept as its number in PDUs. */
export const version: Option<keyof typeof INTERFACE_VERSIONS, number> = {
  fallback: INTERFACE_VERSIONS['3.4'],
  read: (name) =>
    INTERFACE_VERSIONS[name] ?? new Remedy(`give one of ${Object.keys(INTERFACE_VERSIONS).join(', ')}`),
};

export const log: Option<OpenLog | LogSink, OpenLog> = {
  fallback: silentLog,
  read(value) {
    if (typeof value === 'function') return createLog({ sink: value });
    const { info, isLevelEnabled } = value as Partial<OpenLog>;
    const isLog = typeof info === 'function' && typeof isLevelEnabled === 'function';
    if (!isLog) return new Remedy('give a pino logger, or a function that takes lines');
    // A log of ours, such as the simulator's for its server, is redacted already.
    return 'begin' in value ? value : redactedLog(value);
  },
};

/** What is read of the options, and all that is wrong with them; where something is, the rest is not to be used. */
export function readOptions<T extends OptionTable>(
  table: T,
  options: Given<T>,
): { settings: Read<T>; problems: Problem[] } {
  const given = options as Readonly<Record<string, unknown>>;
  const problems: Problem[] = [];
  const settings: Record<string, unknown> = {};
  for (const [field, option] of Object.entries(table) as [string, Option<unknown, unknown>][]) {
    const value = given[field];
    // An emptied field of an editor means its default.
    const isGiven = value !== undefined && value !== null && value !== '';
    const read = isGiven ? option.read(value) : option.fallback;
    if (read instanceof Remedy) problems.push({ field, value, remedy: read.text });
    else settings[field] = read;
  }
  const remedy = `there is no such option; there are ${Object.keys(table).join(', ')}`;
  for (const [field, value] of Object.entries(given)) {
    if (!Object.hasOwn(table, field)) problems.push({ field, value, remedy });
  }
  return { settings: settings as Read<T>, problems };
}

export function tlsProblems(tls: TlsOptions | undefined): Problem[] {
  if (!tls) return [];
  const problem = (field: string, remedy: string): Problem => ({ field, value: undefined, remedy });
  if (!tls.pfx && (!tls.cert || !tls.key)) return [problem('tls', 'give key and cert, both in PEM form')];
  return findTlsProblems(tls).map(({ field, remedy }) => problem(field ? `tls.${field}` : 'tls', remedy));
}
