import { codingOf, resolveEncoding } from './codings';
import { ia5Flaw, isStandardIa5, notIa5At } from './ia5';
import { decodeText } from './decode';
import { TextError } from './errors';
import { fillBitsAfter, unpackSeptets } from './gsm';
import type { DecodeOptions } from './types';
import { parseUserDataHeader } from './udh';
import type { MessagePart } from './user-data';

/** What the parts of a message say together. */
export interface DecodedParts {
  /** Absent where the message is binary or cannot be decoded. */
  readonly text?: string;
  /** All octets in order, without headers. */
  readonly octets: Buffer;
  /** Why there is no text although there should be one. */
  readonly problem?: TextError;
  /** What was put up with; absent where there is nothing. */
  readonly flaws?: readonly string[];
}

/**
 * The text of the parts of a long message. Neighbours of one coding are decoded together, so that a
 * character that the sender has cut in two is whole again; parts may differ in their coding. Octets under data_coding 1
 * (IA5) that no text in IA5 has, an escape or another control character, say that it is GSM 03.38, all of it, with a
 * flaw. Never throws.
 */
export function decodeParts(
  parts: readonly MessagePart[],
  options: Omit<DecodeOptions, 'udh'> = {},
): DecodedParts {
  const octets = Buffer.concat(parts.map((part) => part.octets));
  try {
    const gsm = gsmUnderIa5(parts, options);
    let text = '';
    for (const run of runsOf(parts)) {
      const asGsm = gsm !== undefined && isStandardIa5(run[0]?.data_coding, options);
      const decoded = decodeRun(run, asGsm ? { ...options, encoding: 'gsm0338' } : options);
      if (decoded === undefined) return { octets };
      text += decoded;
    }
    return gsm === undefined ? { text, octets } : { text, octets, flaws: [ia5Flaw(gsm)] };
  } catch (error) {
    if (error instanceof TextError) return { octets, problem: error };
    throw error;
  }
}

/** An octet that says that the text is not IA5 as its data_coding has it; undefined: there is none. */
function gsmUnderIa5(parts: readonly MessagePart[], options: DecodeOptions): number | undefined {
  if (options.encoding !== undefined) return undefined;
  const ia5 = parts.filter(({ data_coding }) => data_coding === 1 && isStandardIa5(data_coding, options));
  // An octet above 0x7f is of neither.
  if (ia5.some(({ octets }) => octets.some((octet) => octet > 0x7f))) return undefined;
  return ia5.map(({ octets }) => octets[notIa5At(octets)]).find((octet) => octet !== undefined);
}

/** Neighbours with the same data_coding and the same shift tables. */
function runsOf(parts: readonly MessagePart[]): MessagePart[][] {
  const runs: MessagePart[][] = [];
  let previous: MessagePart | undefined;
  for (const part of parts) {
    const continues = previous && previous.part + 1 === part.part && codingKey(previous) === codingKey(part);
    if (continues) runs[runs.length - 1]?.push(part);
    else runs.push([part]);
    previous = part;
  }
  return runs;
}

function codingKey({ data_coding, header }: MessagePart): string {
  const udh = header && parseUserDataHeader(header);
  return `${data_coding}/${udh?.lockingShift ?? 0}/${udh?.singleShift ?? 0}`;
}

function encodingOf(data_coding: number, options: DecodeOptions): string | undefined {
  if (options.encoding !== undefined) return resolveEncoding(options.encoding, options.codecs, 'encoding');
  return codingOf(data_coding, options)?.encoding;
}

function decodeRun(run: readonly MessagePart[], options: DecodeOptions): string | undefined {
  const [first] = run;
  if (!first) return '';
  const encoding = encodingOf(first.data_coding, options);
  if (encoding === 'binary') return undefined;
  const rest = { ...options, udh: first.header };
  if (encoding === 'ucs2' && run.every((part) => part.octets.length % 2 === 0)) {
    // Each may have its byte order mark; halves of a surrogate pair meet again as strings do.
    return run.map((part) => decodeText(part.octets, part.data_coding, rest)).join('');
  }
  if (encoding === 'gsm0338-packed') {
    const septets = run.map((part, index) =>
      unpackSeptets(part.octets, fillBitsAfter(part.header?.length ?? 0), index < run.length - 1),
    );
    return decodeText(Buffer.concat(septets), 0, { ...rest, encoding: 'gsm0338' });
  }
  return decodeText(Buffer.concat(run.map((part) => part.octets)), first.data_coding, rest);
}
