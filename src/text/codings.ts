import { TextError } from './errors';
import { alphabetOf, meaningOf } from './plan/data-codings';
import { ENCODING_NAMES, classedNumber, encodingName, encodingSpec, speltNumber } from './plan/names';
import type { Coding, MessageClass } from './plan/types';
import type { CodingOptions, TextCodec } from './types';

/**
 * What a data_coding means: SMPP's own table, the groups of TS 23.038 section 4 beyond it, the
 * user's codecs before both, and `dataCodings` before all; there a class or an indication that the group says stays.
 * Undefined where there is no codec: then the octets are all there is.
 * @throws TextError `UNKNOWN_ENCODING` where `dataCodings` or `defaultAlphabet` names none
 */
export function codingOf(data_coding: number, options: CodingOptions = {}): Coding | undefined {
  const { codecs, dataCodings } = options;
  const mapped = dataCodings?.[data_coding];
  if (mapped !== undefined) {
    return { ...meaningOf(data_coding, ''), encoding: resolveEncoding(mapped, codecs, 'dataCodings') };
  }
  const codec = codecs?.find((one) => one.data_coding === data_coding);
  if (codec) return { encoding: codec.name };
  const alphabet = resolveEncoding(alphabetOf(options), codecs, 'defaultAlphabet');
  return meaningOf(data_coding, alphabet);
}

interface NumberOptions extends CodingOptions {
  /** The encoding as it was asked for: a spelling of naz's may have a number of its own. */
  readonly encoding?: string | undefined;
  readonly messageClass?: MessageClass | undefined;
}

/**
 * The data_coding of an encoding, of a message class where one is asked for. Of the numbers that `dataCodings` has
 * for it the standard's own, else the lowest; else the standard's own, unless that means something else at this SMSC.
 * @throws TextError `INVALID_OPTION` where no number means that encoding
 */
export function dataCodingOf(encoding: string, options: NumberOptions): number {
  const { messageClass, codecs, dataCodings } = options;
  if (messageClass !== undefined) return classedHere(encoding, messageClass, options);
  const codec = codecs?.find((one) => one.name === encoding);
  const spelt = encodingName(options.encoding ?? '') === encoding ? speltNumber(options.encoding) : undefined;
  const own = codec ? codec.data_coding : (spelt ?? encodingSpec(encoding)?.data_coding ?? 0);
  if (!dataCodings) return own;
  const mapped = Object.keys(dataCodings)
    .map(Number)
    .filter((number) => codingOf(number, options)?.encoding === encoding);
  if (mapped.length > 0) return mapped.includes(own) ? own : Math.min(...mapped);
  if (dataCodings[own] === undefined) return own;
  const other = STANDARD_NUMBERS.find((number) => codingOf(number, options)?.encoding === encoding);
  if (other !== undefined) return other;
  const message = `data_coding ${own} means ${dataCodings[own]} at this SMSC (dataCodings), and no number means ${encoding}: give it one there, or choose another encoding.`;
  throw new TextError('INVALID_OPTION', message, { field: 'encoding' });
}

/** Where the standard's number means something else at this SMSC: another of the same class. */
function classedHere(encoding: string, messageClass: MessageClass, options: NumberOptions): number {
  const own = classedNumber(encoding, messageClass);
  if (own === undefined) {
    const message = `There is no message class for ${encoding}: use ${CLASSED.join(', ')}, or leave messageClass away.`;
    throw new TextError('INVALID_OPTION', message, { field: 'messageClass' });
  }
  const means = (number: number): boolean => {
    const coding = codingOf(number, options);
    return coding?.encoding === encoding && coding.messageClass === messageClass;
  };
  if (options.dataCodings?.[own] === undefined || means(own)) return own;
  const other = ALL_NUMBERS.find(means);
  if (other !== undefined) return other;
  const message = `data_coding ${own} means ${options.dataCodings[own]} at this SMSC (dataCodings), and no number means ${encoding} of class ${messageClass}: choose another encoding, or leave messageClass away.`;
  throw new TextError('INVALID_OPTION', message, { field: 'messageClass' });
}

const CLASSED = ENCODING_NAMES.filter((name) => classedNumber(name, 0) !== undefined);
const ALL_NUMBERS: readonly number[] = Array.from({ length: 256 }, (_, number) => number);
/** SMPP's own; beyond them each number says more than the alphabet. */
const STANDARD_NUMBERS = ALL_NUMBERS.slice(0, 16);

/**
 * The name of a built-in encoding or of one of the user's codecs.
 * @throws TextError `UNKNOWN_ENCODING`
 */
export function resolveEncoding(
  name: string,
  codecs: readonly TextCodec[] | undefined,
  field: string,
): string {
  if (codecs?.some((codec) => codec.name === name)) return name;
  const known = encodingName(name);
  if (known !== undefined) return known;
  const message = `There is no encoding ${JSON.stringify(name)} (${field}): use auto, ${ENCODING_NAMES.join(', ')} or the name of a codec.`;
  throw new TextError('UNKNOWN_ENCODING', message, { field });
}
