import { ENCODINGS, type EncodingName, type EncodingSpec } from './encodings';
import type { MessageClass } from './types';

/** The names of the built-in encodings. */
export const ENCODING_NAMES = Object.keys(ENCODINGS) as readonly EncodingName[];

const SPECS: ReadonlyMap<string, EncodingSpec> = new Map(Object.entries(ENCODINGS));
const BY_SPELLING = new Map<string, EncodingName>();
const SPELT_NUMBERS = new Map<string, number>();
const BY_DATA_CODING = new Map<number, EncodingName>();
for (const [name, spec] of SPECS as ReadonlyMap<EncodingName, EncodingSpec>) {
  for (const spelling of [name, ...spec.spellings]) BY_SPELLING.set(reduced(spelling), name);
  for (const [spelling, number] of Object.entries(spec.speltNumbers ?? {}))
    SPELT_NUMBERS.set(spelling, number);
  for (const number of [spec.data_coding, ...(spec.alsoMeantBy ?? [])]) BY_DATA_CODING.set(number, name);
}

/** All that the table says of an encoding; undefined for a codec of the user's. */
export function encodingSpec(name: string): EncodingSpec | undefined {
  return SPECS.get(name);
}

/** Our name of a built-in encoding however it is spelt (`latin_1`, `ISO-8859-1`), or undefined. */
export function encodingName(name: string): EncodingName | undefined {
  return SPECS.has(name) ? (name as EncodingName) : BY_SPELLING.get(reduced(name));
}

/** What SMPP's own table gives a data_coding, but for 0, which is the default alphabet. */
export function encodingOfNumber(data_coding: number): EncodingName | undefined {
  return data_coding === 0 ? undefined : BY_DATA_CODING.get(data_coding);
}

/** The data_coding that a name of naz's stands for; undefined where it is that of the encoding. */
export function speltNumber(name: string | undefined): number | undefined {
  return name === undefined ? undefined : SPELT_NUMBERS.get(name.toLowerCase());
}

/** The data_coding of a text in that encoding and class; undefined where there is none. */
export function classedNumber(name: string, messageClass: MessageClass): number | undefined {
  const base = SPECS.get(name)?.classed;
  return base === undefined ? undefined : base | messageClass;
}

function reduced(name: string): string {
  return name.toLowerCase().replace(/[^a-z0-9]/g, '');
}
