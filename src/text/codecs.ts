import { TextError } from './errors';
import { decodeSeptets, encodeSeptets, fillBitsAfter, packSeptets, unpackSeptets } from './gsm';
import { iconv } from './iconv';
import { decodeIso2022Jp, encodeIso2022Jp } from './iso2022jp';
import type { GsmTable } from './plan/gsm-alphabet';
import { encodingSpec } from './plan/names';
import { shifted, type Repertoire } from './plan/repertoire';
import { decodeUcs2, encodeUcs2 } from './ucs2';

/** What lies about the octets of a text. */
interface CodecContext {
  /** Of GSM 03.38. */
  readonly table: GsmTable;
  /** Octets of the user data header before them. */
  readonly headerOctets: number;
  readonly data_coding?: number;
  readonly ucs2ByteOrder?: 'auto' | 'be' | 'le' | undefined;
}

/** Characters to octets and back, of one encoding. */
interface Codec {
  /** All characters must be in the repertoire. */
  encode(text: string, context: CodecContext): Buffer;
  /** Undefined, or a TextError where there is more to say, for octets that are not of this encoding. */
  decode(octets: Buffer, context: CodecContext): string | undefined;
  /** Where the table of encodings has an estimate. */
  readonly repertoire?: Repertoire;
}

const REPLACEMENT = '\ufffd';

/** What a table lacks iconv writes as "?": what does not come back is not in the repertoire. */
function byIconv(name: string, allows: (octets: Buffer) => boolean = () => true): Codec {
  const decodeAll = (octets: Buffer): string | undefined => {
    const text = iconv().decode(octets, name, { stripBOM: false });
    return text.includes(REPLACEMENT) ? undefined : text;
  };
  return {
    encode: (text) => iconv().encode(text, name),
    decode: decodeAll,
    repertoire: {
      unit: 'octets',
      width(codePoint) {
        const character = String.fromCodePoint(codePoint);
        const octets = iconv().encode(character, name);
        return decodeAll(octets) === character && allows(octets) ? octets.length : 0;
      },
    },
  };
}

/** KS X 1001 (once KS C 5601) without the additions of code page 949, which has trail octets of its own. */
function isKsX1001(octets: Buffer): boolean {
  return octets.length === 1 || ((octets[0] ?? 0) >= 0xa1 && (octets[1] ?? 0) >= 0xa1);
}

const shiftJis = byIconv('shift_jis');

const iso2022jp: Codec = {
  encode: (text) => encodeIso2022Jp(text) ?? Buffer.alloc(0),
  // JIS X 0208 is a set of characters: data_coding 5 comes in its seven bit form and as Shift_JIS.
  decode: (octets, context) =>
    decodeIso2022Jp(octets) ?? (context.data_coding === 0x05 ? shiftJis.decode(octets, context) : undefined),
  repertoire: shifted({
    unit: 'octets',
    width(codePoint) {
      if (codePoint < 0x80) return codePoint === 0x1b ? 0 : 1;
      return encodeIso2022Jp(String.fromCodePoint(codePoint)) ? 2 : 0;
    },
  }),
};

const encodeLatin1 = (text: string): Buffer => Buffer.from(text, 'latin1');

/** Those that are written here; all others of the table are iconv's. */
const CODECS = new Map<string, Codec>(
  Object.entries({
    gsm0338: {
      encode: (text, { table }) => encodeSeptets(text, table),
      decode: (octets, { table }) => decodeSeptets(octets, table),
    },
    'gsm0338-packed': {
      encode: (text, { table, headerOctets }) =>
        packSeptets(encodeSeptets(text, table), fillBitsAfter(headerOctets)),
      decode: (octets, { table, headerOctets }) =>
        decodeSeptets(unpackSeptets(octets, fillBitsAfter(headerOctets)), table),
    },
    ucs2: { encode: encodeUcs2, decode: (octets, { ucs2ByteOrder }) => decodeUcs2(octets, ucs2ByteOrder) },
    latin1: { encode: encodeLatin1, decode: (octets) => octets.toString('latin1') },
    ascii: { encode: encodeLatin1, decode: decodeAscii },
    iso2022jp,
    shift_jis: shiftJis,
    'euc-kr': byIconv('euc-kr', isKsX1001),
  } satisfies Record<string, Codec>),
);

/** The codec of a built-in encoding; undefined for binary, and for one of the user's. */
export function builtInCodec(encoding: string): Codec | undefined {
  const known = CODECS.get(encoding);
  const charset = encodingSpec(encoding)?.charset;
  if (known || charset === undefined) return known;
  const codec = byIconv(charset);
  CODECS.set(encoding, codec);
  return codec;
}

/** What a built-in encoding can write. */
export function builtInRepertoire(encoding: string): Repertoire | undefined {
  const spec = encodingSpec(encoding);
  return spec?.estimated ? builtInCodec(encoding)?.repertoire : spec?.repertoire;
}

function decodeAscii(octets: Buffer): string {
  const position = octets.findIndex((octet) => octet > 0x7f);
  if (position === -1) return octets.toString('latin1');
  throw undecodable('ascii', { position });
}

export function undecodable(encoding: string, detail: { position?: number; cause?: unknown }): TextError {
  const where = detail.position === undefined ? '' : ` (octet ${detail.position})`;
  const message = `The octets are not ${encoding}${where}: take them as they are, or name another encoding.`;
  return new TextError('UNDECODABLE', message, { field: 'short_message', ...detail });
}
