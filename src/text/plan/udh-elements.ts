/*
 * A user data header as it is given: octets, a list of elements, or fields. Neither Buffer nor Node, as all that measuring needs.
 */

/** One element of a user data header, TS 23.040 section 9.2.3.24. */
export interface PlainElement {
  /** Information element identifier. */
  readonly id: number;
  /** Its octets, without identifier and length. */
  readonly data: Uint8Array;
}

/** What is wrong, for people: `field` is where, such as `udh.ports.destination`. */
export interface ElementsProblem {
  readonly field: string;
  readonly problem: string;
}

/** Identifiers of the information elements that are understood here (TS 23.040 section 9.2.3.24). */
export const IEI = {
  CONCATENATION_8: 0x00,
  MESSAGE_WAITING: 0x01,
  PORTS_8: 0x04,
  PORTS_16: 0x05,
  CONCATENATION_16: 0x08,
  SINGLE_SHIFT: 0x24,
  LOCKING_SHIFT: 0x25,
} as const;

/** Octets of those that have but one length. */
export const ELEMENT_SIZES: ReadonlyMap<number, number> = new Map([
  [IEI.CONCATENATION_8, 3],
  [IEI.MESSAGE_WAITING, 2],
  [IEI.PORTS_8, 2],
  [IEI.PORTS_16, 4],
  [IEI.CONCATENATION_16, 4],
  [IEI.SINGLE_SHIFT, 1],
  [IEI.LOCKING_SHIFT, 1],
]);

/** Kinds of waiting messages by their number, the basic ones (bits 0–1) and the extended one (bits 2–4). */
export const WAITING_KINDS = ['voicemail', 'fax', 'email', 'other', 'videomail'] as const;

/** Octets of the elements of one header, which fits into one short message with its length octet. */
const MOST_OCTETS = 139;

/** `0x05`. */
export const ieiName = (id: number): string => `0x${id.toString(16).padStart(2, '0')}`;

class Wrong extends Error {
  constructor(
    readonly field: string,
    given: unknown,
    remedy: string,
  ) {
    super(`${field}${given === undefined ? '' : ` (${shown(given)})`}: ${remedy}`);
  }
}

/** The elements of a header however it is given; those of an object in the order of {@link FIELDS}. */
export function elementsOf(given: unknown): PlainElement[] | ElementsProblem {
  try {
    const elements = read(given);
    const size = elementsLength(elements);
    if (size <= MOST_OCTETS) return elements;
    throw new Wrong('udh', undefined, `its elements take ${size} octets; ${MOST_OCTETS} fit into a message`);
  } catch (error) {
    if (error instanceof Wrong) return { field: error.field, problem: error.message };
    throw error;
  }
}

/** Octets of the elements, without the header's length octet. */
export function elementsLength(elements: readonly PlainElement[]): number {
  let size = 0;
  for (const { data } of elements) size += 2 + data.length;
  return size;
}

const EXAMPLE =
  'give fields such as {"ports": {"destination": 2948, "source": 9200}}, a list such as [{"iei": 5, "hex": "0b8423f0"}], or a whole header as Buffer, {hex} or hexadecimal digits';

function read(given: unknown): PlainElement[] {
  if (Array.isArray(given)) return given.map((one: unknown, at) => elementOf(one, `udh[${at}]`));
  const octets = octetsOf(given, 'udh');
  if (octets) return ofHeader(octets);
  if (!isObject(given)) throw new Wrong('udh', given, EXAMPLE);
  const strange = Object.keys(given).find((name) => !FIELDS.has(name));
  if (strange !== undefined)
    throw new Wrong(`udh.${strange}`, undefined, `there is no such field; there are ${fieldNames()}`);
  return [...FIELDS].flatMap(([name, elements]) => {
    const value = given[name];
    return value === undefined || value === null ? [] : elements(value, `udh.${name}`);
  });
}

function ofHeader(octets: Uint8Array): PlainElement[] {
  if (octets.length === 0) return [];
  if (octets[0] !== octets.length - 1)
    throw new Wrong(
      'udh',
      undefined,
      `its first octet says ${octets[0]}, and ${octets.length - 1} follow; give a whole header, its length octet first`,
    );
  const elements: PlainElement[] = [];
  for (let at = 1; at < octets.length;) {
    const [id = 0, size] = [octets[at], octets[at + 1]];
    const end = at + 2 + (size ?? 0);
    if (size === undefined || end > octets.length)
      throw new Wrong('udh', undefined, `element ${ieiName(id)} at octet ${at} runs past its end`);
    elements.push(checked({ id, data: octets.slice(at + 2, end) }, 'udh'));
    at = end;
  }
  return elements;
}

/** Those of the fields, in the order in which they go out: of repeated elements the last counts. */
const FIELDS: ReadonlyMap<string, (value: unknown, field: string) => PlainElement[]> = new Map([
  ['elements', (value, field) => listOf(value, field).map((one, at) => elementOf(one, `${field}[${at}]`))],
  ['concatenation', concatenation],
  ['message_waiting', (value, field) => [value].flat().map((one: unknown) => waiting(one, field))],
  ['ports', ports],
  ['single_shift', (value, field) => [octet(IEI.SINGLE_SHIFT, value, field)]],
  ['locking_shift', (value, field) => [octet(IEI.LOCKING_SHIFT, value, field)]],
]);

const fieldNames = (): string => [...FIELDS.keys()].join(', ');

function ports(value: unknown, field: string): PlainElement[] {
  const given = only(value, field, ['destination', 'source', 'bits']);
  const bits = given['bits'] === undefined ? 16 : whole(given['bits'], `${field}.bits`, 8, 16);
  if (bits !== 8 && bits !== 16) throw new Wrong(`${field}.bits`, bits, 'give 8 or 16');
  const most = 2 ** bits - 1;
  const destination = whole(given['destination'], `${field}.destination`, 0, most);
  const source = whole(given['source'] ?? 0, `${field}.source`, 0, most);
  const data =
    bits === 8 ? [destination, source] : [destination >> 8, destination & 0xff, source >> 8, source & 0xff];
  return [{ id: bits === 8 ? IEI.PORTS_8 : IEI.PORTS_16, data: Uint8Array.from(data) }];
}

function concatenation(value: unknown, field: string): PlainElement[] {
  const given = only(value, field, ['reference', 'total', 'part', 'bits']);
  const reference = whole(given['reference'], `${field}.reference`, 0, 0xffff);
  const bits = given['bits'] ?? (reference > 0xff ? 16 : 8);
  if (bits !== 16 && (bits !== 8 || reference > 0xff))
    throw new Wrong(`${field}.bits`, bits, 'give 16, or 8 with a reference of at most 255');
  const total = whole(given['total'], `${field}.total`, 1, 255);
  const part = whole(given['part'], `${field}.part`, 1, total);
  const [high, low] = [reference >> 8, reference & 0xff];
  return bits === 8
    ? [{ id: IEI.CONCATENATION_8, data: Uint8Array.of(low, total, part) }]
    : [{ id: IEI.CONCATENATION_16, data: Uint8Array.of(high, low, total, part) }];
}

/** Special SMS message indication, TS 23.040 section 9.2.3.24.2. */
function waiting(value: unknown, field: string): PlainElement {
  const given = only(value, field, ['kind', 'count', 'store', 'profile']);
  const kind = WAITING_KINDS.findIndex((one) => one === given['kind']);
  if (kind === -1) throw new Wrong(`${field}.kind`, given['kind'], `give ${WAITING_KINDS.join(', ')}`);
  const count = whole(given['count'], `${field}.count`, 0, 255);
  const profile = whole(given['profile'] ?? 1, `${field}.profile`, 1, 4);
  const store = given['store'] ?? false;
  if (typeof store !== 'boolean') throw new Wrong(`${field}.store`, store, 'give true or false');
  // Videomail is "other" (3) with the extended indication 1.
  const bits = kind === 4 ? 0x07 : kind;
  return {
    id: IEI.MESSAGE_WAITING,
    data: Uint8Array.of((store ? 0x80 : 0) | ((profile - 1) << 5) | bits, count),
  };
}

function octet(id: number, value: unknown, field: string): PlainElement {
  return { id, data: Uint8Array.of(whole(value, field, 0, 255)) };
}

/** `{iei, hex}`, `{iei, data}`, or as this library calls them `{id, data}`. */
function elementOf(value: unknown, field: string): PlainElement {
  const given = only(value, field, ['iei', 'id', 'hex', 'data']);
  const id = whole(given['iei'] ?? given['id'], `${field}.iei`, 0, 255);
  const octets = given['data'] ?? given['hex'];
  const data = octetsOf(octets, `${field}.data`);
  if (data) return checked({ id, data }, field);
  const remedy = 'give its octets as data (a Buffer or a list of numbers) or hex';
  throw new Wrong(`${field}.data`, octets, remedy);
}

function checked(element: PlainElement, field: string): PlainElement {
  const { id, data } = element;
  const size = ELEMENT_SIZES.get(id);
  if (size === undefined || size === data.length) return element;
  throw new Wrong(field, undefined, `element ${ieiName(id)} has ${data.length} octets; it must have ${size}`);
}

/** A copy of the octets; undefined: it is no form of octets. */
function octetsOf(given: unknown, field: string): Uint8Array | undefined {
  if (typeof given === 'string') return ofHex(given, field);
  if (given instanceof Uint8Array) return Uint8Array.from(given);
  if (Array.isArray(given)) return ofNumbers(given, field);
  if (!isObject(given)) return undefined;
  const { hex, type, data } = given;
  if (typeof hex === 'string') return ofHex(hex, field);
  return type === 'Buffer' && Array.isArray(data) ? ofNumbers(data, field) : undefined;
}

/** As in `06 05 04`, and with Kannel's percent signs. */
function ofHex(text: string, field: string): Uint8Array {
  const digits = text.replace(/[\s%]/g, '');
  if (!/^([0-9a-f]{2})*$/i.test(digits))
    throw new Wrong(field, text, `these are no octets in hexadecimal digits; ${EXAMPLE}`);
  return Uint8Array.from({ length: digits.length / 2 }, (_, at) =>
    Number.parseInt(digits.slice(2 * at, 2 * at + 2), 16),
  );
}

const ofNumbers = (list: readonly unknown[], field: string): Uint8Array =>
  Uint8Array.from(list, (one, at) => whole(one, `${field}[${at}]`, 0, 255));

function whole(given: unknown, field: string, least: number, most: number): number {
  const isText = typeof given === 'string' && /^(\d+|0x[0-9a-f]+)$/i.test(given);
  const value = isText ? Number(given) : given;
  if (typeof value === 'number' && Number.isInteger(value) && value >= least && value <= most) return value;
  throw new Wrong(field, given ?? null, `give a whole number from ${least} to ${most}`);
}

function only(value: unknown, field: string, names: readonly string[]): Readonly<Record<string, unknown>> {
  if (!isObject(value)) throw new Wrong(field, value, `give an object of ${names.join(', ')}`);
  const strange = Object.keys(value).find((name) => !names.includes(name));
  if (strange === undefined) return value;
  throw new Wrong(`${field}.${strange}`, undefined, `there is no such field; there are ${names.join(', ')}`);
}

function listOf(value: unknown, field: string): readonly unknown[] {
  if (Array.isArray(value)) return value;
  throw new Wrong(field, value, 'give a list such as [{"iei": 34, "hex": "0c91945103010021"}]');
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Uint8Array);

/** For people, and not longer than they read. */
function shown(given: unknown): string {
  if (typeof given === 'object' && given !== null) return Array.isArray(given) ? 'a list' : 'an object';
  const text = String(given);
  return text.length > 40 ? `${text.slice(0, 40)}…` : text;
}
