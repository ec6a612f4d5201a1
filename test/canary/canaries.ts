/** Words that are looked for in everything that is logged, in any notation. */

/** Never shown. */
export const PASSWORDS = {
  password: 'Gimpel-7!',
  wrongPassword: 'Stieglitz-8!',
  receiverPassword: 'Zeisig-9!',
  outbindPassword: 'Kleiber-6!',
  queueKey: 'Drossel-key-of-10-words',
  /** Of a URL, where it is written with %2F. */
  queueUrl: 'Ammer/eleven',
  correlationUrl: 'Lerche/twelve',
} as const;

/** Shown where asked: of texts that go out and come in, receipts too. */
export const OUT = 'Nachtigall';
export const IN = 'Rotkehlchen';

export const NUMBERS = {
  to: '491719876543',
  refused: '491729876544',
  failing: '491739876545',
  other: '491749876546',
  from: '447798765432',
  caller: '33612349876',
} as const;

/** Of any length, and the canary in each part of it. */
export const song = (length: number): string =>
  `${OUT} `.repeat(Math.ceil(length / OUT.length)).slice(0, length);

/** As long as three base64 digits are one octet off, two of the three ways to write it begin and end elsewhere. */
function base64(octets: Buffer): string[] {
  return [0, 1, 2].map((before) => {
    const written = Buffer.concat([Buffer.alloc(before), octets]).toString('base64');
    const first = before === 0 ? 0 : before + 1;
    return written.slice(first, first + Math.floor((octets.length * 8 - 6) / 6));
  });
}

/** How octets are written. */
function notations(octets: Buffer): string[] {
  const hex = octets.toString('hex');
  const pairs = hex.match(/../g) ?? [];
  return [
    hex,
    pairs.join(' '),
    pairs.join(':'),
    [...octets].join(','),
    [...octets].join(', '),
    ...base64(octets),
  ];
}

/** A word, or what is left of it where it was cut, as it may stand in a log. */
function forms(word: string): string[] {
  const core = word.length > 8 ? word.slice(1, 8) : word;
  const latin1 = Buffer.from(core, 'latin1');
  const ucs2 = Buffer.from(core, 'utf16le').swap16();
  return [core, encodeURIComponent(core), ...notations(latin1), ...notations(ucs2)];
}

/** The last digits, of which a masked number has two. */
const digitsOf = (number: string): string[] => forms(number.slice(-7));

const lower = (words: readonly string[]): string[] => [...new Set(words.map((word) => word.toLowerCase()))];
const SECRETS = lower(Object.values(PASSWORDS).flatMap((word) => [word, ...forms(word)]));
const TEXTS = lower([OUT, IN].flatMap(forms));
const ALL_NUMBERS = lower(Object.values(NUMBERS).flatMap(digitsOf));

/** What is found of each kind in what was written, with what stands around it. */
export interface Found {
  readonly passwords: readonly string[];
  readonly texts: readonly string[];
  readonly numbers: readonly string[];
}

export function find(written: string): Found {
  const text = written.toLowerCase();
  const among = (words: readonly string[]): string[] =>
    words.flatMap((word) => {
      const at = text.indexOf(word);
      return at < 0 ? [] : [`${word} in …${written.slice(Math.max(0, at - 300), at + 60)}`];
    });
  return { passwords: among(SECRETS), texts: among(TEXTS), numbers: among(ALL_NUMBERS) };
}
