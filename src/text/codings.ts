import { TextError } from './errors';
import { encodingName } from './plan/names';
import type { MessageClass } from './plan/types';
import type { Coding, MessageWaiting, TextCodec } from './types';

/** What SMPP 3.4 section 5.2.19 (5.0 section 4.7.7) gives a number; 9 and 10 as Japanese centres use them. */
const BY_DATA_CODING: ReadonlyMap<number, string> = new Map([
  [0x01, 'ascii'],
  [0x02, 'binary'],
  [0x03, 'latin1'],
  [0x04, 'binary'],
  [0x05, 'iso2022jp'],
  [0x06, 'iso8859-5'],
  [0x07, 'iso8859-8'],
  [0x08, 'ucs2'],
  [0x09, 'shift_jis'],
  [0x0a, 'iso2022jp'],
  [0x0e, 'euc-kr'],
]);

const DATA_CODINGS: ReadonlyMap<string, number> = new Map([
  ['gsm0338', 0x00],
  ['gsm0338-packed', 0x00],
  ['ascii', 0x01],
  ['latin1', 0x03],
  ['binary', 0x04],
  ['iso8859-5', 0x06],
  ['iso8859-8', 0x07],
  ['ucs2', 0x08],
  ['shift_jis', 0x09],
  ['iso2022jp', 0x0a],
  ['euc-kr', 0x0e],
]);

/** Alphabets of the TS 23.038 general group, by bits 3 and 2. */
const GENERAL_ALPHABETS = ['gsm', 'binary', 'ucs2', undefined] as const;

export interface CodingOptions {
  readonly defaultAlphabet?: string | undefined;
  readonly codecs?: readonly TextCodec[] | undefined;
}

/**
 * What a data_coding means: SMPP's own table, the groups of TS 23.038 section 4 beyond it, and
 * the user's codecs before both. Undefined where there is no codec: then the octets are all there is.
 */
export function codingOf(data_coding: number, options: CodingOptions = {}): Coding | undefined {
  const codec = options.codecs?.find((one) => one.data_coding === data_coding);
  if (codec) return { encoding: codec.name };
  const alphabet = resolveEncoding(options.defaultAlphabet ?? 'gsm0338', options.codecs, 'defaultAlphabet');
  if (data_coding === 0) return { encoding: alphabet };
  const known = BY_DATA_CODING.get(data_coding);
  if (known !== undefined) return { encoding: known };
  // Message classes and indications say GSM alphabet; only whether it is packed is the centre's habit.
  const gsm = alphabet === 'gsm0338-packed' ? alphabet : 'gsm0338';
  return inGroups(data_coding, gsm);
}

/** TS 23.038 section 4; the group is in the upper bits. */
function inGroups(data_coding: number, gsm: string): Coding | undefined {
  if (data_coding < 0x10 || data_coding > 0xff) return undefined;
  if (data_coding >= 0xf0) {
    if (data_coding & 0x08) return undefined;
    return { encoding: data_coding & 0x04 ? 'binary' : gsm, messageClass: classOf(data_coding) };
  }
  if (data_coding >= 0xc0) {
    const encoding = data_coding >= 0xe0 ? 'ucs2' : gsm;
    return { encoding, messageWaiting: waitingOf(data_coding) };
  }
  // General (00) and to be deleted automatically (01); compressed text has no codec anywhere.
  if (data_coding >= 0x80 || data_coding & 0x20) return undefined;
  const general = GENERAL_ALPHABETS[(data_coding >> 2) & 3];
  if (general === undefined) return undefined;
  const encoding = general === 'gsm' ? gsm : general;
  return data_coding & 0x10 ? { encoding, messageClass: classOf(data_coding) } : { encoding };
}

/** General groups, TS 23.038 section 4: bit 5 says that the text is compressed. */
export function isCompressed(data_coding: number): boolean {
  return data_coding >= 0x20 && data_coding < 0x80 && (data_coding & 0x20) !== 0;
}

function classOf(data_coding: number): MessageClass {
  return (data_coding & 3) as MessageClass;
}

const WAITING_KINDS = ['voicemail', 'fax', 'email', 'other'] as const;

function waitingOf(data_coding: number): MessageWaiting {
  return {
    active: (data_coding & 0x08) !== 0,
    kind: WAITING_KINDS[data_coding & 3] ?? 'other',
    store: data_coding >= 0xd0,
  };
}

/** The data_coding of an encoding, of a message class where one is asked for. */
export function dataCodingOf(
  encoding: string,
  messageClass: MessageClass | undefined,
  codecs: readonly TextCodec[] | undefined,
): number {
  if (messageClass !== undefined) return classed(encoding, messageClass);
  const codec = codecs?.find((one) => one.name === encoding);
  return codec ? codec.data_coding : (DATA_CODINGS.get(encoding) ?? 0);
}

/** SMPP has the group 0xF0 for GSM and binary; UCS2 with a class is TS 23.038's general group. */
function classed(encoding: string, messageClass: MessageClass): number {
  if (encoding.startsWith('gsm0338')) return 0xf0 | messageClass;
  if (encoding === 'binary') return 0xf4 | messageClass;
  if (encoding === 'ucs2') return 0x18 | messageClass;
  throw new TextError(
    'INVALID_OPTION',
    `There is no message class for ${encoding}: use gsm0338, ucs2 or binary, or leave messageClass away.`,
    { field: 'messageClass' },
  );
}

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
  throw new TextError(
    'UNKNOWN_ENCODING',
    `There is no encoding ${JSON.stringify(name)} (${field}): use auto, ${[...DATA_CODINGS.keys()].join(', ')} or the name of a codec.`,
    { field },
  );
}
