import { didYouMean } from '../suggest';
import {
  USSD_DIALECTS,
  type UssdDialect,
  type UssdDialectName,
  type UssdEndFlag,
  type UssdKind,
  type UssdRequestKind,
  type UssdSessionField,
} from './dialects';

type Fields = Readonly<Record<string, unknown>>;

/** What is other than in the dialect `base` (default `standard`). */
export interface UssdDialectChanges {
  /** The dialect that it begins from. */
  readonly base?: UssdDialectName;
  /** See {@link UssdDialect}, as all below. */
  readonly serviceType?: string;
  /** Kinds that are not given stay as they are, without the operations that are given to others. */
  readonly incoming?: Partial<UssdDialect['incoming']>;
  /** What other operations are. */
  readonly otherwise?: UssdKind;
  /** Those that are not given stay as they are. */
  readonly outgoing?: Partial<UssdDialect['outgoing']>;
  /** A TLV's name or tag, several of them, or `none`. */
  readonly session?: string | UssdSessionField | readonly (string | UssdSessionField)[];
  /** Another value is another dialogue. */
  readonly sessionIsFixed?: boolean;
  /** Or `none`. */
  readonly endFlag?: Partial<UssdEndFlag> | 'none';
  /** Where the code lies that was dialled. */
  readonly code?: UssdDialect['code'];
  /** By data_coding. */
  readonly dataCodings?: Readonly<Record<number, string>>;
  /** Characters of a screen. */
  readonly maxCharacters?: number;
  /** Octets of a screen that is not of the GSM alphabet. */
  readonly maxOctets?: number;
  /** Whether screens may follow each other. */
  readonly severalReplies?: boolean;
}
type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** What is wrong with a dialect that was given; the message says what to give instead. */
class WrongDialect extends Error {}

const NAMES = Object.keys(USSD_DIALECTS) as readonly UssdDialectName[];
const KINDS = ['new', 'continue', 'close', 'abort', 'timeout'] as const satisfies readonly UssdKind[];
const REQUESTS = [
  ...(['new', 'notify', 'continue', 'close'] as const satisfies readonly UssdRequestKind[]),
  ...(['closePushed', 'release'] as const),
] as const;
const EXAMPLE = '{"base": "standard", "session": "0x1501"}';

/**
 * A dialect as a user gives it: a name, or an object (or its JSON text) that says what is other than in its `base`
 * (default `standard`). Whether its TLVs are known is not looked at. Returns what to give instead as `remedy` where it is wrong.
 */
export function readUssdDialect(
  given: unknown,
): { readonly value: UssdDialect } | { readonly remedy: string } {
  try {
    return { value: read(given) };
  } catch (error) {
    if (error instanceof WrongDialect) return { remedy: error.message };
    throw error;
  }
}

function read(given: unknown): UssdDialect {
  const text = typeof given === 'string' ? given.trim() : undefined;
  if (text !== undefined && !text.startsWith('{')) return named(text);
  const fields = text === undefined ? given : parsed(text);
  if (!isObject(fields)) throw wrong(`give one of ${NAMES.join(', ')}, or an object such as ${EXAMPLE}`);
  const { base = 'standard', ...changes } = fields;
  const dialect: Mutable<UssdDialect> = { ...named(base) };
  for (const [name, value] of Object.entries(changes)) {
    if (value === undefined || value === null) continue;
    const reader = Object.hasOwn(READERS, name) ? READERS[name] : undefined;
    const known = ['base', ...Object.keys(READERS)];
    if (!reader)
      throw wrong(`there is no field ${name}${didYouMean(name, known)}; there are ${known.join(', ')}`);
    reader(dialect, value, name);
  }
  return dialect;
}

function named(given: unknown): UssdDialect {
  const name = NAMES.find((one) => one === given);
  if (name) return USSD_DIALECTS[name];
  const guess = typeof given === 'string' ? didYouMean(given, NAMES) : '';
  throw wrong(`there is no such dialect${guess}; give ${NAMES.join(', ')}, or an object such as ${EXAMPLE}`);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    throw wrong(`it begins as JSON, but is none; give one such as ${EXAMPLE}`);
  }
}

type Reader = (into: Mutable<UssdDialect>, value: unknown, name: string) => void;

const READERS: Readonly<Record<string, Reader>> = {
  serviceType: (into, value, name) => {
    if (typeof value !== 'string' || !/^[\x20-\x7e]{0,5}$/.test(value))
      throw wrong(`${name}: give up to 5 ASCII characters`);
    into.serviceType = value;
  },
  incoming: (into, value, name) => {
    const given = entries(value, name, KINDS).map(
      ([kind, all]) => [kind, operationsOf(all, name, kind)] as const,
    );
    checkOnce(given, name);
    const own = new Set(given.flatMap(([, all]) => all));
    const others = Object.entries(into.incoming).map(([kind, all]) => [
      kind,
      all.filter((one) => !own.has(one)),
    ]);
    into.incoming = Object.fromEntries([...others, ...given]) as UssdDialect['incoming'];
  },
  otherwise: (into, value, name) => {
    const kind = KINDS.find((one) => one === value);
    if (!kind) throw wrong(`${name}: give one of ${KINDS.join(', ')}`);
    into.otherwise = kind;
  },
  outgoing: (into, value, name) => {
    const operations: Record<string, number> = { ...into.outgoing };
    for (const [kind, given] of entries(value, name, REQUESTS))
      operations[kind] = integer(given, 0, 255, `${name}.${kind}`);
    into.outgoing = operations as UssdDialect['outgoing'];
  },
  session: (into, value, name) => {
    const all = value === 'none' ? [] : Array.isArray(value) ? (value as unknown[]) : [value];
    into.session = all.map((one) => sessionField(one, name));
  },
  sessionIsFixed: (into, value, name) => void (into.sessionIsFixed = flag(value, name)),
  endFlag: (into, value, name) => {
    if (value === 'none' || value === false) return void (into.endFlag = undefined);
    if (!isObject(value)) throw wrong(`${name}: give {"tlv": "its_session_info", "mask": 1}, or "none"`);
    const { tlv = 'its_session_info', mask = 1, always = false } = value;
    into.endFlag = {
      tlv: tlvName(tlv, name),
      mask: integer(mask, 1, 0xffffffff, `${name}.mask`),
      always: flag(always, `${name}.always`),
    };
  },
  code: (into, value, name) => {
    if (value !== 'short_message' && value !== 'destination_addr')
      throw wrong(`${name}: give short_message or destination_addr`);
    into.code = value;
  },
  dataCodings: (into, value, name) => {
    const codings = entries(value, name).map(([number, encoding]): [number, string] => {
      if (typeof encoding !== 'string' || encoding === '')
        throw wrong(`${name}.${number}: give the name of an encoding, such as gsm0338 or ucs2`);
      return [integer(number, 0, 255, name), encoding];
    });
    into.dataCodings = Object.fromEntries(codings);
  },
  maxCharacters: (into, value, name) => void (into.maxCharacters = integer(value, 1, 65_535, name)),
  maxOctets: (into, value, name) => void (into.maxOctets = integer(value, 1, 65_535, name)),
  severalReplies: (into, value, name) => void (into.severalReplies = flag(value, name)),
};

function sessionField(given: unknown, name: string): UssdDialect['session'][number] {
  if (typeof given === 'string') return { tlv: tlvName(given, name) };
  if (!isObject(given))
    throw wrong(`${name}: give the TLV that names a dialogue, such as "user_message_reference", or "none"`);
  const { tlv, mask, chosen } = given;
  return {
    tlv: tlvName(tlv, name),
    ...(mask === undefined ? {} : { mask: integer(mask, 1, 0xffffffff, `${name}.mask`) }),
    ...(chosen === undefined ? {} : { chosen: flag(chosen, `${name}.chosen`) }),
  };
}

function tlvName(given: unknown, name: string): string {
  if (typeof given === 'string' && /^\w+$/.test(given)) return given;
  throw wrong(`${name}: ${JSON.stringify(given)} is no TLV; give its name, or a tag such as "0x1501"`);
}

function operationsOf(given: unknown, name: string, kind: string): number[] {
  const all = Array.isArray(given) ? (given as unknown[]) : [given];
  return all.map((one) => integer(one, 0, 255, `${name}.${kind}`));
}

function checkOnce(operations: readonly (readonly [string, readonly number[]])[], name: string): void {
  const seen = new Map<number, string>();
  for (const [kind, all] of operations)
    for (const one of all) {
      const before = seen.get(one);
      if (before !== undefined)
        throw wrong(`${name}: ${one} is ${before} and ${kind}; an operation has one meaning`);
      seen.set(one, kind);
    }
}

function entries<K extends string = string>(
  value: unknown,
  name: string,
  known?: readonly K[],
): [K, unknown][] {
  if (!isObject(value)) throw wrong(`${name}: give an object`);
  for (const key of Object.keys(value))
    if (known && !known.some((one) => one === key))
      throw wrong(`${name}: there is no ${key}${didYouMean(key, known)}; there are ${known.join(', ')}`);
  return Object.entries(value) as [K, unknown][];
}

/** Numbers may be written in hexadecimal digits, as gateways' manuals have them. */
function integer(given: unknown, min: number, max: number, name: string): number {
  const value = typeof given === 'string' && given.trim() !== '' ? Number(given) : given;
  if (typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max) return value;
  throw wrong(`${name} (${JSON.stringify(given)}): give a whole number from ${min} to ${max}`);
}

function flag(given: unknown, name: string): boolean {
  if (typeof given === 'boolean') return given;
  throw wrong(`${name}: give true or false`);
}

const isObject = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const wrong = (remedy: string): WrongDialect => new WrongDialect(remedy);
