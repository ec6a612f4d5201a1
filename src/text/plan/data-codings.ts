import { encodingOfNumber } from './names';
import type { Coding, MessageClass, MessageWaiting } from './types';

/** What numbers mean at one SMSC, over the standard's: `{1: 'gsm0338'}`. */
export type DataCodings = Readonly<Record<number, string>>;

/** What data_coding 0 means: by the SMSC's own table, else its default alphabet. */
export function alphabetOf(options: {
  readonly defaultAlphabet?: string | undefined;
  readonly dataCodings?: DataCodings | undefined;
}): string {
  return options.dataCodings?.[0] ?? options.defaultAlphabet ?? 'gsm0338';
}

/** Alphabets of the TS 23.038 general group, by bits 3 and 2. */
const GENERAL_ALPHABETS = ['gsm', 'binary', 'ucs2', undefined] as const;

/**
 * What a data_coding means where 0 is that alphabet: SMPP's own table, and the groups of TS 23.038 section 4
 * beyond it. Undefined where there is no codec.
 */
export function meaningOf(data_coding: number, alphabet: string): Coding | undefined {
  if (data_coding === 0) return { encoding: alphabet };
  const known = encodingOfNumber(data_coding);
  return known === undefined ? inGroups(data_coding, gsmOf(alphabet)) : { encoding: known };
}

/** Message classes and indications say GSM alphabet; only whether it is packed is the SMSC's habit. */
export function gsmOf(alphabet: string): string {
  return alphabet === 'gsm0338-packed' ? alphabet : 'gsm0338';
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
