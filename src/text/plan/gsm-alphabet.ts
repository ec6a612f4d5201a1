/*
 * GSM 03.38 / 3GPP TS 23.038 section 6.2.1. A table is written down by septet and inverted once.
 */

/** Septet → UTF-16 code unit; {@link NONE} where the table has no character. */
export type SeptetTable = Uint16Array;

/** Not a character: U+FFFF is a noncharacter for good. */
export const NONE = 0xffff;

/** In {@link GsmTable.codes}: the alphabet lacks the character. */
export const LACKS = 0xffff;

/** In {@link GsmTable.codes}: the character is an escape and the septet in the lower seven bits. */
export const ESCAPED = 0x80;

export const ESCAPE = 0x1b;

/** One past the highest character of any table, U+221E of the Portuguese one. */
const CODES_SIZE = 0x221f;

const DEFAULT_ROWS =
  '@£$¥èéùìòÇ\nØø\rÅå' +
  'Δ_ΦΓΛΩΠΨΣΘΞ\uffffÆæßÉ' +
  ' !"#¤%&\'()*+,-./' +
  '0123456789:;<=>?' +
  '¡ABCDEFGHIJKLMNO' +
  'PQRSTUVWXYZÄÖÑÜ§' +
  '¿abcdefghijklmno' +
  'pqrstuvwxyzäöñüà';

/** The default alphabet, or one with national shift tables in place of its own. */
export interface GsmTable {
  /** National language identifier of the locking shift table; 0: the default one. */
  readonly locking: number;
  /** National language identifier of the single shift table; 0: the default one. */
  readonly single: number;
  /** Septet → code unit. */
  readonly basic: SeptetTable;
  /** Septet after an escape → code unit. */
  readonly extension: SeptetTable;
  /** Code unit → septet, septet with {@link ESCAPED}, or {@link LACKS}. Beyond its end: lacks. */
  readonly codes: Uint16Array;
}

/** A table with others in place of some of its characters: septets in hexadecimal, each before its character. */
export function patched(base: SeptetTable, patches: string): SeptetTable {
  const table = base.slice();
  for (const entry of patches.split(' ')) table[parseInt(entry.slice(0, 2), 16)] = entry.charCodeAt(2);
  return table;
}

export const DEFAULT_BASIC: SeptetTable = Uint16Array.from(DEFAULT_ROWS, (character) =>
  character.charCodeAt(0),
);
export const DEFAULT_SINGLE: SeptetTable = patched(
  new Uint16Array(128).fill(NONE),
  '0a\f 14^ 28{ 29} 2f\\ 3c[ 3d~ 3e] 40| 65€',
);

export function gsmTable(
  basic: SeptetTable,
  extension: SeptetTable,
  languages: { locking: number; single: number },
): GsmTable {
  const codes = new Uint16Array(CODES_SIZE).fill(LACKS);
  // Backwards, so that of two places for one character the lower one is used; and the basic
  // table last, since it is the cheaper one.
  for (let septet = 127; septet >= 0; septet--) assign(codes, extension, septet, ESCAPED);
  for (let septet = 127; septet >= 0; septet--) assign(codes, basic, septet, 0);
  return { ...languages, basic, extension, codes };
}

function assign(codes: Uint16Array, table: SeptetTable, septet: number, flag: number): void {
  const unit = table[septet] ?? NONE;
  if (unit === NONE || septet === ESCAPE) return;
  codes[unit] = septet | flag;
}

export const DEFAULT_GSM: GsmTable = gsmTable(DEFAULT_BASIC, DEFAULT_SINGLE, { locking: 0, single: 0 });

/** Septets that the code point takes: 1, 2, or 0 where the alphabet lacks it. */
export function septetsOf(table: GsmTable, codePoint: number): number {
  const code = table.codes[codePoint] ?? LACKS;
  return code === LACKS ? 0 : code < ESCAPED ? 1 : 2;
}

/** Septets that the text takes, or -1 - index of the first character that the alphabet lacks. */
export function countSeptets(table: GsmTable, text: string): number {
  const { codes } = table;
  let septets = 0;
  for (let index = 0; index < text.length; index++) {
    const code = codes[text.charCodeAt(index)];
    if (code === undefined || code === LACKS) return -1 - index;
    septets += code < ESCAPED ? 1 : 2;
  }
  return septets;
}
