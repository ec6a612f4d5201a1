import { iconv } from './iconv';

/*
 * ISO-2022-JP (RFC 1468): seven bit, switching between ASCII and the two-octet JIS X 0208
 * by escape sequences. EUC-JP is the same set of characters with the upper bit set.
 */

const ESC = 0x1b;
const TO_KANJI = Buffer.from('\x1b$B', 'latin1');
const TO_ASCII = Buffer.from('\x1b(B', 'latin1');

type Mode = 'ascii' | 'roman' | 'katakana' | 'kanji' | 'supplement';

/** What follows the escape; the longer ones first. JIS X 0201 and X 0212 are taken in, never sent. */
const SEQUENCES: readonly (readonly [sequence: string, mode: Mode])[] = [
  ['$(D', 'supplement'],
  ['$(B', 'kanji'],
  ['(B', 'ascii'],
  ['(J', 'roman'],
  ['(I', 'katakana'],
  ['$B', 'kanji'],
  ['$@', 'kanji'],
];

/** Undefined where a character is neither ASCII nor JIS X 0208. */
export function encodeIso2022Jp(text: string): Buffer | undefined {
  const chunks: Buffer[] = [];
  let kanji = false;
  for (const character of text) {
    const octets = octetsOf(character);
    if (!octets) return undefined;
    if ((octets.length === 2) !== kanji) {
      kanji = !kanji;
      chunks.push(kanji ? TO_KANJI : TO_ASCII);
    }
    chunks.push(octets);
  }
  if (kanji) chunks.push(TO_ASCII);
  return Buffer.concat(chunks);
}

/** One octet of ASCII or two of JIS X 0208, without escape sequences. */
function octetsOf(character: string): Buffer | undefined {
  const code = character.charCodeAt(0);
  if (code < 0x80) return code === ESC ? undefined : Buffer.of(code);
  // Decoded from JIS X 0208, but encoded to the tilde of JIS X 0212 by the table of EUC-JP.
  if (character === '～') return Buffer.of(0x21, 0x41);
  const euc = iconv().encode(character, 'euc-jp');
  const [lead = 0, trail = 0] = euc;
  if (euc.length !== 2 || trail < 0xa1 || !isJisX0208(lead & 0x7f)) return undefined;
  return iconv().decode(euc, 'euc-jp') === character ? Buffer.of(lead & 0x7f, trail & 0x7f) : undefined;
}

/** Rows 1–8 and 16–84; what lies between and beyond are vendors' additions. */
function isJisX0208(lead: number): boolean {
  return (lead >= 0x21 && lead <= 0x28) || (lead >= 0x30 && lead <= 0x74);
}

/** Undefined where the octets are not ISO-2022-JP. */
export function decodeIso2022Jp(octets: Buffer): string | undefined {
  let mode: Mode = 'ascii';
  let text = '';
  for (let at = 0; at < octets.length;) {
    if (octets[at] === ESC) {
      const following = octets.toString('latin1', at + 1, at + 4);
      const sequence = SEQUENCES.find(([start]) => following.startsWith(start));
      if (!sequence) return undefined;
      mode = sequence[1];
      at += 1 + sequence[0].length;
      continue;
    }
    const next = octets.indexOf(ESC, at);
    const end = next === -1 ? octets.length : next;
    const run = decodeRun(octets.subarray(at, end), mode);
    if (run === undefined) return undefined;
    text += run;
    at = end;
  }
  return text;
}

function decodeRun(run: Buffer, mode: Mode): string | undefined {
  if (run.some((octet) => octet >= 0x80)) return undefined;
  if (mode === 'ascii') return run.toString('latin1');
  if (mode === 'roman') return run.toString('latin1').replaceAll('\\', '¥').replaceAll('~', '‾');
  const upper = Buffer.from(run.map((octet) => octet | 0x80));
  const text = iconv().decode(mode === 'kanji' ? upper : prefixed(upper, mode), 'euc-jp');
  return text.includes('\ufffd') ? undefined : text;
}

/** Half-width katakana are one octet behind 0x8E in EUC-JP, JIS X 0212 two behind 0x8F. */
function prefixed(upper: Buffer, mode: 'katakana' | 'supplement'): Buffer {
  const [prefix, width] = mode === 'katakana' ? [0x8e, 1] : [0x8f, 2];
  const octets: number[] = [];
  for (let at = 0; at < upper.length; at += width) octets.push(prefix, ...upper.subarray(at, at + width));
  return Buffer.from(octets);
}
