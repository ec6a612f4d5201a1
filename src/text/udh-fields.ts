import { TextError, attempt } from './errors';
import { ELEMENT_SIZES, WAITING_KINDS, elementsOf } from './plan/udh-elements';
import { IEI, parseUserDataHeader, formatUserDataHeader, type Concatenation, type UdhElement } from './udh';

/** That messages wait, TS 23.040 section 9.2.3.24.2. */
export interface UdhWaiting {
  /** What waits. */
  kind: (typeof WAITING_KINDS)[number];
  /** How many, 255: as many or more; 0 puts the sign off. */
  count: number;
  /** Whether the text is meant to be kept; absent: it is not. */
  store?: boolean;
  /** Which of the subscriber's profiles, 1 (the default) to 4. */
  profile?: number;
}

/** A user data header as it is told, which may be given back. */
export interface UdhFields {
  /** Any other elements, by their identifier and octets. */
  elements?: { iei: number; hex: string }[];
  /** Which part of a long message it is; of what is cut here that is not to be given. */
  concatenation?: Pick<Concatenation, 'reference' | 'total' | 'part'> & { bits?: 8 | 16 };
  /** Special SMS message indications. */
  message_waiting?: UdhWaiting[];
  /** Application ports; `bits` 16 where it is absent. */
  ports?: { destination: number; source: number; bits?: 8 | 16 };
  /** National language identifier of the single shift table; with octets alone, for a text `language` sets it. */
  single_shift?: number;
  /** The same of the locking shift table. */
  locking_shift?: number;
}

/** One element: `{iei, hex}`, or `{iei, data}` with a Buffer or a list of octets; `id` is another name of `iei`. */
export interface GivenElement {
  /** Information element identifier. */
  readonly iei?: number;
  /** The same. */
  readonly id?: number;
  /** Its octets in hexadecimal digits. */
  readonly hex?: string;
  /** Its octets. */
  readonly data?: Uint8Array | readonly number[];
}

/** A user data header as fields, as they are given. */
export type GivenUdhFields = Readonly<
  Omit<UdhFields, 'elements' | 'message_waiting' | 'ports'> & {
    /** Any other elements; they go first. */
    elements?: readonly GivenElement[];
    /** One sign or several. */
    message_waiting?: UdhWaiting | readonly UdhWaiting[];
    /** Application ports; `source` 0 and `bits` 16 where they are absent. */
    ports?: { destination: number; source?: number; bits?: 8 | 16 };
  }
>;

/** Octets in hexadecimal digits. */
export interface HexOctets {
  /** Two digits for each. */
  readonly hex: string;
}

/** A user data header as fields, as a list of elements, or whole: octets, or their hexadecimal digits. */
export type GivenUdh = GivenUdhFields | readonly GivenElement[] | Uint8Array | HexOctets | string;

/**
 * The elements of a user data header, however it is given.
 * @throws TextError `MALFORMED_UDH`, whose `field` is the place, such as `udh.ports.destination`
 */
export function readUdh(given: GivenUdh): UdhElement[] {
  const elements = elementsOf(given);
  if (Array.isArray(elements))
    return elements.map(({ id, data }) => ({
      id,
      data: Buffer.from(data.buffer, data.byteOffset, data.byteLength),
    }));
  throw new TextError('MALFORMED_UDH', elements.problem, { field: elements.field });
}

/**
 * The elements as fields, which {@link readUdh} takes back; those that no field has, that have another length than
 * theirs, or that a later one of their kind overrules, are in `elements`. Undefined where there are none.
 */
export function udhFields(elements: readonly UdhElement[]): UdhFields | undefined {
  if (elements.length === 0) return undefined;
  const fields: UdhFields = {};
  const kept = new Map<keyof UdhFields, UdhElement>();
  const others: UdhElement[] = [];
  for (const element of elements) {
    const shown = ELEMENT_SIZES.get(element.id) === element.data.length ? shownAs(element) : undefined;
    if (!shown) others.push(element);
    else if (shown[0] === 'message_waiting') (fields.message_waiting ??= []).push(shown[1]);
    else {
      const earlier = kept.get(shown[0]);
      if (earlier) others.push(earlier);
      kept.set(shown[0], element);
      Object.assign(fields, { [shown[0]]: shown[1] });
    }
  }
  if (others.length > 0)
    fields.elements = others.map(({ id: iei, data }) => ({ iei, hex: data.toString('hex') }));
  return fields;
}

/**
 * What the headers of a message's parts say beside which part they are: the elements of all, each once, in their order.
 * `isText`: those that name shift tables are left out, for they say how the octets were read. Undefined: there are none.
 */
export function headerOfParts(
  parts: readonly { readonly header?: Buffer | undefined }[],
  isText: boolean,
): UdhFields | undefined {
  let found: Map<string, UdhElement> | undefined;
  for (const { header } of parts) {
    if (!header) continue;
    for (const one of attempt(
      () => parseUserDataHeader(header).elements,
      () => [],
    )) {
      if (isPlace(one.id) || (isText && isShift(one.id))) continue;
      found ??= new Map();
      found.set(`${one.id}/${one.data.toString('latin1')}`, one);
    }
  }
  return found && udhFields([...found.values()]);
}

const isPlace = (id: number): boolean => id === IEI.CONCATENATION_8 || id === IEI.CONCATENATION_16;
const isShift = (id: number): boolean => id === IEI.SINGLE_SHIFT || id === IEI.LOCKING_SHIFT;

type Shown = { [N in Exclude<keyof UdhFields, 'message_waiting'>]: [N, UdhFields[N]] }[Exclude<
  keyof UdhFields,
  'message_waiting'
>];

/** The field that says the same as an element; undefined: none does. */
function shownAs(element: UdhElement): Shown | ['message_waiting', UdhWaiting] | undefined {
  const { id, data } = element;
  if (id === IEI.MESSAGE_WAITING) {
    const sign = waitingOf(data);
    return sign && ['message_waiting', sign];
  }
  const { ports, concatenation, singleShift, lockingShift } = parseUserDataHeader(
    formatUserDataHeader([element]),
  );
  if (ports) return ['ports', id === IEI.PORTS_8 ? { ...ports, bits: 8 } : { ...ports }];
  if (concatenation) return ['concatenation', { ...concatenation }];
  if (singleShift !== undefined) return ['single_shift', singleShift];
  return lockingShift === undefined ? undefined : ['locking_shift', lockingShift];
}

/** Undefined for kinds that are reserved. */
function waitingOf(data: Buffer): UdhWaiting | undefined {
  const [sign = 0, count = 0] = data;
  const [basic, extended] = [sign & 0x03, (sign >> 2) & 0x07];
  const kind =
    extended === 0 ? WAITING_KINDS[basic] : basic === 3 && extended === 1 ? 'videomail' : undefined;
  if (kind === undefined) return undefined;
  const profile = ((sign >> 5) & 0x03) + 1;
  return {
    kind,
    count,
    ...((sign & 0x80) !== 0 && { store: true }),
    ...(profile > 1 && { profile }),
  };
}
