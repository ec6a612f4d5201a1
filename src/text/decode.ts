import { builtInCodec, undecodable } from './codecs';
import { codingOf, resolveEncoding } from './codings';
import { TextError } from './errors';
import { hasGsmEscape, isStandardIa5 } from './ia5';
import { decodeSeptets } from './gsm';
import { alphabetOf, isCompressed } from './plan/data-codings';
import { DEFAULT_GSM } from './plan/gsm-alphabet';
import { tableOf } from './plan/languages';
import type { Coding } from './plan/types';
import type { DecodeOptions, TextCodec } from './types';
import { parseUserDataHeader, type UserDataHeader } from './udh';

/**
 * Octets to text. Under data_coding 1 (IA5) octets with an escape sequence of GSM 03.38 are read as that; `decodeParts`
 * goes by other control characters too, and tells of it.
 * @param octets what follows the user data header, where there is one
 * @throws TextError `UNKNOWN_ENCODING` where the data_coding is no text or has no codec
 * ({@link codingOf} tells), or a name is of none; `UNDECODABLE` where the octets are not of that coding;
 * `MALFORMED_UDH` for a `udh` given as octets
 */
export function decodeText(octets: Buffer, data_coding: number, options: DecodeOptions = {}): string {
  if (data_coding === 0 && isPlain(options)) return decodeSeptets(octets, DEFAULT_GSM);
  const encoding = encodingFor(data_coding, options);
  const header = options.udh && headerOf(options.udh);
  const codec = options.codecs?.find((one) => one.name === encoding);
  if (codec) return decodeByCodec(codec, octets);
  const context = {
    table: tableOf(header?.lockingShift ?? 0, header?.singleShift ?? 0),
    headerOctets: header?.length ?? 0,
    data_coding,
    ucs2ByteOrder: options.ucs2ByteOrder,
  };
  const asGsm =
    encoding === 'ascii' &&
    options.encoding === undefined &&
    hasGsmEscape(octets) &&
    isStandardIa5(data_coding, options);
  const text = builtInCodec(asGsm ? 'gsm0338' : encoding)?.decode(octets, context);
  if (text === undefined) throw undecodable(encoding, {});
  return text;
}

/** Most messages: nothing to look up. */
function isPlain(options: DecodeOptions): boolean {
  const { udh, encoding, codecs } = options;
  return alphabetOf(options) === 'gsm0338' && !udh && encoding === undefined && !codecs?.length;
}

function encodingFor(data_coding: number, options: DecodeOptions): string {
  if (options.encoding !== undefined) return resolveEncoding(options.encoding, options.codecs, 'encoding');
  const coding = codingOf(data_coding, options);
  if (coding && coding.encoding !== 'binary') return coding.encoding;
  throw new TextError('UNKNOWN_ENCODING', `${whyNoText(data_coding, coding)}, or bring a codec.`, {
    field: 'data_coding',
  });
}

function whyNoText(data_coding: number, coding: Coding | undefined): string {
  if (coding) return `data_coding ${data_coding} is binary: take the octets, name an encoding`;
  return isCompressed(data_coding)
    ? `data_coding ${data_coding} says that the text is compressed (TS 23.042), for which there is no codec: take the octets`
    : `There is no codec for data_coding ${data_coding}: take the octets`;
}

function headerOf(udh: Uint8Array | UserDataHeader): UserDataHeader {
  return udh instanceof Uint8Array ? parseUserDataHeader(udh) : udh;
}

function decodeByCodec(codec: TextCodec, octets: Buffer): string {
  try {
    return codec.decode(octets);
  } catch (cause) {
    throw undecodable(codec.name, { cause });
  }
}
