import { usageError } from '../errors';

/** Column → field of a message; undefined: the column is passed over. */
export type Mapping = ReadonlyMap<string, string | undefined>;

/** Columns that people call so. */
const SHORT = { to: 'destination_addr', from: 'source_addr', text: 'short_message' } as const;

/** Of words such as `phone=to,name=` and `code=metadata.code`. */
export function mappingOf(words: readonly string[]): Mapping {
  const mapping = new Map<string, string | undefined>();
  for (const pair of words.flatMap((word) => word.split(',')).filter((one) => one.trim() !== '')) {
    const at = pair.indexOf('=');
    if (at <= 0) throw usageError(`--map ${pair}: give column=field, or column= to pass over a column`);
    const field = pair.slice(at + 1).trim();
    mapping.set(pair.slice(0, at).trim(), field === '' ? undefined : longName(field));
  }
  return mapping;
}

const longName = (name: string): string =>
  Object.hasOwn(SHORT, name) ? SHORT[name as keyof typeof SHORT] : name;

/** Columns that are to give a field. */
export const columnsOf = (mapping: Mapping): string[] =>
  [...mapping].filter(([, field]) => field !== undefined).map(([column]) => column);

/** The fields of a message; what is empty is not set. Throws an Error that says what is wrong. */
export function messageOf(
  row: Readonly<Record<string, unknown>>,
  mapping: Mapping,
  fixed: Readonly<Record<string, unknown>> = {},
): Record<string, unknown> {
  const message: Record<string, unknown> = { ...fixed };
  for (const [column, given] of Object.entries(row)) {
    const field = mapping.has(column) ? mapping.get(column) : longName(column);
    if (field === undefined || given === '' || given === null || given === undefined) continue;
    if (field.startsWith('metadata.')) setOwn(objectAt(message, 'metadata'), field.slice(9), given);
    else if (field.startsWith('tlvs.')) setOwn(objectAt(message, 'tlvs'), field.slice(5), given);
    else setOwn(message, field, isJsonField(field) ? parsed(field, given) : given);
  }
  return message;
}

const isJsonField = (field: string): boolean => field === 'metadata' || field === 'tlvs';

function parsed(field: string, given: unknown): unknown {
  if (typeof given !== 'string') return given;
  try {
    return JSON.parse(given) as unknown;
  } catch {
    throw new Error(`${field} is no JSON`);
  }
}

function objectAt(message: Record<string, unknown>, field: string): Record<string, unknown> {
  const there = message[field];
  const object: Record<string, unknown> = typeof there === 'object' && there !== null ? { ...there } : {};
  message[field] = object;
  return object;
}

/** Also of a column that is called as something of every object. */
function setOwn(object: Record<string, unknown>, name: string, value: unknown): void {
  Object.defineProperty(object, name, { value, enumerable: true, configurable: true, writable: true });
}
