import { DEFAULT_GSM, type GsmTable } from './gsm-alphabet';
import {
  UCS2,
  ascii,
  eastAsian,
  gsmRepertoire,
  iso8859x5,
  iso8859x8,
  latin1,
  packedRepertoire,
  shifted,
  type Repertoire,
} from './repertoire';

/** What is known of an encoding, for engine and browser alike; codecs.ts has what needs Buffer and iconv. */
export interface EncodingSpec {
  /** Other spellings that are taken; case, "-" and "_" do not matter. */
  readonly spellings: readonly string[];
  /** The data_coding that it is sent with (SMPP 3.4 section 5.2.19, 5.0 section 4.7.7). */
  readonly data_coding: number;
  /** Other numbers that mean it. */
  readonly alsoMeantBy?: readonly number[];
  /** By a spelling of naz's: the number that it stands for, where that is not {@link data_coding}. */
  readonly speltNumbers?: Readonly<Record<string, number>>;
  /** The data_coding of class 0 (TS 23.038 section 4; SMPP has 0xF0 for GSM and binary); absent: there are no classes. */
  readonly classed?: number;
  /** Absent: octets, not text. */
  readonly repertoire?: Repertoire;
  /** The repertoire is an estimate: only the codec has the table. */
  readonly estimated?: true;
  /** Of GSM 03.38, which has national shift tables: the repertoire with one. */
  readonly shifted?: (table: GsmTable) => Repertoire;
  /** The name of its character set in iconv; absent: its codec is written here. */
  readonly charset?: string;
  /** The SMSC turns a text in it into GSM septets, whatever the data_coding. */
  readonly countedAsGsm?: true;
  /** No SMSC can turn a text in it into GSM septets. */
  readonly wide?: true;
}

const gsm = (spellings: readonly string[], shifted: (table: GsmTable) => Repertoire) =>
  ({ spellings, data_coding: 0x00, classed: 0xf0, shifted, repertoire: shifted(DEFAULT_GSM) }) as const;
/** Of those whose table only iconv has. */
const fromIconv = { wide: true, repertoire: eastAsian, estimated: true } as const;

/** Every built-in encoding. 9 and 10 as Japanese SMSCs use them. */
export const ENCODINGS = {
  gsm0338: gsm(['gsm', 'gsm7', 'gsm7bit', 'gsm0338unpacked', 'gsm7unpacked'], gsmRepertoire),
  'gsm0338-packed': gsm(['gsmpacked', 'gsm7packed'], packedRepertoire),
  ascii: { spellings: ['usascii', 'ia5'], data_coding: 0x01, countedAsGsm: true, repertoire: ascii },
  latin1: { spellings: ['iso88591'], data_coding: 0x03, repertoire: latin1 },
  ucs2: {
    spellings: ['ucs2be', 'utf16be', 'utf16'],
    data_coding: 0x08,
    classed: 0x18,
    wide: true,
    repertoire: UCS2,
  },
  'iso8859-5': { spellings: ['cyrillic'], data_coding: 0x06, charset: 'iso-8859-5', repertoire: iso8859x5 },
  'iso8859-8': { spellings: ['hebrew'], data_coding: 0x07, charset: 'iso-8859-8', repertoire: iso8859x8 },
  shift_jis: { spellings: ['sjis', 'cp932'], data_coding: 0x09, charset: 'shift_jis', ...fromIconv },
  iso2022jp: {
    spellings: ['jis'],
    data_coding: 0x0a,
    alsoMeantBy: [0x05],
    speltNumbers: { iso2022_jp: 0x05 },
    ...fromIconv,
    repertoire: shifted(eastAsian),
  },
  'euc-kr': { spellings: ['ksc5601', 'cp949'], data_coding: 0x0e, charset: 'euc-kr', ...fromIconv },
  binary: {
    spellings: ['octet', 'octets', '8bit', 'octet_unspecified_I', 'octet_unspecified_II'],
    data_coding: 0x04,
    alsoMeantBy: [0x02],
    classed: 0xf4,
    speltNumbers: { octet_unspecified_i: 0x02, octet_unspecified_ii: 0x04 },
  },
} as const satisfies Record<string, EncodingSpec>;

/** The name of an encoding that is built in. */
export type EncodingName = keyof typeof ENCODINGS;
