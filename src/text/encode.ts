import { builtInCodec, builtInRepertoire } from './codecs';
import { codingOf, dataCodingOf, resolveEncoding } from './codings';
import { TextError } from './errors';
import { encodePlain } from './plain';
import { DEFAULT_GSM } from './plan/gsm-alphabet';
import { alphabetOf, gsmOf } from './plan/data-codings';
import { isLanguage, languageHas, languageNames } from './plan/languages';
import { ENCODING_NAMES, encodingName, speltNumber } from './plan/names';
import { choose, type PlanOptions, type Written } from './plan/plan';
import type { Repertoire } from './plan/repertoire';
import { LONG_MESSAGE_METHODS, UNENCODABLE, type LanguageName } from './plan/types';
import type { EncodeOptions, EncodedText, SegmentOptions, TextCodec } from './types';
import { IEI, elementsLength, formatUserDataHeader, shiftElements, type UdhElement } from './udh';
import { readUdh, type GivenUdh } from './udh-fields';

/** Whose header is read already. */
export type ReadOptions = Omit<SegmentOptions, 'udh'> & { readonly udh?: readonly UdhElement[] | undefined };

/**
 * Text to octets in one piece, however long; octets stay as they are, binary. `udh` is there where it was given or shift
 * tables are in use, and belongs before the octets, with the UDHI bit of esm_class set; {@link segment} does all of it.
 * @throws TextError `UNENCODABLE` naming the character, its position and the encodings that have it;
 * `UNKNOWN_ENCODING`; `INVALID_OPTION`; `MALFORMED_UDH`
 */
export function encodeText(text: string | Buffer, options: EncodeOptions = {}): EncodedText {
  if (typeof text !== 'string') return binary(text, options);
  const unspecified = unspecifiedOctets(text, options);
  if (unspecified) return binary(unspecified, options);
  const given = ownElements(options.udh);
  const plain = given.length > 0 ? undefined : encodePlain(text, options);
  if (plain) return { data_coding: 0, octets: plain, encoding: 'gsm0338' };
  const written = chooseFor(text, planOptions(options, { udh: given }));
  const { encoding, language } = written;
  const elements = [...given, ...writtenElements(written)];
  const udh = elements.length > 0 ? formatUserDataHeader(elements) : undefined;
  return {
    data_coding: dataCodingFor(written, options),
    octets: encodeWritten(written, written.text, options.codecs, udh?.length ?? 0),
    encoding,
    ...(udh && { udh }),
    ...(language && { language }),
    ...(written.text !== text && { text: written.text }),
  };
}

function binary(octets: Buffer, options: EncodeOptions): EncodedText {
  checkOptions(options, {});
  const data_coding = options.data_coding ?? dataCodingOf('binary', options);
  const elements = options.udh === undefined ? [] : readUdh(options.udh);
  const udh = elements.length > 0 ? { udh: formatUserDataHeader(elements) } : {};
  return { data_coding, octets, encoding: 'binary', ...udh };
}

const NONE: readonly UdhElement[] = [];

/**
 * The elements that a text is to have beside those of its encoding.
 * @throws TextError `MALFORMED_UDH`; `INVALID_OPTION` where they name shift tables
 */
export function ownElements(given: GivenUdh | undefined): readonly UdhElement[] {
  if (given === undefined) return NONE;
  const elements = readUdh(given);
  if (elements.every(isNoShift)) return elements;
  const message =
    'udh names national language tables (0x24, 0x25), which the text would not be written in: leave them away, and give language.';
  throw new TextError('INVALID_OPTION', message, { field: 'udh' });
}

/** Whether an element is none that names shift tables. */
export function isNoShift({ id }: UdhElement): boolean {
  return id !== IEI.SINGLE_SHIFT && id !== IEI.LOCKING_SHIFT;
}

/**
 * What a text is by naz's names for octets that are no text (`octet_unspecified_I`, `octet_unspecified_II`), where no
 * codec has the name: a character is an octet, as in the text of an octet string.
 * @throws TextError `UNENCODABLE`
 */
export function unspecifiedOctets(text: string, options: EncodeOptions): Buffer | undefined {
  const { encoding, codecs } = options;
  if (speltNumber(encoding) === undefined || codecs?.some((codec) => codec.name === encoding))
    return undefined;
  if (encodingName(encoding ?? '') !== 'binary') return undefined;
  const position = text.search(/[^\0-\xff]/);
  if (position === -1) return Buffer.from(text, 'latin1');
  throw new TextError(
    'UNENCODABLE',
    `The character at ${position} is no octet, which ${encoding} has: give U+0000 to U+00FF, or a Buffer.`,
    { field: 'short_message', position, character: String.fromCodePoint(text.codePointAt(position) ?? 0) },
  );
}

/** What the plan needs to know, checked and with its defaults. */
export function planOptions(options: EncodeOptions, layout: Partial<ReadOptions>): PlanOptions {
  checkOptions(options, layout);
  const { codecs, language, messageClass } = options;
  const encoding = requestedEncoding(options);
  const alphabet = resolveEncoding(alphabetOf(options), codecs, 'defaultAlphabet');
  return {
    encoding,
    defaultAlphabet: messageClass === undefined ? alphabet : gsmOf(alphabet),
    language: language === undefined ? undefined : checkedLanguage(language, 'language'),
    languages: (options.languages ?? []).map((name) => checkedLanguage(name, 'languages')),
    unencodable: options.unencodable ?? 'strict',
    method: layout.method ?? 'udh8',
    elementOctets: elementsLength(layout.udh ?? []),
    wholeWords: layout.wholeWords ?? false,
    wholeGraphemes: layout.wholeGraphemes ?? true,
    maxParts: Math.min(layout.maxParts ?? 255, 255),
    asDefault: options.data_coding === 0,
    repertoireOf: codecs?.length
      ? (name) => codecRepertoire(name, codecs) ?? builtInRepertoire(name)
      : builtInRepertoire,
  };
}

function requestedEncoding(options: EncodeOptions): string {
  const { encoding, data_coding, codecs } = options;
  if (encoding !== undefined && encoding !== 'auto') {
    const name = resolveEncoding(encoding, codecs, 'encoding');
    if (name !== 'binary') return name;
    throw new TextError('UNKNOWN_ENCODING', 'A text cannot be binary: pass a Buffer.', { field: 'encoding' });
  }
  // Data coding 0 leaves nothing to choose but the default alphabet; absent leaves the choice to us.
  if (data_coding === undefined) return 'auto';
  const coding = codingOf(data_coding, options);
  if (coding && coding.encoding !== 'binary') return coding.encoding;
  const message = `A text cannot be sent with data_coding ${data_coding} alone: name the encoding too, or pass a Buffer.`;
  throw new TextError('UNKNOWN_ENCODING', message, { field: 'data_coding' });
}

function checkedLanguage(name: string, field: string): LanguageName {
  if (isLanguage(name)) return name;
  const message = `There are no shift tables for ${JSON.stringify(name)} (${field}): use ${languageNames().join(', ')}.`;
  throw new TextError('INVALID_OPTION', message, { field });
}

function codecRepertoire(encoding: string, codecs: readonly TextCodec[]): Repertoire | undefined {
  const codec = codecs.find((one) => one.name === encoding);
  return codec && { unit: 'octets', width: (codePoint) => widthIn(codec, codePoint) };
}

/** A codec says by throwing that it lacks a character. */
function widthIn(codec: TextCodec, codePoint: number): number {
  try {
    return codec.encode(String.fromCodePoint(codePoint)).length;
  } catch {
    return 0;
  }
}

/** @throws TextError `UNENCODABLE` */
export function chooseFor(text: string, options: PlanOptions): Written {
  const chosen = choose(text, options);
  if (!('lacking' in chosen)) return chosen;
  throw unencodable(text, chosen.lacking, chosen.encoding, options);
}

export function dataCodingFor(written: Written, options: EncodeOptions): number {
  if (options.data_coding !== undefined) return options.data_coding;
  const { encoding } = written;
  if (options.messageClass !== undefined) return dataCodingOf(encoding, options);
  const isDefault = (options.encoding ?? 'auto') === 'auto' && encoding !== 'ucs2';
  return isDefault ? 0 : dataCodingOf(encoding, options);
}

/** The octets of a piece of the written text, which follow a header of so many octets. */
export function encodeWritten(
  written: Written,
  piece: string,
  codecs: readonly TextCodec[] | undefined,
  headerOctets: number,
): Buffer {
  const { encoding, table = DEFAULT_GSM } = written;
  const codec = codecs?.find((one) => one.name === encoding);
  return codec?.encode(piece) ?? builtInCodec(encoding)?.encode(piece, { table, headerOctets }) ?? EMPTY;
}

const EMPTY = Buffer.alloc(0);

function unencodable(text: string, position: number, encoding: string, options: PlanOptions): TextError {
  const codePoint = text.codePointAt(position) ?? 0;
  const character = String.fromCodePoint(codePoint);
  const encodings = encodingsWith(codePoint, options);
  const name = `U+${codePoint.toString(16).toUpperCase().padStart(4, '0')}`;
  const remedy =
    encodings.length > 0
      ? `These can: ${encodings.join(', ')}.`
      : 'It is half of a surrogate pair, which is no character: the text was cut within one.';
  const message = `The character ${JSON.stringify(character)} (${name}) at ${position} cannot be written in ${encoding}. ${remedy}`;
  return new TextError('UNENCODABLE', message, { field: 'short_message', position, character, encodings });
}

function encodingsWith(codePoint: number, options: PlanOptions): string[] {
  const has = (name: string): boolean => (options.repertoireOf(name)?.width(codePoint) ?? 0) > 0;
  const languages = languageNames().filter((language) => languageHas(language, codePoint));
  return [...ENCODING_NAMES.filter(has), ...languages.map((language) => `gsm0338 (${language})`)];
}

/** The elements that a written text needs in every segment's header. */
export function writtenElements(written: Written): UdhElement[] {
  return written.table ? shiftElements(written.table.locking, written.table.single) : [];
}

const CLASSES = [0, 1, 2, 3];

/**
 * Options that would go out as something else, for who calls without types.
 * @throws TextError `INVALID_OPTION`
 */
export function checkOptions(options: EncodeOptions, layout: Partial<SegmentOptions>): void {
  check('method', layout.method, LONG_MESSAGE_METHODS);
  check('unencodable', options.unencodable, UNENCODABLE);
  check('messageClass', options.messageClass, CLASSES);
  const { maxParts } = layout;
  if (maxParts === undefined || (Number.isInteger(maxParts) && maxParts > 0)) return;
  throw invalid('maxParts', maxParts, 'give a whole number from 1 to 255');
}

function check(field: string, given: unknown, known: readonly unknown[]): void {
  if (given !== undefined && !known.includes(given)) throw invalid(field, given, `give ${known.join(', ')}`);
}

function invalid(field: string, given: unknown, remedy: string): TextError {
  return new TextError('INVALID_OPTION', `${field} cannot be ${JSON.stringify(given)}: ${remedy}.`, {
    field,
  });
}
