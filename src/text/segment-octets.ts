import { codingOf, dataCodingOf } from './codings';
import { decodeText } from './decode';
import { TextError, attempt } from './errors';
import { checkOptions, isNoShift, type ReadOptions } from './encode';
import { capacity, isWhole, partCapacity } from './plan/capacity';
import { languageNames } from './plan/languages';
import type { Unit } from './plan/types';
import { buildParts, buildPayload, buildSingle, concatenable, type Frame } from './segment-build';
import type { SegmentedMessage, SubmitSmFields } from './types';
import {
  UDHI,
  elementsLength,
  formatUserDataHeader,
  parseUserDataHeader,
  type UdhElement,
  type UserDataHeader,
} from './udh';

type SegmentText = (text: string, options: ReadOptions) => SegmentedMessage;

/**
 * Octets as they are. Where they are a text by their data_coding and too long for one
 * segment, they are cut as a text, so that no character is cut in two; what is no text, or has characters
 * that are read but never written (vendors' additions), is cut anywhere. With the UDHI bit set they begin with a header,
 * whose elements every segment gets.
 */
export function segmentOctets(
  octets: Buffer,
  data_coding: number | undefined,
  options: ReadOptions,
  segmentText: SegmentText,
): SegmentedMessage {
  checkOptions(options, options);
  const udh = (options.esm_class ?? 0) & UDHI ? headerOf(octets) : undefined;
  const elements = [...(options.udh ?? []), ...(udh?.elements ?? [])];
  const body = octets.subarray(udh?.length ?? 0);
  const coding = data_coding ?? dataCodingOf('binary', options);
  const encoding = codingOf(coding, options)?.encoding ?? 'binary';
  const unit = unitOf(encoding, coding);
  const perSingle = capacity(unit, elementsLength(elements));
  const frame: Frame = { esm_class: options.esm_class ?? 0, data_coding: coding, elements };
  const facts = { encoding, data_coding: coding, characters: body.length, units: body.length, unit };
  if (body.length <= perSingle) {
    const build = options.method === 'payload-always' ? buildPayload : buildSingle;
    return { ...facts, segments: [build(frame, () => body)], perSegment: perSingle };
  }
  const text = textOf(body, encoding, elements, options);
  if (text !== undefined) {
    const rest = { ...languageOf(elements), data_coding: coding, encoding, udh: elements.filter(isNoShift) };
    // Octets are never replaced.
    const segmented = attempt(
      () => segmentText(text, { ...options, ...rest, unencodable: 'strict' }),
      (error) => {
        if (error.code !== 'UNENCODABLE') throw error;
      },
    );
    if (segmented) return segmented;
  }
  const perSegment = partCapacity(unit, elementsLength(elements), options.method ?? 'udh8');
  return { ...facts, segments: cut(body, perSegment, frame, options), perSegment };
}

function headerOf(octets: Buffer): UserDataHeader {
  return attempt(
    () => parseUserDataHeader(octets),
    ({ code, message, position }) => {
      const remedy = 'Correct it, or leave 0x40 (64) out of esm_class, which says that there is one.';
      throw new TextError(code, `${message} ${remedy}`, { field: 'short_message', position });
    },
  );
}

/** A septet to an octet, unless packed. */
function unitOf(encoding: string, data_coding: number): Unit {
  if (encoding === 'gsm0338-packed') return 'octets';
  return encoding === 'gsm0338' || encoding === 'ascii' || data_coding === 0 ? 'septets' : 'octets';
}

function textOf(
  body: Buffer,
  encoding: string,
  elements: readonly UdhElement[],
  { codecs }: ReadOptions,
): string | undefined {
  if (encoding === 'binary') return undefined;
  return attempt(
    () => decodeText(body, 0, { encoding, codecs, udh: headerWith(elements), ucs2ByteOrder: 'be' }),
    () => undefined,
  );
}

function headerWith(elements: readonly UdhElement[]): UserDataHeader | undefined {
  return elements.length === 0 ? undefined : parseUserDataHeader(formatUserDataHeader(elements));
}

/** The text is written anew, with the best tables of the language that it was written in. */
function languageOf(elements: readonly UdhElement[]): Pick<ReadOptions, 'language'> {
  const shift = elements.find((element) => !isNoShift(element));
  const language = languageNames()[(shift?.data[0] ?? 0) - 1];
  return language ? { language } : {};
}

function cut(body: Buffer, perSegment: number, frame: Frame, options: ReadOptions): SubmitSmFields[] {
  if (isWhole(options.method)) return [buildPayload(frame, () => body)];
  const parts = Math.ceil(body.length / Math.max(perSegment, 1));
  const maxParts = Math.min(options.maxParts ?? 255, 255);
  concatenable(
    { parts, maxParts, perSegment, what: `${body.length} octets` },
    frame.elements,
    options.method,
  );
  return buildParts(frame, options, parts, (index) =>
    body.subarray(index * perSegment, (index + 1) * perSegment),
  );
}
