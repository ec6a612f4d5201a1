import { capacity, isWhole, partCapacity } from './capacity';
import { cutText } from './cut';
import type { GsmTable } from './gsm-alphabet';
import { tablesOf } from './languages';
import { encodingSpec } from './names';
import { UCS2, inSeptets, unitsOf, type Repertoire } from './repertoire';
import { transliterate } from './transliterate';
import type { LanguageName, LongMessageMethod, Unencodable } from './types';

/** All names are {@link encodingName}s, or those of codecs that `repertoireOf` knows. */
export interface PlanOptions {
  readonly encoding: string;
  readonly defaultAlphabet: string;
  /** Used before UCS2 wherever it has the characters. */
  readonly language?: LanguageName | undefined;
  /** Used where that takes fewer segments than UCS2. */
  readonly languages: readonly LanguageName[];
  readonly unencodable: Unencodable;
  readonly method: LongMessageMethod;
  /** Octets of other elements in the user data header of each segment. */
  readonly elementOctets: number;
  readonly wholeWords: boolean;
  readonly wholeGraphemes: boolean;
  readonly maxParts: number;
  /** Whether it is sent with data_coding 0 whatever the encoding. */
  readonly asDefault: boolean;
  readonly repertoireOf: (encoding: string) => Repertoire | undefined;
}

/** A text in a coding that has all of its characters. */
export interface Written {
  readonly encoding: string;
  /** The text as it goes out. */
  readonly text: string;
  readonly units: number;
  readonly repertoire: Repertoire;
  /** Where the encoding is GSM 03.38. */
  readonly table?: GsmTable;
  readonly language?: LanguageName;
  /** Octets of the elements that announce shift tables. */
  readonly shiftOctets: number;
}

/** The first character that the coding lacks, by its index in the text. */
interface Lacking {
  readonly lacking: number;
  readonly encoding: string;
}

export interface Layout {
  /** Where each segment begins; one more than `maxParts` where there are too many. */
  readonly starts: readonly number[];
  /** Units that fit into each of them. */
  readonly perSegment: number;
}

/** A repertoire that the plan does not know stands for a coding of one octet per octet of UTF-8. */
const UNKNOWN: Repertoire = {
  unit: 'octets',
  width: (codePoint) => (codePoint < 0x80 ? 1 : codePoint < 0x800 ? 2 : codePoint < 0x10000 ? 3 : 4),
};

/** How the text is written: the one choice of alphabet, behind both `segment` and `measure`. */
export function choose(text: string, options: PlanOptions): Written | Lacking {
  const automatic = options.encoding === 'auto';
  const name = automatic ? options.defaultAlphabet : options.encoding;
  const plain = write(text, name, repertoireOf(name, automatic, options));
  if (!('lacking' in plain)) return plain;
  const wanted = options.language && bestShift(text, name, [options.language], options);
  if (wanted) return wanted;
  const shifted = bestShift(text, name, options.languages, options);
  if (!automatic) return shifted ?? repair(text, plain, repertoireOf(name, false, options), options);
  return chooseWide(text, name, shifted, options);
}

/** The default alphabet does not do: UCS2, shift tables or transliteration, whichever is least. */
function chooseWide(
  text: string,
  name: string,
  shifted: Written | undefined,
  options: PlanOptions,
): Written | Lacking {
  let wide = write(text, 'ucs2', UCS2);
  if ('lacking' in wide) wide = repair(text, wide, UCS2, options);
  const lossless =
    shifted && ('lacking' in wide || segments(shifted, options) < segments(wide, options)) ? shifted : wide;
  if (options.unencodable !== 'transliterate') return lossless;
  const repertoire = repertoireOf(name, true, options);
  const near = transliterate(text, repertoire);
  if (near.missing !== -1) return lossless;
  const plain = write(near.text, name, repertoire);
  if ('lacking' in plain) return lossless;
  const keep = lossless === shifted && segments(shifted, options) <= segments(plain, options);
  return keep ? lossless : plain;
}

function repair(
  text: string,
  lacking: Lacking,
  repertoire: Repertoire,
  options: PlanOptions,
): Written | Lacking {
  if (options.unencodable === 'strict') return lacking;
  if (options.unencodable === 'replace')
    return write(replaced(text, repertoire), lacking.encoding, repertoire);
  const near = transliterate(text, repertoire);
  return near.missing === -1
    ? write(near.text, lacking.encoding, repertoire)
    : { lacking: near.missing, encoding: lacking.encoding };
}

function replaced(text: string, repertoire: Repertoire): string {
  const has = (character: string): boolean => repertoire.width(character.codePointAt(0) as number) > 0;
  const substitute = has('\ufffd') ? '\ufffd' : '?';
  return Array.from(text, (character) => (has(character) ? character : substitute)).join('');
}

function write(text: string, encoding: string, repertoire: Repertoire, table?: GsmTable): Written | Lacking {
  const units = unitsOf(text, repertoire);
  if (units < 0) return { lacking: -1 - units, encoding };
  const shiftOctets = table ? (table.locking ? 3 : 0) + (table.single ? 3 : 0) : 0;
  return { encoding, text, units, repertoire, shiftOctets, ...(table && { table }) };
}

/** The shift tables that take the fewest segments, of those the fewest septets. */
function bestShift(
  text: string,
  name: string,
  languages: readonly LanguageName[],
  options: PlanOptions,
): Written | undefined {
  const shifted = encodingSpec(name)?.shifted;
  if (!shifted) return undefined;
  let best: Written | undefined;
  for (const language of languages) {
    for (const table of tablesOf(language)) {
      const candidate = write(text, name, shifted(table), table);
      if ('lacking' in candidate) continue;
      if (!best || cost(candidate, options) < cost(best, options)) best = { ...candidate, language };
    }
  }
  return best;
}

function cost(written: Written, options: PlanOptions): number {
  return segments(written, options) * 1e6 + written.units + Math.ceil((written.shiftOctets * 8) / 7);
}

function segments(written: Written, options: PlanOptions): number {
  return layOut(written, options).starts.length;
}

/** With data_coding 0, and with IA5, the SMSC turns the text into GSM septets: these count. */
function repertoireOf(name: string, asDefault: boolean, options: PlanOptions): Repertoire {
  const repertoire = options.repertoireOf(name) ?? UNKNOWN;
  const spec = encodingSpec(name);
  const counted = (asDefault || options.asDefault || spec?.countedAsGsm) && !spec?.wide;
  return counted && repertoire.unit === 'octets' ? inSeptets(repertoire) : repertoire;
}

/** Where the segments begin. An empty text is one segment. */
export function layOut(written: Written, options: PlanOptions): Layout {
  const { text, units, repertoire, shiftOctets } = written;
  const elements = options.elementOctets + shiftOctets;
  const single = capacity(repertoire.unit, elements);
  if (units <= single || isWhole(options.method)) return { starts: [0], perSegment: single };
  const perSegment = partCapacity(repertoire.unit, elements, options.method);
  const { wholeWords, wholeGraphemes, maxParts } = options;
  return {
    starts: cutText(text, repertoire, { capacity: perSegment, wholeWords, wholeGraphemes, maxParts }),
    perSegment,
  };
}

/** Every character that the repertoire lacks. */
export function lackingCharacters(text: string, repertoire: Repertoire): { char: string; index: number }[] {
  const found: { char: string; index: number }[] = [];
  let index = 0;
  for (const char of text) {
    if (repertoire.width(char.codePointAt(0) as number) === 0) found.push({ char, index });
    index += char.length;
  }
  return found;
}
