import { CHARSETS } from './charsets';
import { codingOf, resolveEncoding } from './codings';
import { TextError } from './errors';
import { hasGsmEscape, isStandardIa5 } from './ia5';
import { decodeSeptets, fillBitsAfter, unpackSeptets } from './gsm';
import { alphabetOf, isCompressed } from './plan/data-codings';
import { DEFAULT_GSM, type GsmTable } from './plan/gsm-alphabet';
import { tableOf } from './plan/languages';
import type { Coding, DecodeOptions, TextCodec } from './types';
import { decodeUcs2 } from './ucs2';
import { parseUserDataHeader, type UserDataHeader } from './udh';

/**
 * Octets to text. Under data_coding 1 (IA5) octets with an escape sequence of GSM 03.38 are read as that; `decodeParts`
 * goes by other control characters too, and tells of it.
 * @param octets what follows the user data header, where there is one
 * @throws TextError `UNKNOWN_ENCODING` where the data_coding is no text or has no codec
 * ({@link codingOf} tells), `UNDECODABLE` where the octets are not of that coding
 */
export function decodeText(octets: Buffer, data_coding: number, options: DecodeOptions = {}): string {
  if (data_coding === 0 && isPlain(options)) return decodeSeptets(octets, DEFAULT_GSM);
  const encoding = encodingFor(data_coding, options);
  const header = options.udh && headerOf(options.udh);
  const codec = options.codecs?.find((one) => one.name === encoding);
  if (codec) return decodeByCodec(codec, octets);
  switch (encoding) {
    case 'gsm0338':
      return decodeSeptets(octets, tableFor(header));
    case 'gsm0338-packed':
      return decodeSeptets(
        unpackSeptets(octets, header ? fillBitsAfter(header.length) : 0),
        tableFor(header),
      );
    case 'ucs2':
      return decodeUcs2(octets, options.ucs2ByteOrder);
    case 'latin1':
      return octets.toString('latin1');
    case 'ascii':
      if (options.encoding === undefined && hasGsmEscape(octets) && isStandardIa5(data_coding, options)) {
        return decodeSeptets(octets, tableFor(header));
      }
      return decodeAscii(octets);
    default:
      return decodeCharset(octets, encoding, data_coding);
  }
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

function tableFor(header: UserDataHeader | undefined): GsmTable {
  if (!header || (header.lockingShift === undefined && header.singleShift === undefined)) return DEFAULT_GSM;
  return tableOf(header.lockingShift ?? 0, header.singleShift ?? 0);
}

function decodeByCodec(codec: TextCodec, octets: Buffer): string {
  try {
    return codec.decode(octets);
  } catch (cause) {
    throw undecodable(codec.name, { cause });
  }
}

function decodeAscii(octets: Buffer): string {
  const position = octets.findIndex((octet) => octet > 0x7f);
  if (position === -1) return octets.toString('latin1');
  throw undecodable('ascii', { position });
}

function decodeCharset(octets: Buffer, encoding: string, data_coding: number): string {
  const text = CHARSETS.get(encoding)?.decode(octets);
  if (text !== undefined) return text;
  // JIS X 0208 is a set of characters: data_coding 5 comes in its seven bit form and as Shift_JIS.
  const shifted =
    encoding === 'iso2022jp' && data_coding === 0x05 ? CHARSETS.get('shift_jis')?.decode(octets) : undefined;
  if (shifted !== undefined) return shifted;
  throw undecodable(encoding, {});
}

function undecodable(encoding: string, detail: { position?: number; cause?: unknown }): TextError {
  const where = detail.position === undefined ? '' : ` (octet ${detail.position})`;
  return new TextError(
    'UNDECODABLE',
    `The octets are not ${encoding}${where}: take them as they are, or name another encoding.`,
    {
      field: 'short_message',
      ...detail,
    },
  );
}
