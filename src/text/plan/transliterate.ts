import type { Repertoire } from './repertoire';

/**
 * What Unicode's own decompositions do not give: a substitute, "=", the characters that it stands for. What
 * has no near equivalent is not here: a text in other letters is better sent in UCS2.
 */
const SUBSTITUTES = new Map<string, string>(
  [
    // Quotation marks, primes, accents that are used as such.
    `'=‘’‚‛‹›′‵ʹʻʼʽˈ\`´ "=“”„‟″‶«»〝〞`,
    // Hyphens, dashes, minus; bullets and stars; other punctuation; arrows and comparisons.
    '-=‐‑‒–—―−⁃ *=•∗⁎★☆✱ .=·․。 ,=،、 ;=؛ ?=؟ /=∕⁄÷ ...=… |=¦∣ ^=ˆ ->=→ <-=← <==≤ >==≥ +/-=±',
    // Tildes, and the two ways to read the wave dash of JIS X 0208.
    '~=˜∼ ～=〜',
    // Letters that do not decompose, and Greek capitals as Greek phones write them in the GSM alphabet.
    'l=ł L=Ł d=đð D=ĐÐ h=ħ H=ĦΗ t=ŧ T=ŦΤ i=ı n=ŉŋ N=ŊΝ k=ĸ u=µμ o=ø O=ØΟ a=å ae=æ AE=Æ oe=œ OE=Œ th=þ TH=Þ ss=ß SS=ẞ',
    'A=Α B=Β E=Ε Z=Ζ I=Ι K=Κ M=Μ P=Ρ Y=Υ X=Χ',
    '(C)=© (R)=® EUR=€ c=¢ x=×✕✖',
  ]
    .flatMap((line) => line.split(' '))
    .concat(
      ' =\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000\t',
      '\n=\u2028\u2029\u0085\u000b',
      // Soft hyphen, zero-width and directional marks, variation selectors.
      '=\u00ad\u200b\u200c\u200d\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2060\u2066\u2067\u2068\u2069\ufeff\ufe0e\ufe0f',
    )
    .flatMap((entry) => {
      const at = entry.lastIndexOf('=');
      return [...entry.slice(at + 1)].map((character): [string, string] => [character, entry.slice(0, at)]);
    }),
);

/** A character with the marks that follow it; marks at the start of a text stand alone. */
const COMBINED = /\P{M}\p{M}*|\p{M}+/gu;

/** Diacritics. Marks of other scripts are letters, and stay; without U+0338, the stroke of "≠", a sign says the contrary. */
const DIACRITICS = /[\u0300-\u0337\u0339-\u036f\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]/g;

const DIGIT = /^\p{Nd}/u;

/** What keeps a number apart from the one before it: "1½" is not 11/2, nor "10²" 102. */
const NUMBERS: readonly (readonly [of: RegExp, separator: string])[] = [
  [/^[¼½¾\u2150-\u215f\u2189]/, ' '],
  [/^[¹²³⁰\u2074-\u2079]/, '^'],
];

/** A substitute may need one in turn; Unicode has no longer chains than this. */
const MAX_DEPTH = 3;

/**
 * The nearest text in the repertoire: typographic quotes and dashes plain, letters without the
 * accents that the coding lacks. What it has is never touched. `missing` is the index, in the
 * original, of the first character that has no near one; -1: there is none.
 */
export function transliterate(text: string, repertoire: Repertoire): { text: string; missing: number } {
  let result = '';
  let missing = -1;
  let previous = '';
  for (const match of text.matchAll(COMBINED)) {
    const [combined] = match;
    const near = nearestText(combined.normalize('NFC'), repertoire, 0);
    if (near === undefined && missing === -1) missing = match.index;
    if (near !== combined && DIGIT.test(previous))
      result += NUMBERS.find(([of]) => of.test(combined))?.[1] ?? '';
    result += near ?? combined;
    previous = combined;
  }
  return { text: result, missing };
}

function nearestText(text: string, repertoire: Repertoire, depth: number): string | undefined {
  let result = '';
  for (const character of text) {
    const near = nearest(character, repertoire, depth);
    if (near === undefined) return undefined;
    result += near;
  }
  return result;
}

function nearest(character: string, repertoire: Repertoire, depth: number): string | undefined {
  if (repertoire.width(character.codePointAt(0) as number) > 0) return character;
  if (depth === MAX_DEPTH) return undefined;
  const candidates = [
    SUBSTITUTES.get(character),
    character.normalize('NFKC'),
    character.normalize('NFKD').replace(DIACRITICS, ''),
  ];
  for (const candidate of candidates) {
    if (candidate === undefined || candidate === character) continue;
    const near = nearestText(candidate, repertoire, depth + 1);
    if (near !== undefined) return near;
  }
  return undefined;
}
