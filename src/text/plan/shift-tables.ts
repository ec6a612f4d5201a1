import { DEFAULT_BASIC, DEFAULT_SINGLE, ESCAPE, NONE, patched, type SeptetTable } from './gsm-alphabet';
import type { LanguageName } from './types';

/*
 * National language shift tables, 3GPP TS 23.038 annexes A.2 (single, behind an escape) and A.3 (locking), each as what
 * it has beside its base.
 *
 * Transcriptions disagree in two places: 2c of the Indic locking tables is a comma (some have an apostrophe, which is in
 * the single shift tables); and 24 of Kannada, printed U+0CAA in the specification, which stands at 3d already,
 * is U+0CA1, the letter between its neighbours, as the phones have it.
 */
type Own = Readonly<Partial<Record<LanguageName, string>>>;

/** Over the default tables: septet in hexadecimal, character. */
const LATIN_LOCKING: Own = {
  turkish: '04€ 07ı 0bĞ 0cğ 1cŞ 1dş 40İ 60ç',
  portuguese:
    '04ê 06ú 07í 08ó 09ç 0bÔ 0cô 0eÁ 0fá 12ª 13Ç 14À 15∞ 16^ 17\\ 18€ 19Ó 1a| 1cÂ 1dâ 1eÊ 24º 40Í 5bÃ 5cÕ 5dÚ 60~ 7bã 7cõ 7d`',
};
const LATIN_SINGLE: Own = {
  turkish: '47Ğ 49İ 53Ş 63ç 67ğ 69ı 73ş',
  spanish: '09ç 41Á 49Í 4fÓ 55Ú 61á 69í 6fó 75ú',
  portuguese:
    '05ê 09ç 0bÔ 0cô 0eÁ 0fá 12Φ 13Γ 15Ω 16Π 17Ψ 18Σ 19Θ 1fÊ 41À 49Í 4fÓ 55Ú 5bÃ 5cÕ 61Â 69í 6fó 75ú 7bã 7cõ 7fâ',
};

/** What the tables of Indic scripts and Urdu have in common, by septet; "·": the language's own. */
const INDIC_LOCKING_BASE =
  '··········\n··\r··' +
  '················' +
  ' !······)(··,·.·' +
  '0123456789:;···?' +
  '················' +
  '················' +
  '·abcdefghijklmno' +
  'pqrstuvwxyz·····';
const INDIC_SINGLE_BASE =
  '@£$¥¿"¤%&\'\f*+\uffff-/' +
  '<=>¡^¡_#*·······' +
  '········{}·····\\' +
  '············[~]·' +
  '|ABCDEFGHIJKLMNO' +
  'PQRSTUVWXYZ·····' +
  '·····€··········' +
  '················';

/**
 * In the places of "·", but for the escape's: the upper octet of the code points, then the lower ones, or ranges of them;
 * of four digits: a whole code point; ".": nothing.
 */
const INDIC_LOCKING: Own = {
  bengali:
    '09 81-83 85-8c . . 8f 90 . . 93-a8 . aa-b0 . b2 . . . b6-b9 bc-c4 . . c7 c8 . . cb-ce d7 dc dd f0 f1',
  gujarati: '0a 81-83 85-8d . 8f-91 . 93-a8 . aa-b0 . b2 b3 . b5-b9 bc-c5 . c7-c9 . cb-cd d0 e0-e3 f1',
  hindi: '09 01-03 05-39 3c-4d 50 72 7b 7c 7e 7f',
  kannada: '0c . 82 83 85-8c . 8e-90 . 92-a8 . aa-b3 . b5-b9 bc-c4 . c6-c8 . ca-cd d5 d6 e0-e3',
  malayalam: '0d . 02 03 05-0c . 0e-10 . 12-28 . 2a-39 . 3d-44 . 46-48 . 4a-4d 57 60-63 79',
  oriya: '0b 01-03 05-0c . . 0f 10 . . 13-28 . 2a-30 . 32 33 . 35-39 3c-44 . . 47 48 . . 4b-4d 56 57 60-63',
  punjabi:
    '0a 01-03 05-0a . . . . 0f 10 . . 13-28 . 2a-30 . 32 33 . 35 36 . 38 39 3c . 3e-42 . . . . 47 48 . . 4b-4d 51 70-74',
  tamil:
    '0b . 82 83 85-8a . . . 8e-90 . 92-95 . . . 99 9a . 9c . 9e 9f . . . a3 a4 . . . a8-aa . . . ae-b9 . . be-c2 . . . c6-c8 . ca-cd d0 d7 f0-f2 f9',
  telugu: '0c 01-03 05-0c . 0e-10 . 12-28 . 2a-33 . 35-39 . 3d-44 . 46-48 . 4a-4d 55 56 60-63',
  urdu:
    '06 27 22 28 7b 80 7e a6 2a c2 7f 79 7d 7a 7c 2b 2c 81 84 83 85-87 2d-2f 8c 88-8a 8f 8d 30 31 91 93 99 32 96 98 9a ' +
    '33-39 41 42 a9-ab af b3 b1 44-46 ba-bc 48 c4 d5 c1 be 21 cc d0 d2 4d 50 4f 57 54 55 51 53 56 70',
};
const INDIC_SINGLE: Own = {
  bengali: '09 e6-ef df-e3 f2-fa',
  gujarati: '0a 0964 0965 e6-ef',
  hindi: '09 64-6f 51-54 58-63 70 71',
  kannada: '0c 0964 0965 e6-ef de f1 f2',
  malayalam: '0d 0964 0965 66-75 7a-7f',
  oriya: '0b 0964 0965 66-6f 5c 5d 5f 70 71',
  punjabi: '0a 0964 0965 66-6f 59-5c 5e 75',
  tamil: '0b 0964 0965 e6-ef f3-f8 fa',
  telugu: '0c . . 66-6f 58 59 78-7f',
  urdu: '06 00 01 f0-f9 0c-14 1b 1f 40 52 58 6b 6c 72 73 cd d4',
};

/** Undefined for Spanish, which has none. */
export function lockingTable(name: LanguageName): SeptetTable | undefined {
  return tableOf(DEFAULT_BASIC, LATIN_LOCKING[name], INDIC_LOCKING_BASE, INDIC_LOCKING[name]);
}

export function singleTable(name: LanguageName): SeptetTable | undefined {
  return tableOf(DEFAULT_SINGLE, LATIN_SINGLE[name], INDIC_SINGLE_BASE, INDIC_SINGLE[name]);
}

function tableOf(
  base: SeptetTable,
  patches: string | undefined,
  indicBase: string,
  own?: string,
): SeptetTable | undefined {
  if (patches !== undefined) return patched(base, patches);
  return own === undefined ? undefined : filled(indicBase, own);
}

function filled(base: string, own: string): SeptetTable {
  const [page = '', ...words] = own.split(' ');
  const units = words.flatMap((word) => {
    if (word === '.') return NONE;
    const [first = NaN, last = first] = word
      .split('-')
      .map((digits) => parseInt(digits.padStart(4, page), 16));
    return Array.from({ length: last - first + 1 }, (_, at) => first + at);
  });
  return Uint16Array.from(base, (character, septet) => {
    if (septet === ESCAPE) return NONE;
    return character === '·' ? (units.shift() ?? NONE) : character.charCodeAt(0);
  });
}
