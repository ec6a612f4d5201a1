import { isIP } from 'node:net';
import { TlvTable, type VendorTlv } from '../../protocol';
import { readQueueKeys } from '../../store';
import {
  compileReceiptPattern,
  encodingName,
  languageNames,
  type DataCodings,
  type LanguageName,
  type ReceiptPattern,
  type StateMappings,
  type TextCodec,
} from '../../text';
import { show, type Problem } from './errors';
import { Refused, hostName, integer, kind, unsetVariable, type OptionKind } from './option-kinds';

type Fields = Readonly<Record<string, unknown>>;

function parsed(given: unknown): unknown {
  if (typeof given !== 'string') return given;
  try {
    return JSON.parse(given) as unknown;
  } catch {
    return undefined;
  }
}

export const isObject = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** An object, or its JSON text. */
export function readObject(given: unknown, remedy: string): Fields {
  const value = parsed(given);
  if (isObject(value)) return value;
  throw new Refused(remedy);
}

/** A list, or its JSON text. Throws {@link Refused}. */
export function readList(given: unknown, example: string): readonly unknown[] {
  const value = parsed(given);
  if (Array.isArray(value)) return value;
  throw new Refused(`give a JSON array such as ${example}`);
}

export const record = (): OptionKind<Fields> =>
  kind<Fields>({}, (given) => readObject(given, 'give a JSON object such as {"a": 1}'));

/** Vendor TLVs: a list of `{tag, name, type}`, its JSON text, or a table; undefined where the list is empty. */
export const vendorTlvs = (): OptionKind<TlvTable | undefined> =>
  kind<TlvTable | undefined>(undefined, (given) => {
    if (given instanceof TlvTable) return given;
    const list = readList(given, '[{"tag": 5123, "name": "operator", "type": "string"}]');
    return list.length === 0 ? undefined : new TlvTable(list as VendorTlv[]);
  });

/** Keys of which the first encrypts and all decrypt; none: the queue is in clear. */
export const queueKeys = (): OptionKind<readonly string[]> =>
  kind<readonly string[]>([], (given) => {
    const read = readQueueKeys(given);
    if ('keys' in read) return read.keys;
    throw new Refused(read.remedy);
  });

/** Languages by name, each once: a list, its JSON text, or names between commas. */
export const languages = (): OptionKind<readonly LanguageName[]> =>
  kind<readonly LanguageName[]>([], readLanguages);

/** As {@link languages}. Throws {@link Refused}. */
export function readLanguages(given: unknown): readonly LanguageName[] {
  const isWords = typeof given === 'string' && !given.trim().startsWith('[');
  const words: unknown = isWords ? given.split(',') : parsed(given);
  if (!Array.isArray(words) || !words.every((one): one is string => typeof one === 'string'))
    throw new Refused(`give languages such as turkish, spanish (${languageNames().join(', ')})`);
  // An empty text is an empty list, and a comma at the end no language.
  const named = typeof given === 'string' ? words.filter((one) => one.trim() !== '') : words;
  const names = named.map((word) => {
    const name = languageNames().find((one) => one === word.trim().toLowerCase());
    if (name) return name;
    throw new Refused(
      `there are no shift tables for ${JSON.stringify(word)}; give ${languageNames().join(', ')}`,
    );
  });
  return [...new Set(names)];
}

/** A number that begins with more digits may be known by them. */
const LONGEST_PREFIX = 7;
const MOST_LENGTHS = 4;

/** How many digits prefixes of recipients have, the fewest first: a list, its JSON text, or numbers between commas; `none`: none. */
export const prefixLengths = (): OptionKind<readonly number[]> =>
  kind<readonly number[]>([3], (given) => {
    const text = typeof given === 'string' ? given.trim().replace(/^none$/, '[]') : given;
    const list: unknown = typeof text === 'string' && !text.startsWith('[') ? text.split(',') : parsed(text);
    const remedy = `give at most ${MOST_LENGTHS} numbers of digits from 1 to ${LONGEST_PREFIX}, such as 2, 5; none: it is off`;
    if (!Array.isArray(list)) return [prefixLength(list, remedy)];
    const lengths = new Set(list.map((one: unknown) => prefixLength(one, remedy)));
    if (lengths.size > MOST_LENGTHS) throw new Refused(remedy);
    return [...lengths].sort((a, b) => a - b);
  });

function prefixLength(given: unknown, remedy: string): number {
  const length = typeof given === 'string' && given.trim() !== '' ? Number(given) : given;
  if (typeof length === 'number' && Number.isInteger(length) && length >= 1 && length <= LONGEST_PREFIX)
    return length;
  throw new Refused(remedy);
}

/** The SMSC's own form of receipt: a pattern with named groups, compiled. */
export const receiptPattern = (): OptionKind<ReceiptPattern | undefined> =>
  kind<ReceiptPattern | undefined>(undefined, (given) => {
    if (given === '') return undefined;
    if (typeof given === 'string') return compileReceiptPattern(given);
    throw new Refused('give a pattern such as id:(?<id>\\S+) state:(?<stat>\\w+)');
  });

/** The SMSC's own states: `{"BUFFERED": "ENROUTE", "FOO": {"state": "UNDELIV", "final": true}}`, or its JSON text. */
export const receiptStates = (): OptionKind<StateMappings> =>
  kind<StateMappings>({}, (given) => {
    const remedy =
      'give a JSON object such as {"BUFFERED": "ENROUTE", "FAILED": {"state": "UNDELIV", "final": true}}';
    const states = readObject(given, remedy);
    if (Object.values(states).every(isMapping)) return states as StateMappings;
    throw new Refused(remedy);
  });

const isFilled = (value: unknown): boolean => typeof value === 'string' && value !== '';

function isMapping(given: unknown): boolean {
  if (!isObject(given)) return isFilled(given);
  return Object.entries(given).every(([name, value]) =>
    name === 'state' ? isFilled(value) : name === 'final' && typeof value === 'boolean',
  );
}

/** A host to fail over to. Where the ports are blank: as the connection's own. */
export interface FailoverHost {
  /** Name or address. */
  readonly host: string;
  /** Default: the option `port`. */
  readonly port?: number;
  /** Of the receiver of a pair; blank: the host. */
  readonly receiverHost?: string;
  /** With `bindType: pair`, of the receiver; default: the option `receiverPort`. */
  readonly receiverPort?: number;
}

const HOSTS_EXAMPLE = '[{"host": "smsc2.example", "port": 2775}]';
const HOST_FIELDS: Record<string, OptionKind<unknown>> = {
  host: hostName(''),
  port: integer(0, 1, 65_535),
  receiverHost: hostName(''),
  receiverPort: integer(0, 1, 65_535),
};

/** An ordered list of {@link FailoverHost}, or its JSON text. */
export const hosts = (): OptionKind<readonly FailoverHost[]> =>
  kind<readonly FailoverHost[]>([], (given) => Array.from(readList(given, HOSTS_EXAMPLE), readHost));

function readHost(entry: unknown, index: number): FailoverHost {
  const refused = (remedy: string, variable?: string): Refused =>
    new Refused(`entry ${index + 1}: ${remedy}`, variable);
  if (!isObject(entry)) throw refused(`give an object with host and port, as in ${HOSTS_EXAMPLE}`);
  const host: Record<string, unknown> = {};
  for (const [field, value] of Object.entries(entry)) {
    const kindOf = Object.hasOwn(HOST_FIELDS, field) ? HOST_FIELDS[field] : undefined;
    if (!kindOf)
      throw refused(`there is no field ${field}; there are ${Object.keys(HOST_FIELDS).join(', ')}`);
    if (value === undefined || value === null || value === '') continue;
    const result = unsetVariable(field, value) ?? kindOf.check(value);
    if ('remedy' in result) throw refused(`${field} (${show(value)}): ${result.remedy}`, result.variable);
    host[field] = result.value;
  }
  if (host['host'] === undefined) throw refused('it has no host');
  return host as unknown as FailoverHost;
}

const NETWORKS_EXAMPLE = 'give addresses and networks such as 192.0.2.7, 198.51.100.0/24, 2001:db8::/32';

/** IP addresses, and networks as `address/bits`: a list, its JSON text, or with commas between them. */
export const networks = (): OptionKind<readonly string[]> =>
  kind<readonly string[]>([], (given) => {
    const isWords = typeof given === 'string' && !given.trim().startsWith('[');
    const words: unknown = isWords ? given.split(',') : parsed(given);
    if (!Array.isArray(words)) throw new Refused(NETWORKS_EXAMPLE);
    const trimmed = words.map((one: unknown) => (typeof one === 'string' ? one.trim() : one));
    const wanted = isWords ? trimmed.filter((one) => one !== '') : trimmed;
    return [...new Set(wanted.map(readNetwork))];
  });

function readNetwork(given: unknown): string {
  const [address = '', bits, ...rest] = typeof given === 'string' ? given.split('/') : [];
  const family = isIP(address);
  const most = family === 4 ? 32 : 128;
  const isRight = bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= most);
  if (family !== 0 && isRight && rest.length === 0) return given as string;
  throw new Refused(`${show(given)} is no address or network; ${NETWORKS_EXAMPLE}`);
}

const CODINGS_EXAMPLE = 'give a JSON object of numbers and encodings such as {"1": "gsm0338"}';
const OCTET = /^(\d{1,3}|0x[0-9a-f]{1,2})$/i;

/** What numbers mean at this SMSC: `{1: "gsm0338", "0xf5": "binary"}`, or its JSON text; undefined where none is named. */
export const dataCodings = (): OptionKind<DataCodings | undefined> =>
  kind<DataCodings | undefined>(undefined, (given) => {
    const all: Record<number, string> = {};
    for (const [key, name] of Object.entries(readObject(given, CODINGS_EXAMPLE))) {
      const number = OCTET.test(key) ? Number(key) : NaN;
      if (!(number <= 255))
        throw new Refused(`${JSON.stringify(key)} is no number from 0 to 255; ${CODINGS_EXAMPLE}`);
      if (typeof name !== 'string' || name === '')
        throw new Refused(`${key} has no name of an encoding; ${CODINGS_EXAMPLE}`);
      if (all[number] !== undefined) throw new Refused(`${number} is there twice`);
      all[number] = name;
    }
    return Object.keys(all).length === 0 ? undefined : all;
  });

/** What the options say of the meaning of data_coding. */
interface Codings {
  readonly dataCodings: DataCodings | undefined;
  readonly defaultAlphabet: string;
}

/**
 * Names of `dataCodings` that are no encoding nor one of the `codecs` (the option; an id of a plugin allows any name,
 * for its codec is made at the start), and a data_coding 0 that `defaultAlphabet` says is another.
 */
export function dataCodingProblems(codecs: unknown, settings: Codings): Problem[] {
  // Their shape is checked elsewhere.
  const list: readonly unknown[] = Array.isArray(codecs) ? codecs : [];
  const { dataCodings: all = {}, defaultAlphabet } = settings;
  const later = list.some((codec) => typeof codec === 'string');
  const own = list.map((codec) => (codec as Partial<TextCodec> | null)?.name);
  const unknown =
    'there is no such encoding; give one such as gsm0338, ascii, latin1, ucs2, binary, or the name of a codec';
  const problems = Object.entries(all)
    .filter(([, name]) => !later && !own.includes(name) && encodingName(name) === undefined)
    .map(([number, name]) => ({ field: `dataCodings.${number}`, value: name, remedy: unknown }));
  const zero = all[0];
  const same = (one: string): string => encodingName(one) ?? one;
  if (zero === undefined || defaultAlphabet === 'gsm0338' || same(zero) === same(defaultAlphabet))
    return problems;
  const remedy = `data_coding 0 cannot mean this and ${defaultAlphabet} (defaultAlphabet): leave one of them away`;
  return [...problems, { field: 'dataCodings.0', value: zero, remedy }];
}
