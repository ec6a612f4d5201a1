import { DEFAULT_GSM, LACKS, countSeptets, septetsOf, type GsmTable } from './gsm-alphabet';
import type { Unit } from './types';

/** What a coding can write, and at what cost. */
export interface Repertoire {
  readonly unit: Unit;
  /** Units that the code point takes; 0: the coding lacks it. */
  width(codePoint: number): number;
  /** Units between two neighbours (a change of shift state); `previous` is -1 at the start of a part. */
  shift?(previous: number, next: number): number;
  /** Units that a part needs behind its last character. */
  tail?(last: number): number;
  /** The same as adding up the above, where there is a faster way; see {@link unitsOf}. */
  count?(text: string): number;
}

/** Units that the text takes as one part, or -1 - index of the first character that the coding lacks. */
export function unitsOf(text: string, repertoire: Repertoire): number {
  if (repertoire.count) return repertoire.count(text);
  let units = 0;
  let previous = -1;
  for (let index = 0; index < text.length;) {
    const codePoint = text.codePointAt(index) as number;
    const width = repertoire.width(codePoint);
    if (width === 0) return -1 - index;
    units += width + (repertoire.shift?.(previous, codePoint) ?? 0);
    previous = codePoint;
    index += codePoint > 0xffff ? 2 : 1;
  }
  return previous === -1 ? 0 : units + (repertoire.tail?.(previous) ?? 0);
}

export function gsmRepertoire(table: GsmTable): Repertoire {
  return {
    unit: 'septets',
    width: (codePoint) => septetsOf(table, codePoint),
    count: (text) => countSeptets(table, text),
  };
}

/** A packed part that ends in septet 0, or a carriage return, needs a septet behind it to be told from spare bits. */
export function packedRepertoire(table: GsmTable): Repertoire {
  return {
    unit: 'septets',
    width: (codePoint) => septetsOf(table, codePoint),
    tail(last) {
      const septet = (table.codes[last] ?? LACKS) & 0x7f;
      return septet === 0 || septet === 0x0d ? 1 : 0;
    },
  };
}

const LONE_SURROGATE = /\p{Surrogate}/u;

export const UCS2: Repertoire = {
  unit: 'octets',
  width: (codePoint) => (codePoint > 0xffff ? 4 : (codePoint & 0xf800) === 0xd800 ? 0 : 2),
  count(text) {
    const lone = text.search(LONE_SURROGATE);
    return lone === -1 ? text.length * 2 : -1 - lone;
  },
};

export const latin1 = byRange((code) => code <= 0xff);
export const ascii = byRange((code) => code <= 0x7f);

/** ISO 8859-5: Latin, Cyrillic in the order of Unicode, section and numero sign. */
export const iso8859x5 = byRange(
  (code) =>
    code <= 0xa0 ||
    [0xa7, 0xad, 0x2116].includes(code) ||
    (code >= 0x401 && code <= 0x45f && ![0x40d, 0x450, 0x45d].includes(code)),
);

const ISO_8859_8_SIGNS = new Set([0xd7, 0xf7, 0x2017, 0x200e, 0x200f]);
const ISO_8859_8_LATIN1 = new Set([0xaa, 0xba, 0xd7, 0xf7, 0xa1, 0xbf]);

/** ISO 8859-8: Latin, the Hebrew letters, and the two directional marks. */
export const iso8859x8 = byRange(
  (code) =>
    ISO_8859_8_SIGNS.has(code) ||
    (code <= 0xbe && !ISO_8859_8_LATIN1.has(code)) ||
    (code >= 0x5d0 && code <= 0x5ea),
);

function byRange(has: (code: number) => boolean): Repertoire {
  return { unit: 'octets', width: (codePoint) => (has(codePoint) ? 1 : 0) };
}

/** An estimate for where the table is not at hand: ASCII and half-width katakana one octet, all others two. */
export const eastAsian: Repertoire = {
  unit: 'octets',
  width: (codePoint) =>
    codePoint < 0x80 || (codePoint >= 0xff61 && codePoint <= 0xff9f) ? 1 : codePoint < 0x10000 ? 2 : 0,
};

/** As ISO-2022-JP, with three octets wherever ASCII and other characters meet; it begins and ends in ASCII. */
export function shifted(repertoire: Repertoire): Repertoire {
  return {
    ...repertoire,
    shift: (previous, next) => (previous >= 0x80 !== next >= 0x80 ? 3 : 0),
    tail: (last) => (last >= 0x80 ? 3 : 0),
  };
}

/**
 * The same characters, counted in GSM septets: what is left of a text after the SMSC has turned
 * it into the only seven bit alphabet that goes over the air.
 */
export function inSeptets(repertoire: Repertoire): Repertoire {
  return {
    unit: 'septets',
    width: (codePoint) => (repertoire.width(codePoint) === 0 ? 0 : septetsOf(DEFAULT_GSM, codePoint) || 1),
  };
}
