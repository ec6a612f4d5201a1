import type { TlsOptions } from 'node:tls';
import { systemClock, type Clock } from '../clock';
import { createLog, silentLog, type Log, type LogSink } from '../observability';
import { DEFAULT_MAX_PDU_LENGTH } from '../protocol';
import { findTlsProblems } from '../session';
import { ENCODING_NAMES, withoutLineEnd } from '../text';
import { SmscConfigError, type Problem } from './errors';
import { RECEIPT_STATES } from './receipt-states';
import { findRuleProblems, type Rule } from './rules';

const VERSIONS = { '3.3': 0x33, '3.4': 0x34, '5.0': 0x50 } as const;
const ALPHABETS: readonly string[] = ENCODING_NAMES.filter((name) => name !== 'binary');
const LONGEST_SECONDS = 2_000_000;

/** What is to be given in place of a value that is not usable. */
class Remedy {
  constructor(readonly text: string) {}
}

/** One option: what it is where it is not given, and what becomes of a value. `G`: what may be given. */
interface Option<G, T> {
  readonly fallback: T;
  read(value: G): T | Remedy;
}

function text(fallback: string, max = 255): Option<string, string> {
  const read = (given: unknown): string | Remedy => {
    const value = typeof given === 'string' ? withoutLineEnd(given) : given;
    const fits = typeof value === 'string' && value.length <= max;
    return fits ? value : new Remedy(`give a text of at most ${max} characters`);
  };
  return { fallback, read };
}

function number(fallback: number, min: number, max: number, scale?: number): Option<number, number> {
  const remedy = new Remedy(`give a ${scale ? '' : 'whole '}number from ${min} to ${max}`);
  const read = (given: unknown): number | Remedy => {
    const value = typeof given === 'string' ? Number(given) : given;
    const fits = typeof value === 'number' && value >= min && value <= max;
    return fits && (scale || Number.isInteger(value)) ? value * (scale ?? 1) : remedy;
  };
  return { fallback: fallback * (scale ?? 1), read };
}

/** Given in seconds, kept in milliseconds. */
function seconds(fallback: number, min = 0): Option<number, number> {
  return number(fallback, min, LONGEST_SECONDS, 1000);
}

function choice<const T extends string>(fallback: T, all: readonly T[]): Option<T, T> {
  const remedy = new Remedy(`give one of ${all.join(', ')}`);
  return { fallback, read: (value) => all.find((one) => one === value) ?? remedy };
}

function asGiven<T>(fallback: T): Option<T & {}, T> {
  return { fallback, read: (value) => value };
}

const version: Option<keyof typeof VERSIONS, number> = {
  fallback: VERSIONS['3.4'],
  read: (name) => VERSIONS[name] ?? new Remedy(`give one of ${Object.keys(VERSIONS).join(', ')}`),
};

const log: Option<Log | LogSink, Log> = {
  fallback: silentLog,
  read(value) {
    if (typeof value === 'function') return createLog({ sink: value });
    const { info, isLevelEnabled } = value as Partial<Log>;
    const isLog = typeof info === 'function' && typeof isLevelEnabled === 'function';
    return isLog ? value : new Remedy('give a pino logger, or a function that takes lines');
  },
};

const OPTIONS = {
  /** The address to listen on; default 127.0.0.1, which other machines cannot reach. */
  host: text('127.0.0.1'),
  /** Default 0: any free port. */
  port: number(0, 0, 65_535),
  /** What a client must bind with; empty (the default): anything. */
  systemId: text('', 64),
  password: text('', 64),
  /** From the answer to the receipt; default 0.5. */
  receiptDelay: seconds(0.5),
  /** What becomes of every message; default DELIVRD. */
  receiptState: choice('DELIVRD', RECEIPT_STATES),
  /** Faults on demand; default none. */
  rules: asGiven<readonly Rule[]>([]),
  /**
   * The message_id of the nth message taken, from 1: at most 64 ASCII characters. Default: digits that do
   * not come again after a restart.
   */
  messageId: asGiven<((n: number) => string) | undefined>(undefined),
  /** What the bind response says; default 3.4. */
  interfaceVersion: version,
  /** Options of Node's `tls.createServer` with key and certificate; absent: plain TCP. */
  tls: asGiven<TlsOptions | undefined>(undefined),
  /** Requests towards one client that may wait for their responses; default 10. */
  windowSize: number(10, 1, 100_000),
  /** How long a client may take to answer; default 30. */
  responseTimeout: seconds(30, 0.01),
  /** A client that was silent for so long is sent an enquire_link; default 60; 0: never. */
  enquireLinkInterval: seconds(60),
  /** How long a client may take to bind; default 10; 0: for ever. */
  bindTimeout: seconds(10),
  /** A link without messages for so long is unbound; default 0: never. */
  inactivityTimeout: seconds(0),
  /** Octets; default 131072. */
  maxPduLength: number(DEFAULT_MAX_PDU_LENGTH, 256, 16_777_216),
  /** What data_coding 0 means here; default gsm0338. */
  defaultAlphabet: choice('gsm0338', ALPHABETS),
  /** A pino logger, or a function that takes finished lines; default: none. */
  log,
  clock: asGiven<Clock>(systemClock),
  /** Chance, from 0 up to 1: for the UUIDs of the rule `ids`; default Math.random. */
  random: asGiven<() => number>(Math.random),
};

type Options = typeof OPTIONS;

/** How a simulated SMSC is set up. Times are in seconds. */
export type SmscOptions = {
  readonly [N in keyof Options]?: Options[N] extends Option<infer G, infer _> ? G : never;
};

/** The options, checked: times in milliseconds, defaults filled in. */
export type SmscSettings = { readonly [N in keyof Options]: Options[N]['fallback'] };

/** Checks all options; throws {@link SmscConfigError} with everything that is wrong. */
export function normalise(options: SmscOptions): SmscSettings {
  const given = options as Readonly<Record<string, unknown>>;
  const problems: Problem[] = [];
  const settings: Record<string, unknown> = {};
  for (const [field, option] of Object.entries(OPTIONS) as [string, Option<unknown, unknown>][]) {
    const value = given[field];
    // An emptied field of an editor means its default.
    const isGiven = value !== undefined && value !== null && value !== '';
    const read = isGiven ? option.read(value) : option.fallback;
    if (read instanceof Remedy) problems.push({ field, value, remedy: read.text });
    else settings[field] = read;
  }
  const remedy = `there is no such option; there are ${Object.keys(OPTIONS).join(', ')}`;
  for (const [field, value] of Object.entries(given)) {
    if (!Object.hasOwn(OPTIONS, field)) problems.push({ field, value, remedy });
  }
  const { tls, rules } = settings as SmscSettings;
  problems.push(...tlsProblems(tls), ...findRuleProblems(rules));
  if (problems.length > 0) throw new SmscConfigError(problems);
  return settings as SmscSettings;
}

function tlsProblems(tls: TlsOptions | undefined): Problem[] {
  if (!tls) return [];
  const problem = (field: string, remedy: string): Problem => ({ field, value: undefined, remedy });
  if (!tls.pfx && (!tls.cert || !tls.key)) return [problem('tls', 'give key and cert, both in PEM form')];
  return findTlsProblems(tls).map(({ field, remedy }) => problem(field ? `tls.${field}` : 'tls', remedy));
}
