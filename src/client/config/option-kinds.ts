import { isIP } from 'node:net';
import { STATUSES, TlvTable, describeStatus, type StatusName, type VendorTlv } from '../../protocol';
import type { Problem } from './errors';

/** One option: how it is checked, and what it is when it is not given. */
export interface OptionKind<T> {
  readonly fallback: T;
  /** The value as the engine uses it, or what to do about it; `variable` as in {@link Problem}. */
  check(value: unknown): { value: T } | Pick<Problem, 'remedy' | 'variable'>;
}

interface Range {
  min?: number;
  max?: number;
}

function inRange(value: number, { min = -Infinity, max = Infinity }: Range): string | undefined {
  if (value >= min && value <= max) return undefined;
  if (max === Infinity) return `give ${min} or more`;
  return `give a value from ${min} to ${max}`;
}

/** Numbers may come as text: Node-RED's environment variables always do. */
function number(fallback: number, range: Range, whole: boolean): OptionKind<number> {
  return {
    fallback,
    check(given) {
      const value = typeof given === 'string' && given.trim() !== '' ? Number(given) : given;
      const wanted = whole ? 'a whole number' : 'a number';
      if (typeof value !== 'number' || !Number.isFinite(value)) return { remedy: `give ${wanted}` };
      if (whole && !Number.isInteger(value)) return { remedy: `give ${wanted}` };
      const remedy = inRange(value, range);
      return remedy === undefined ? { value } : { remedy };
    },
  };
}

export const integer = (fallback: number, min = 0, max = Infinity): OptionKind<number> =>
  number(fallback, { min, max }, true);

export const decimal = (fallback: number, min = 0, max = Infinity): OptionKind<number> =>
  number(fallback, { min, max }, false);

/** The same, from `min` on, or 0 for off. */
export function secondsOrOff(fallback: number, min: number): OptionKind<number> {
  const inner = seconds(fallback);
  return {
    fallback: inner.fallback,
    check(given) {
      const result = inner.check(given);
      const fits = !('value' in result) || result.value === 0 || result.value >= min * 1000;
      return fits ? result : { remedy: `give ${min} or more (seconds), or 0 for off` };
    },
  };
}

/** Given in seconds, used in milliseconds. */
export function seconds(fallback: number, min = 0, max = 2_000_000): OptionKind<number> {
  const inner = decimal(fallback, min, max);
  return {
    fallback: fallback * 1000,
    check(given) {
      const result = inner.check(given);
      return 'value' in result ? { value: result.value * 1000 } : { remedy: `${result.remedy} (seconds)` };
    },
  };
}

export function flag(fallback: boolean): OptionKind<boolean> {
  return {
    fallback,
    check(given) {
      const value = typeof given === 'string' ? WORDS.get(given.trim().toLowerCase()) : given;
      return typeof value === 'boolean' ? { value } : { remedy: 'give true or false' };
    },
  };
}

const WORDS = new Map([
  ['true', true],
  ['1', true],
  ['yes', true],
  ['on', true],
  ['false', false],
  ['0', false],
  ['no', false],
  ['off', false],
]);

export function text(fallback: string, maxOctets = Infinity, min = 0): OptionKind<string> {
  return {
    fallback,
    check(given) {
      const value = Number.isFinite(given) ? String(given) : given;
      if (typeof value !== 'string') return { remedy: 'give a text' };
      if (value.trim().length < min) return { remedy: 'it must not be empty' };
      if (value.length > maxOctets)
        return { remedy: `at most ${maxOctets} characters (this has ${value.length})` };
      return { value };
    },
  };
}

/** A name or address alone, without port or scheme; blanks around it were copied along. */
export function hostName(fallback: string): OptionKind<string> {
  const inner = text(fallback, 255, 1);
  return {
    fallback,
    check(given) {
      const result = inner.check(given);
      if (!('value' in result)) return result;
      const value = result.value.trim();
      if (isIP(value) !== 0 || /^[\p{L}\p{N}._-]+$/u.test(value)) return { value };
      return {
        remedy:
          'give a name or address alone, such as smsc.example or 192.0.2.1; a port is a field of its own',
      };
    },
  };
}

/** An address of this machine; blank: whichever the system chooses. */
export function address(): OptionKind<string> {
  return {
    fallback: '',
    check(given) {
      const value = typeof given === 'string' ? given.trim() : given;
      if (value === '' || (typeof value === 'string' && isIP(value) !== 0)) return { value };
      return {
        remedy:
          'give an IP address of this machine, such as 192.0.2.1; names of hosts or interfaces are none',
      };
    },
  };
}

/** A C-octet string of the specification: ASCII, `max` octets without the NUL. */
export function ascii(fallback: string, max: number): OptionKind<string> {
  const inner = text(fallback, max);
  return {
    fallback,
    check(given) {
      const result = inner.check(given);
      if (!('value' in result)) return result;

      return /^[\x01-\x7f]*$/.test(result.value)
        ? result
        : { remedy: 'only ASCII characters are possible here' };
    },
  };
}

export function choice<const T extends string>(first: T, ...others: T[]): OptionKind<T> {
  const all = [first, ...others];
  return {
    fallback: first,
    check(given) {
      const value = all.find((one) => one === String(given));
      return value === undefined ? { remedy: `give one of ${all.join(', ')}` } : { value };
    },
  };
}

/** An object, or its JSON text. */
export function record(): OptionKind<Readonly<Record<string, unknown>>> {
  return {
    fallback: {},
    check(given) {
      const value = parsed(given);
      const fits = typeof value === 'object' && value !== null && !Array.isArray(value);
      return fits
        ? { value: value as Record<string, unknown> }
        : { remedy: 'give a JSON object such as {"a": 1}' };
    },
  };
}

/** Vendor TLVs: a list of `{tag, name, type}`, or its JSON text. */
export function vendorTlvs(): OptionKind<TlvTable | undefined> {
  const example = '[{"tag": 5123, "name": "operator", "type": "string"}]';
  return {
    fallback: undefined,
    check(given) {
      const value = parsed(given);
      if (!Array.isArray(value)) return { remedy: `give a JSON array such as ${example}` };
      try {
        return { value: value.length === 0 ? undefined : new TlvTable(value as VendorTlv[]) };
      } catch (error) {
        return { remedy: (error as Error).message };
      }
    },
  };
}

/** A command_status by name, or by number as `0x00000401` or 1025; used as a number. */
export function status(fallback: StatusName): OptionKind<number> {
  const remedy = 'give a status such as ESME_RX_T_APPN, or its number such as 0x00000064';
  return {
    fallback: STATUSES[fallback][0],
    check(given) {
      if (typeof given !== 'string' && typeof given !== 'number') return { remedy };
      const written = String(given).trim();
      try {
        const { code } = describeStatus(/^\d+$/.test(written) ? Number(written) : written);
        return code <= 0xffffffff ? { value: code } : { remedy };
      } catch {
        return { remedy };
      }
    },
  };
}

/** What may be left blank. */
export function blankOr<T>(inner: OptionKind<T>): OptionKind<T | undefined> {
  return { fallback: undefined, check: (given) => inner.check(given) };
}

export function parsed(given: unknown): unknown {
  if (typeof given !== 'string') return given;
  try {
    return JSON.parse(given) as unknown;
  } catch {
    return undefined;
  }
}

/** A number from `min` to `max`, or `auto`. */
export function autoOr(max: number, min = 0): OptionKind<number | undefined> {
  const inner = integer(min, min, max);
  return {
    fallback: undefined,
    check(given) {
      if (given === 'auto') return { value: undefined };
      const result = inner.check(given);
      return 'value' in result ? result : { remedy: `${result.remedy}, or "auto"` };
    },
  };
}

/** A variable of the environment that whoever starts the client was to put in, and did not. */
const UNSET = /^\$\{(\S+)\}$/;

export function unsetVariable(field: string, value: unknown): Required<Problem> | undefined {
  const variable = typeof value === 'string' ? UNSET.exec(value)?.[1] : undefined;
  if (variable === undefined) return undefined;
  const remedy = `only nodes read the environment; in a program give process.env.${variable}`;
  return { field, value, remedy, variable };
}
