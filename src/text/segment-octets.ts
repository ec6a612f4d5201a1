import { codingOf, dataCodingOf } from './codings';
import { decodeText } from './decode';
import { TextError } from './errors';
import { checkOptions } from './options';
import { capacity, isWhole, partCapacity } from './plan/capacity';
import { languageNames } from './plan/languages';
import type { Unit } from './plan/types';
import { UDHI, buildParts, buildPayload, buildSingle, concatenable, type Frame } from './segment-build';
import type { SegmentOptions, SegmentedMessage, SubmitSmFields } from './types';
import { IEI, elementsLength, parseUserDataHeader, type UdhElement, type UserDataHeader } from './udh';

type SegmentText = (text: string, options: SegmentOptions) => SegmentedMessage;

/**
 * Octets as they are. Where they are a text by their data_coding and too long for one
 * segment, they are cut as a text, so that no character is cut in two; what is no text, or has characters
 * that are read but never written (vendors' additions), is cut anywhere. With the UDHI bit set they begin with a header, whose elements every segment gets.
 */
export function segmentOctets(
  octets: Buffer,
  data_coding: number | undefined,
  options: SegmentOptions,
  segmentText: SegmentText,
): SegmentedMessage {
  checkOptions(options, options);
  const { elements, body } = splitHeader(octets, options);
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
  const text = textOf(body, encoding, octets, options);
  const asText =
    text === undefined
      ? undefined
      : written(() =>
          segmentText(text, {
            ...options,
            ...languageOf(elements),
            data_coding: coding,
            encoding,
            // Octets are never replaced.
            unencodable: 'strict',
            udh: elements.filter(isNoShift),
          }),
        );
  if (asText) return asText;
  const perSegment = partCapacity(unit, elementsLength(elements), options.method ?? 'udh8');
  return { ...facts, segments: cut(body, perSegment, frame, options), perSegment };
}

function splitHeader(
  octets: Buffer,
  options: SegmentOptions,
): { elements: readonly UdhElement[]; body: Buffer } {
  const given = options.udh ?? [];
  if (!((options.esm_class ?? 0) & UDHI)) return { elements: given, body: octets };
  const header = headerOf(octets);
  return { elements: [...given, ...header.elements], body: octets.subarray(header.length) };
}

function headerOf(octets: Buffer): UserDataHeader {
  try {
    return parseUserDataHeader(octets);
  } catch (error) {
    if (!(error instanceof TextError)) throw error;
    const { message: why, code, field, position } = error;
    const remedy = 'Correct it, or leave 0x40 (64) out of esm_class, which says that there is one.';
    throw new TextError(code, `${why} ${remedy}`, {
      ...(field && { field }),
      ...(position !== undefined && { position }),
    });
  }
}

/** A septet to an octet, unless packed. */
function unitOf(encoding: string, data_coding: number): Unit {
  if (encoding === 'gsm0338-packed') return 'octets';
  return encoding === 'gsm0338' || encoding === 'ascii' || data_coding === 0 ? 'septets' : 'octets';
}

function textOf(body: Buffer, encoding: string, octets: Buffer, options: SegmentOptions): string | undefined {
  if (encoding === 'binary') return undefined;
  const udh = (options.esm_class ?? 0) & UDHI ? parseUserDataHeader(octets) : undefined;
  try {
    return decodeText(body, 0, { encoding, codecs: options.codecs, udh, ucs2ByteOrder: 'be' });
  } catch (error) {
    if (error instanceof TextError) return undefined;
    throw error;
  }
}

function written(segmented: () => SegmentedMessage): SegmentedMessage | undefined {
  try {
    return segmented();
  } catch (error) {
    if (error instanceof TextError && error.code === 'UNENCODABLE') return undefined;
    throw error;
  }
}

function isNoShift({ id }: UdhElement): boolean {
  return id !== IEI.SINGLE_SHIFT && id !== IEI.LOCKING_SHIFT;
}

/** The text is written anew, with the best tables of the language that it was written in. */
function languageOf(elements: readonly UdhElement[]): Pick<SegmentOptions, 'language'> {
  const shift = elements.find((element) => !isNoShift(element));
  const language = languageNames()[(shift?.data[0] ?? 0) - 1];
  return language ? { language } : {};
}

function cut(body: Buffer, perSegment: number, frame: Frame, options: SegmentOptions): SubmitSmFields[] {
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
