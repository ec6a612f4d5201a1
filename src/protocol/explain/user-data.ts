import { hex8, plural } from './words';
import { PART_SECTIONS } from './sections';
import type { ExplainedField } from './types';

/** Information elements of a user data header (TS 23.040 section 9.2.3.24) by identifier, and what their data says. */
const ELEMENTS: Readonly<
  Record<number, readonly [name: string, size?: number, says?: (data: Buffer) => string]>
> = {
  0x00: ['concatenation, 8 bit reference', 3, (data) => part(data.readUInt8(0), data.subarray(1))],
  0x01: ['special SMS message indication', 2, (data) => waiting(data.readUInt8(0), data.readUInt8(1))],
  0x04: ['application ports, 8 bit', 2, (data) => ports(data.readUInt8(0), data.readUInt8(1))],
  0x05: ['application ports, 16 bit', 4, (data) => ports(data.readUInt16BE(0), data.readUInt16BE(2))],
  0x06: ['SMSC control parameters'],
  0x07: ['UDH source indicator'],
  0x08: ['concatenation, 16 bit reference', 4, (data) => part(data.readUInt16BE(0), data.subarray(2))],
  0x09: ['wireless control message protocol'],
  0x0a: ['text formatting'],
  0x0b: ['predefined sound'],
  0x0c: ['user defined sound'],
  0x0d: ['predefined animation'],
  0x10: ['large picture'],
  0x11: ['small picture'],
  0x12: ['variable picture'],
  0x14: ['extended object'],
  0x20: ['RFC 822 e-mail header'],
  0x22: ['reply address'],
  0x24: ['national language single shift', 1, (data) => `language ${data[0]}`],
  0x25: ['national language locking shift', 1, (data) => `language ${data[0]}`],
  0x70: ['(U)SIM toolkit security header'],
};

const WAITING = ['voice', 'fax', 'e-mail', 'other'] as const;

/** TS 23.040 section 9.2.3.24.2; bits 2 to 4 tell more of what else waits, 1 of them is video. */
function waiting(sign: number, count: number): string {
  const extended = (sign >> 2) & 0x07;
  const basic = WAITING[sign & 0x03] ?? 'other';
  const kind =
    extended === 0 ? basic : extended === 1 && basic === 'other' ? 'video' : `${basic}, extended ${extended}`;
  const profile = ((sign >> 5) & 0x03) + 1;
  const kept = sign & 0x80 ? 'to be stored' : 'to be discarded';
  return `${kind}: ${count} waiting, text ${kept}${profile > 1 ? `, profile ${profile}` : ''}`;
}

function part(reference: number, [total = 0, at = 0]: Uint8Array): string {
  const valid = at >= 1 && at <= total ? '' : ', which is not valid: to be ignored';
  return `reference ${reference}, part ${at} of ${total}${valid}`;
}

function ports(destination: number, source: number): string {
  return `to port ${destination}, from port ${source}`;
}

/**
 * The parts of a message that begins with a user data header: its length octet, its elements, and what follows. Of a
 * malformed one the elements that can be read, then all the rest.
 */
export function explainUserData(octets: Buffer, offset: number): { fields: ExplainedField[]; flaw?: string } {
  const fields: ExplainedField[] = [];
  const add = (name: string, from: number, to: number, value: unknown, meaning?: string): void => {
    const view = octets.subarray(from, to);
    const said = meaning === undefined ? {} : { meaning };
    fields.push({
      kind: 'udh',
      name,
      offset: offset + from,
      length: to - from,
      octets: view,
      value,
      ...said,
      section: PART_SECTIONS.udh,
    });
  };
  const rest = (from: number, name: string): void => {
    if (from < octets.length) add(name, from, octets.length, octets.subarray(from));
  };
  const udhl = octets[0];
  if (udhl === undefined)
    return { fields, flaw: 'the user data header that esm_class announces is not there' };
  add('udhl', 0, 1, udhl, `${plural(udhl, 'octet')} of header follow`);
  if (udhl + 1 > octets.length) {
    rest(1, 'rest');
    return { fields, flaw: `the user data header should have ${udhl} octets, ${octets.length - 1} follow` };
  }
  let at = 1;
  while (at < udhl + 1) {
    const [id, size = 0] = [octets[at] ?? 0, octets[at + 1]];
    const end = at + 2 + size;
    if (at + 2 > udhl + 1 || end > udhl + 1) {
      rest(at, 'rest');
      return { fields, flaw: `the user data header element ${hex8(id)} runs past the end of the header` };
    }
    const data = octets.subarray(at + 2, end);
    const [name, expected = data.length, says] = ELEMENTS[id] ?? [`element ${hex8(id)}`];
    const said =
      expected === data.length ? says?.(data) : `has ${data.length} octets in place of ${expected}`;
    add(name, at, end, data, said);
    at = end;
  }
  rest(at, 'user_data');
  return { fields };
}
