import { isIP } from 'node:net';
import { STATUSES, describeStatus, type StatusName } from '../../protocol';
import { isTimeZone } from '../../text';
import { isSecret, type Problem } from './errors';

/** One option: how it is checked, and what it is when it is not given. */
export interface OptionKind<T> {
  /** The value where the option is not given. */
  readonly fallback: T;
  /** The value as the engine uses it, or what to do about it; `variable` as in {@link Problem}. */
  check(value: unknown): { value: T } | Pick<Problem, 'remedy' | 'variable'>;
}

/** What is given cannot be used; the message is the remedy. */
export class Refused extends Error {
  readonly variable: string | undefined;

  constructor(remedy: string, variable?: string) {
    super(remedy);
    this.variable = variable;
  }
}

/** `read` gives the value as the engine uses it, or throws an error whose message says what to do about it. */
export function kind<T>(fallback: T, read: (given: unknown) => T): OptionKind<T> {
  return {
    fallback,
    check(given) {
      try {
        return { value: read(given) };
      } catch (error) {
        const remedy = (error as Error).message;
        const variable = error instanceof Refused ? error.variable : undefined;
        return variable === undefined ? { remedy } : { remedy, variable };
      }
    },
  };
}

interface Range {
  readonly min: number;
  readonly max: number;
  readonly whole?: boolean;
  /** What is said behind the remedy. */
  readonly hint?: string;
}

/** Numbers may come as text: environment variables always do. */
function readNumber(given: unknown, { min, max, whole = false, hint = '' }: Range): number {
  const value = typeof given === 'string' && given.trim() !== '' ? Number(given) : given;
  if (typeof value !== 'number' || !(whole ? Number.isInteger(value) : Number.isFinite(value)))
    throw new Refused(`give ${whole ? 'a whole number' : 'a number'}${hint}`);
  if (value >= min && value <= max) return value;
  throw new Refused(`give ${max === Infinity ? `${min} or more` : `a value from ${min} to ${max}`}${hint}`);
}

export const integer = (fallback: number, min = 0, max = Infinity): OptionKind<number> =>
  kind(fallback, (given) => readNumber(given, { min, max, whole: true }));

export const decimal = (fallback: number, min = 0, max = Infinity): OptionKind<number> =>
  kind(fallback, (given) => readNumber(given, { min, max }));

/** Milliseconds; given in seconds. */
const readSeconds = (given: unknown, min: number, max: number): number =>
  readNumber(given, { min, max, hint: ' (seconds)' }) * 1000;

/** Given in seconds, as the fallback is; used in milliseconds. */
export const seconds = (fallback: number, min = 0, max = 2_000_000): OptionKind<number> =>
  kind(fallback * 1000, (given) => readSeconds(given, min, max));

/** As {@link seconds}, from `min` seconds on, or 0 for off. */
export const secondsOrOff = (fallback: number, min: number): OptionKind<number> =>
  kind(fallback * 1000, (given) => {
    const value = readSeconds(given, 0, 2_000_000);
    if (value === 0 || value >= min * 1000) return value;
    throw new Refused(`give ${min} or more (seconds), or 0 for off`);
  });

/** A whole number from `min` to `max`; undefined: `auto`, the default. */
export const autoOr = (max: number, min = 0): OptionKind<number | undefined> =>
  kind<number | undefined>(undefined, (given) =>
    given === 'auto' ? undefined : readNumber(given, { min, max, whole: true, hint: ', or "auto"' }),
  );

/** What may be left blank: then it is undefined. */
export function blankOr<T>(inner: OptionKind<T>): OptionKind<T | undefined> {
  return { fallback: undefined, check: (given) => inner.check(given) };
}

const WORDS = new Map<unknown, boolean>([
  ...['true', '1', 'yes', 'on'].map((word) => [word, true] as const),
  ...['false', '0', 'no', 'off'].map((word) => [word, false] as const),
]);

export const flag = (fallback: boolean): OptionKind<boolean> =>
  kind(fallback, (given) => {
    const value = typeof given === 'string' ? WORDS.get(given.trim().toLowerCase()) : given;
    if (typeof value === 'boolean') return value;
    throw new Refused('give true or false');
  });

export const choice = <const T extends string>(first: T, ...others: T[]): OptionKind<T> =>
  kind<T>(first, (given) => {
    const all = [first, ...others];
    const value = all.find((one) => one === String(given));
    if (value !== undefined) return value;
    throw new Refused(`give one of ${all.join(', ')}`);
  });

/** Of at least `min` characters, without those around it, and at most `max`. */
function readText(given: unknown, max = Infinity, min = 0): string {
  const value = Number.isFinite(given) ? String(given) : given;
  if (typeof value !== 'string') throw new Refused('give a text');
  if (value.trim().length < min) throw new Refused('it must not be empty');
  if (value.length <= max) return value;
  throw new Refused(`at most ${max} characters (this has ${value.length})`);
}

export const text = (fallback: string): OptionKind<string> => kind(fallback, (given) => readText(given));

/** A C-octet string of the specification: ASCII, at most `max` octets without the NUL. */
export const ascii = (fallback: string, max: number): OptionKind<string> =>
  kind(fallback, (given) => {
    const value = readText(given, max);

    if (/^[\x01-\x7f]*$/.test(value)) return value;
    throw new Refused('only ASCII characters are possible here');
  });

/** A name or address alone, without port or scheme; blanks around it are taken off. */
export const hostName = (fallback: string): OptionKind<string> =>
  kind(fallback, (given) => {
    const value = readText(given, 255, 1).trim();
    if (isIP(value) !== 0 || /^[\p{L}\p{N}._-]+$/u.test(value)) return value;
    throw new Refused(
      'give a name or address alone, such as smsc.example or 192.0.2.1; a port is a field of its own',
    );
  });

/** An IP address of this machine; blank: whichever the system chooses. */
export const address = (): OptionKind<string> =>
  kind('', (given) => {
    const value = typeof given === 'string' ? given.trim() : given;
    if (value === '' || (typeof value === 'string' && isIP(value) !== 0)) return value;
    throw new Refused(
      'give an IP address of this machine, such as 192.0.2.1; names of hosts or interfaces are none',
    );
  });

/** An IANA name or an offset. What blank means is the option's own: UTC, or the zone of the process. */
export const timeZone = (): OptionKind<string> =>
  kind('', (given) => {
    if (typeof given === 'string' && isTimeZone(given)) return given;
    throw new Refused('give a time zone such as Europe/Berlin, or an offset such as +02:00');
  });

/** A command_status by name, or by number as `0x00000401` or 1025; used as a number. */
export const status = (fallback: StatusName): OptionKind<number> =>
  kind(STATUSES[fallback][0], (given) => {
    const code = typeof given === 'string' || typeof given === 'number' ? statusCode(`${given}`) : undefined;
    if (code !== undefined) return code;
    throw new Refused('give a status such as ESME_RX_T_APPN, or its number such as 0x00000064');
  });

function statusCode(given: string): number | undefined {
  const written = given.trim();
  try {
    const { code } = describeStatus(/^\d+$/.test(written) ? Number(written) : written);
    return code <= 0xffffffff ? code : undefined;
  } catch {
    return undefined;
  }
}

const UNSET = /^\$\{(\S+)\}$/;
/** Of a secret: what is no name of a variable of an operating system's is a secret that looks like one. */
const UNSET_SECRET = /^\$\{([A-Za-z_]\w*)\}$/;

/** The problem with a value that is `${NAME}`, which whoever starts the client was to replace by the variable's value. */
export function unsetVariable(field: string, value: unknown): Required<Problem> | undefined {
  const unset = isSecret(field) ? UNSET_SECRET : UNSET;
  const variable = typeof value === 'string' ? unset.exec(value)?.[1] : undefined;
  if (variable === undefined) return undefined;
  const remedy = `only nodes read the environment; in a program give process.env.${variable}`;
  return { field, value, remedy, variable };
}
