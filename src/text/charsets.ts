import { decode, encode } from 'iconv-lite';
import { decodeIso2022Jp, encodeIso2022Jp } from './iso2022jp';
import type { Repertoire } from './plan/repertoire';

/** A coding whose characters come from a table that is not ours. */
export interface Charset {
  /** All characters must be in the repertoire. */
  encode(text: string): Buffer;
  /** Undefined for octets that are not of this coding. */
  decode(octets: Buffer): string | undefined;
  readonly repertoire: Repertoire;
}

const REPLACEMENT = '\ufffd';

/** What a table lacks iconv writes as "?": what does not come back is not in the repertoire. */
function byIconv(name: string, allows: (octets: Buffer) => boolean = () => true): Charset {
  const decodeAll = (octets: Buffer): string | undefined => {
    const text = decode(octets, name, { stripBOM: false });
    return text.includes(REPLACEMENT) ? undefined : text;
  };
  return {
    encode: (text) => encode(text, name),
    decode: decodeAll,
    repertoire: {
      unit: 'octets',
      width(codePoint) {
        const character = String.fromCodePoint(codePoint);
        const octets = encode(character, name);
        return decodeAll(octets) === character && allows(octets) ? octets.length : 0;
      },
    },
  };
}

/** KS X 1001 (once KS C 5601) without the additions of code page 949, which has trail octets of its own. */
function isKsX1001(octets: Buffer): boolean {
  return octets.length === 1 || ((octets[0] ?? 0) >= 0xa1 && (octets[1] ?? 0) >= 0xa1);
}

const iso2022jp: Charset = {
  encode: (text) => encodeIso2022Jp(text) ?? Buffer.alloc(0),
  decode: decodeIso2022Jp,
  repertoire: {
    unit: 'octets',
    width(codePoint) {
      if (codePoint < 0x80) return codePoint === 0x1b ? 0 : 1;
      return encodeIso2022Jp(String.fromCodePoint(codePoint)) ? 2 : 0;
    },
    shift: (previous, next) => (previous >= 0x80 !== next >= 0x80 ? 3 : 0),
    tail: (last) => (last >= 0x80 ? 3 : 0),
  },
};

/** By the name of the encoding. */
export const CHARSETS: ReadonlyMap<string, Charset> = new Map([
  ['shift_jis', byIconv('shift_jis')],
  ['euc-kr', byIconv('euc-kr', isKsX1001)],
  ['iso8859-5', byIconv('iso-8859-5')],
  ['iso8859-8', byIconv('iso-8859-8')],
  ['iso2022jp', iso2022jp],
]);
