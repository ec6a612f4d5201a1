import { TextError } from './errors';
import type { LongMessageMethod } from './plan/types';
import type { SegmentOptions, SubmitSmFields } from './types';
import { IEI, UDHI, concatenationElement, formatUserDataHeader, type UdhElement } from './udh';

/** What a TLV can hold. */
const MAX_PAYLOAD = 65535;

/** Beside the header there must be room for the widest character, a surrogate pair. */
const LEAST_ROOM = 4;

/** What all segments of a message have in common. */
export interface Frame {
  readonly esm_class: number;
  readonly data_coding: number;
  readonly elements: readonly UdhElement[];
}

export function buildSingle(frame: Frame, encode: (headerOctets: number) => Buffer): SubmitSmFields {
  return withHeader(frame, formatUserDataHeader(frame.elements), encode);
}

/** Whole in `message_payload` (SMPP 3.4 section 5.3.2.32); a header of other elements comes before the text. */
export function buildPayload(frame: Frame, encode: (headerOctets: number) => Buffer): SubmitSmFields {
  const fields = buildSingle(frame, encode);
  const payload = fields.short_message;
  if (payload.length > MAX_PAYLOAD) {
    const message = `The message takes ${payload.length} octets, message_payload holds ${MAX_PAYLOAD}: send it as several messages.`;
    throw tooLong(message);
  }
  return { ...fields, short_message: Buffer.alloc(0), tlvs: { message_payload: payload } };
}

/** Refuses, before anything is made, what cannot go out as parts. */
export function concatenable(
  size: { parts: number; maxParts: number; perSegment: number; what: string },
  elements: readonly UdhElement[],
  method: LongMessageMethod | undefined,
): void {
  const { parts, maxParts, perSegment, what } = size;
  if (elements.some(({ id }) => id === IEI.CONCATENATION_8 || id === IEI.CONCATENATION_16)) {
    const message = `The message says that it is one part of a longer one, and takes ${what}, more than one part holds: shorten it, or leave that header away.`;
    throw tooLong(message);
  }
  if (perSegment < LEAST_ROOM) {
    throw new TextError(
      'INVALID_OPTION',
      'The user data header leaves no room for text: give it fewer elements.',
      {
        field: 'udh',
      },
    );
  }
  if (method === 'reject') {
    const message = `The message takes ${what}, more than one segment: shorten it, or allow long messages (udh8, udh16, sar, payload).`;
    throw tooLong(message);
  }
  if (parts > maxParts) {
    const message = `The message takes ${what}, more than ${maxParts} ${maxParts === 1 ? 'segment' : 'segments'} of ${perSegment}: shorten it, or send several messages.`;
    throw tooLong(message);
  }
}

export function buildParts(
  frame: Frame,
  { method, reference = 0 }: Pick<SegmentOptions, 'method' | 'reference'>,
  total: number,
  encode: (index: number, headerOctets: number) => Buffer,
): SubmitSmFields[] {
  const segments: SubmitSmFields[] = [];
  for (let index = 0; index < total; index++) {
    const part = index + 1;
    if (method === 'sar') {
      const fields = buildSingle(frame, (headerOctets) => encode(index, headerOctets));
      const sar = {
        sar_msg_ref_num: reference & 0xffff,
        sar_total_segments: total,
        sar_segment_seqnum: part,
      };
      segments.push({ ...fields, tlvs: sar });
    } else {
      const bits = method === 'udh16' ? 16 : 8;
      const first = concatenationElement({ reference, total, part, bits });
      const header = formatUserDataHeader([first, ...frame.elements]);
      segments.push(withHeader(frame, header, (headerOctets) => encode(index, headerOctets)));
    }
  }
  return segments;
}

function withHeader(frame: Frame, header: Buffer, encode: (headerOctets: number) => Buffer): SubmitSmFields {
  const octets = encode(header.length);
  const indicated = header.length > 0;
  return {
    esm_class: indicated ? frame.esm_class | UDHI : frame.esm_class & ~UDHI,
    data_coding: frame.data_coding,
    short_message: indicated ? Buffer.concat([header, octets]) : octets,
  };
}

function tooLong(message: string): TextError {
  return new TextError('TEXT_TOO_LONG', message, { field: 'short_message' });
}
