import { TextError } from './errors';
import { IEI, elementsLength, ieiName } from './plan/udh-elements';

export { IEI, elementsLength };

/** User data header indicator: a bit of esm_class, SMPP 3.4 section 5.2.12. */
export const UDHI = 0x40;

/** One element of a user data header. */
export interface UdhElement {
  /** Information element identifier. */
  readonly id: number;
  /** Its octets, without identifier and length. */
  readonly data: Buffer;
}

/** One part of a long message. `part` counts from 1. */
export interface Concatenation {
  /** Reference number that all parts share. */
  readonly reference: number;
  /** Parts of the message. */
  readonly total: number;
  /** Which part, from 1. */
  readonly part: number;
  /** Width of the reference. */
  readonly bits: 8 | 16;
}

/** A user data header, TS 23.040 section 9.2.3.24. */
export interface UserDataHeader {
  /** All of them, in their order. */
  readonly elements: readonly UdhElement[];
  /** Of a long message. */
  readonly concatenation?: Concatenation;
  /** Application ports, 0–65535. */
  readonly ports?: { readonly destination: number; readonly source: number };
  /** National language identifier of the single shift table. */
  readonly singleShift?: number;
  /** National language identifier of the locking shift table. */
  readonly lockingShift?: number;
  /** Octets of the whole header, its length octet included: where the text begins. */
  readonly length: number;
}

type Interpreted = { -readonly [K in keyof UserDataHeader]?: UserDataHeader[K] };

/** By identifier: the exact length of the data (an element of another length is not what it says it is), what it says. */
const KNOWN: ReadonlyMap<number, readonly [size: number, says: (data: Buffer) => Interpreted]> = new Map([
  [IEI.CONCATENATION_8, [3, (data) => concatenation(data.readUInt8(0), data, 1)]],
  [IEI.PORTS_8, [2, (data) => ({ ports: { destination: data.readUInt8(0), source: data.readUInt8(1) } })]],
  [
    IEI.PORTS_16,
    [4, (data) => ({ ports: { destination: data.readUInt16BE(0), source: data.readUInt16BE(2) } })],
  ],
  [IEI.CONCATENATION_16, [4, (data) => concatenation(data.readUInt16BE(0), data, 2)]],
  [IEI.SINGLE_SHIFT, [1, (data) => ({ singleShift: data.readUInt8(0) })]],
  [IEI.LOCKING_SHIFT, [1, (data) => ({ lockingShift: data.readUInt8(0) })]],
]);

function concatenation(reference: number, data: Buffer, at: 1 | 2): Interpreted {
  const [total, part] = [data.readUInt8(at), data.readUInt8(at + 1)];
  return part >= 1 && part <= total
    ? { concatenation: { reference, total, part, bits: at === 1 ? 8 : 16 } }
    : {};
}

/**
 * Reads the user data header that the octets begin with (TS 23.040 section
 * 9.2.3.24); what follows it is left alone. Of repeated elements the last one counts.
 * A concatenation with a part of 0 or beyond the total is ignored, as the specification demands.
 * @throws TextError `MALFORMED_UDH`
 */
export function parseUserDataHeader(octets: Uint8Array): UserDataHeader {
  const source = Buffer.isBuffer(octets)
    ? octets
    : Buffer.from(octets.buffer, octets.byteOffset, octets.byteLength);
  const udhl = source[0];
  if (udhl === undefined) throw malformed('it is empty', 0);
  const length = udhl + 1;
  if (length > source.length) {
    throw malformed(`its length octet says ${udhl}, ${source.length - 1} octets follow`, 0);
  }
  const elements: UdhElement[] = [];
  const found: Interpreted = {};
  for (let at = 1; at < length;) {
    if (at + 2 > length) throw malformed('it ends within an element', at);
    const id = source.readUInt8(at);
    const size = source.readUInt8(at + 1);
    const end = at + 2 + size;
    if (end > length) throw malformed(`element ${ieiName(id)} of ${size} octets runs past its end`, at);
    const [expected = size, says] = KNOWN.get(id) ?? [];
    if (expected !== size)
      throw malformed(`element ${ieiName(id)} has ${size} octets in place of ${expected}`, at);
    const data = source.subarray(at + 2, end);
    elements.push({ id, data });
    if (says) Object.assign(found, says(data));
    at = end;
  }
  return { elements, ...found, length };
}

/**
 * A whole user data header, its length octet first; empty for no elements.
 * @throws TextError `MALFORMED_UDH` where it would be longer than 140 octets
 */
export function formatUserDataHeader(elements: readonly UdhElement[]): Buffer {
  if (elements.length === 0) return Buffer.alloc(0);
  const size = elementsLength(elements);
  if (size > 139) throw malformed(`its elements take ${size} octets, 139 fit into a short message`, 0);
  const header = Buffer.allocUnsafe(size + 1);
  header[0] = size;
  let at = 1;
  for (const { id, data } of elements) {
    header[at++] = id;
    header[at++] = data.length;
    at += data.copy(header, at);
  }
  return header;
}

export function concatenationElement({ reference, total, part, bits }: Concatenation): UdhElement {
  return bits === 8
    ? { id: IEI.CONCATENATION_8, data: Buffer.from([reference & 0xff, total, part]) }
    : {
        id: IEI.CONCATENATION_16,
        data: Buffer.from([(reference >> 8) & 0xff, reference & 0xff, total, part]),
      };
}

/** Application port addressing with 16 bit ports, higher bits are cut off (TS 23.040 section 9.2.3.24.4). */
export function portElement(destination: number, source: number): UdhElement {
  const data = Buffer.allocUnsafe(4);
  data.writeUInt16BE(destination & 0xffff, 0);
  data.writeUInt16BE(source & 0xffff, 2);
  return { id: IEI.PORTS_16, data };
}

/** The elements that announce national shift tables; language 0 is the default table and needs none. */
export function shiftElements(locking: number, single: number): UdhElement[] {
  const elements: UdhElement[] = [];
  if (locking !== 0) elements.push({ id: IEI.LOCKING_SHIFT, data: Buffer.from([locking]) });
  if (single !== 0) elements.push({ id: IEI.SINGLE_SHIFT, data: Buffer.from([single]) });
  return elements;
}

function malformed(why: string, position: number): TextError {
  return new TextError('MALFORMED_UDH', `The user data header is malformed: ${why}.`, {
    field: 'short_message',
    position,
  });
}
