import {
  chooseFor,
  dataCodingFor,
  encodeWritten,
  ownElements,
  planOptions,
  unspecifiedOctets,
  writtenElements,
  type ReadOptions,
} from './encode';
import { segmentOctets } from './segment-octets';
import { SINGLE, encodePlain } from './plain';
import { isWhole } from './plan/capacity';
import { buildParts, buildPayload, buildSingle, concatenable, type Frame } from './segment-build';
import { characterCount } from './measure';
import { UDHI } from './udh';
import { readUdh } from './udh-fields';
import { layOut, type Layout, type PlanOptions, type Written } from './plan/plan';
import type { SegmentInput, SegmentOptions, SegmentedMessage, SubmitSmFields } from './types';

/**
 * A message as the fields of one submit_sm per segment.
 *
 * Limits are those of TS 23.040 section 9.2.3.24: 160 septets or 140 octets alone; beside the 8
 * bit concatenation header (and with sar_* TLVs) 153 or 134, beside the 16 bit one 152 or 133, less by what
 * other elements take. With data_coding 0, and of ASCII, septets count, whatever goes over the wire; but octets of UCS2 and
 * the East Asian encodings.
 * @throws TextError `TEXT_TOO_LONG` (nothing was made), `UNENCODABLE`, `UNKNOWN_ENCODING`, `INVALID_OPTION`;
 * `MALFORMED_UDH` where `udh` cannot be one, or octets do not begin with the header that esm_class announces
 */
export function segment(message: SegmentInput, options: SegmentOptions = {}): SegmentedMessage {
  const { udh } = options;
  // What most have none of is not copied.
  return segmentRead(
    message,
    udh === undefined ? (options as ReadOptions) : { ...options, udh: readUdh(udh) },
  );
}

function segmentRead(message: SegmentInput, options: ReadOptions): SegmentedMessage {
  if (typeof message === 'string') return segmentText(message, options);
  if (Buffer.isBuffer(message)) return segmentOctets(message, options.data_coding, options, segmentText);
  if ('text' in message) return segmentText(message.text, options);
  return segmentOctets(message.octets, message.data_coding ?? options.data_coding, options, segmentText);
}

function segmentText(text: string, options: ReadOptions): SegmentedMessage {
  const octets = unspecifiedOctets(text, options);
  if (octets) return segmentOctets(octets, options.data_coding, options, segmentText);
  ownElements(options.udh);
  return segmentPlain(text, options) ?? segmentPlanned(text, options);
}

/** See {@link encodePlain}. */
function segmentPlain(text: string, options: ReadOptions): SegmentedMessage | undefined {
  if (text.length > SINGLE || options.method === 'payload-always') return undefined;
  const octets = encodePlain(text, options);
  if (!octets || octets.length > SINGLE) return undefined;
  return {
    segments: [{ esm_class: (options.esm_class ?? 0) & ~UDHI, data_coding: 0, short_message: octets }],
    encoding: 'gsm0338',
    data_coding: 0,
    characters: text.length,
    units: octets.length,
    unit: 'septets',
    perSegment: SINGLE,
  };
}

function segmentPlanned(text: string, options: ReadOptions): SegmentedMessage {
  const plan = planOptions(options, options);
  const written = chooseFor(text, plan);
  const layout = layOut(written, plan);
  const frame: Frame = {
    esm_class: options.esm_class ?? 0,
    data_coding: dataCodingFor(written, options),
    elements: [...(options.udh ?? []), ...writtenElements(written)],
  };
  const { encoding, units, repertoire, language } = written;
  return {
    segments: frames(written, layout, frame, plan, options),
    encoding,
    data_coding: frame.data_coding,
    characters: characterCount(written.text),
    units,
    unit: repertoire.unit,
    perSegment: layout.perSegment,
    ...(language && { language }),
    ...(written.text !== text && { text: written.text }),
  };
}

function frames(
  written: Written,
  { starts, perSegment }: Layout,
  frame: Frame,
  plan: PlanOptions,
  options: ReadOptions,
): SubmitSmFields[] {
  const { text, units, repertoire } = written;
  const encodePart = (index: number, headerOctets: number): Buffer => {
    const piece = starts.length === 1 ? text : text.slice(starts[index], starts[index + 1]);
    return encodeWritten(written, piece, options.codecs, headerOctets);
  };
  const encodeAll = (headerOctets: number): Buffer => encodePart(0, headerOctets);
  const fits = starts.length === 1 && units <= perSegment;
  if (fits && options.method !== 'payload-always') return [buildSingle(frame, encodeAll)];
  if (isWhole(options.method)) return [buildPayload(frame, encodeAll)];
  const size = {
    parts: starts.length,
    maxParts: plan.maxParts,
    perSegment,
    what: `${units} ${repertoire.unit}`,
  };
  concatenable(size, frame.elements, options.method);
  return buildParts(frame, options, starts.length, encodePart);
}
