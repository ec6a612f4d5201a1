/** The encodings that are built in. The first spelling is ours, the others are taken too. */
const SPELLINGS: Readonly<Record<string, readonly string[]>> = {
  gsm0338: ['gsm', 'gsm7', 'gsm7bit', 'gsm0338unpacked', 'gsm7unpacked'],
  'gsm0338-packed': ['gsmpacked', 'gsm7packed'],
  ascii: ['usascii', 'ia5'],
  latin1: ['iso88591'],
  ucs2: ['ucs2be', 'utf16be', 'utf16'],
  iso2022jp: ['jis'],
  shift_jis: ['sjis', 'cp932'],
  'euc-kr': ['ksc5601', 'cp949'],
  'iso8859-5': ['cyrillic'],
  'iso8859-8': ['hebrew'],
  binary: ['octet', 'octets', '8bit', 'octet_unspecified_I', 'octet_unspecified_II'],
};

const BY_SPELLING: ReadonlyMap<string, string> = new Map(
  Object.entries(SPELLINGS).flatMap(([name, others]) =>
    [name, ...others].map((spelling): [string, string] => [reduced(spelling), name]),
  ),
);

/** Numbers that a spelling of naz's stands for, where they are not those of the encoding. */
const SPELT_NUMBERS: ReadonlyMap<string, number> = new Map([
  ['octet_unspecified_i', 0x02],
  ['octet_unspecified_ii', 0x04],
  ['iso2022_jp', 0x05],
]);

/** The data_coding that a name of naz's stands for; undefined where it is that of the encoding. */
export function speltNumber(name: string | undefined): number | undefined {
  return name === undefined ? undefined : SPELT_NUMBERS.get(name.toLowerCase());
}

/** The names of the built-in encodings. */
export const ENCODING_NAMES: readonly string[] = Object.keys(SPELLINGS);

/** Our name of a built-in encoding however it is spelt (`latin_1`, `ISO-8859-1`), or undefined. */
export function encodingName(name: string): string | undefined {
  return Object.hasOwn(SPELLINGS, name) ? name : BY_SPELLING.get(reduced(name));
}

function reduced(name: string): string {
  return name.toLowerCase().replace(/[^a-z0-9]/g, '');
}
