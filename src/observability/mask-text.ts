import { maskNumber, NUMBERS, OCTETS } from './masks';

/** Words of the interface, which say what is wrong and are nobody's, unless they are no words. */
const WORDS =
  /^(_msgid|action|code|command(_.*)?|data_coding|encoding|event|expires|field|languages?|long_messages|message_class|place|priority(_flag)?|.*_(npi|ton|time|type|period|delivery)|registered_delivery|service_type|unencodable|validity_period|whole_words|version)$/;
const WORD = /^\S{1,40}(?: \S{1,40})?$/;
const DEEPEST = 6;
const MOST_LEAVES = 10_000;
/** Characters that are looked through: of each text, and of all. */
const LONGEST_LEAF = 20_000;
const MOST_CHARACTERS = 400_000;
const QUOTED =
  /"((?:[^"\\]|\\.)*)"|'((?:[^'\\]|\\.)*)'|`((?:[^`\\]|\\.)*)`|[“„]([^“”„]*)[“”]|«([^«»]*)»|‘([^‘’]*)’/gs;
/** What may be a text in another notation. */
const ENCODED =
  /(?:[\da-f]{2}[ ,:-]){3,}[\da-f]{2}\b|[A-Za-z\d+/]{8,}={0,2}|(?<![\w.~!*'()-])[\w.~!*'()-]*(?:%[\da-f]{2}[\w.~!*'()-]*)+/gi;
/** One character, or two, tell nothing, and an error that names the one that cannot be encoded should. */
const TELLING = 3;
/** Words in a row that are also in the message are from there, from so many characters on. */
const RUN = 8;
/** A number as people write it. */
const DIALLED = /\+\d[\d ()/.-]{6,}\d/g;
/** Characters of an error's text; nobody reads more in a log. */
const LONGEST_TEXT = 20_000;
/** A name of a field or a word of the language, which a text may be, too. */
const COMMON = /^[a-z][a-z_.]*$/;

interface Leaf {
  readonly text: string;
  readonly isNumber: boolean;
}

/**
 * An error's text as a log may have it: what it has from `given` (the message at fault, with all that was in it), quoted
 * or not, is replaced by its length, of numbers a few digits stay. Words of the interface, as in `command "submit_xx"`,
 * stay.
 */
export function maskText(text: string, given: unknown): string {
  const leaves: Leaf[] = [];
  collect(given, '', 0, leaves, new Set());
  const cut = text.length > LONGEST_TEXT ? `${text.slice(0, LONGEST_TEXT)}…` : text;
  const quoted = withoutWhole(cut, leaves).replace(
    QUOTED,
    (quote: string, ...groups: (string | undefined)[]) => {
      const inner = plain(groups.slice(0, 6).find((group) => group !== undefined) ?? '');
      return masked(inner, leaves) ?? quote;
    },
  );
  const texts = leaves.flatMap((leaf) => (leaf.isNumber ? [] : [leaf.text]));
  const all = texts.join('\0').slice(0, MOST_CHARACTERS).toLowerCase();
  const unquoted = withoutRuns(withoutEncoded(quoted, all), all);
  return maskNumber(unquoted.replace(OCTETS, '(octets)').replace(DIALLED, maskDigits));
}

const lengthOf = (text: string): string => `(${text.length} characters)`;

/** What stands in place of a quotation; undefined: it is not from the message. */
function masked(inner: string, leaves: readonly Leaf[]): string | undefined {
  // Cut off at an end, or in the middle.
  const pieces = inner.split(/\s*(?:…|\.\.\.)\s*/).filter((piece) => piece.length >= TELLING);
  const from = leaves.filter((leaf) => pieces.some((piece) => includes(leaf.text, piece)));
  if (from.length === 0) return undefined;
  if (from.every(({ isNumber }) => isNumber)) return `"${maskDigits(inner)}"`;
  return lengthOf(pieces.length === 1 ? (pieces[0] ?? '') : inner);
}

const includes = (text: string, piece: string): boolean =>
  text.includes(piece) || text.toLowerCase().includes(piece.toLowerCase());

/** Without what stands in it as it is in the message, also where it has quotes in it or none around it. */
function withoutWhole(text: string, leaves: readonly Leaf[]): string {
  let rest = text;
  const longestFirst = leaves
    .map((leaf) => ({ ...leaf, text: leaf.text.trim() }))
    .filter(
      (leaf) => leaf.text.length >= TELLING && leaf.text.length <= text.length && !COMMON.test(leaf.text),
    )
    .sort((a, b) => b.text.length - a.text.length);
  for (const leaf of longestFirst) {
    const hidden = leaf.isNumber ? maskDigits(leaf.text) : lengthOf(leaf.text);
    if (hidden === leaf.text || !rest.includes(leaf.text)) continue;
    const quotes = leaf.isNumber ? '' : `["'\`]`;
    const whole = escaped(leaf.text);
    const bounded = `(?<![\\p{L}\\d])${whole}(?![\\p{L}\\d])`;
    const pattern = quotes ? `(${quotes})${whole}\\1|${bounded}` : bounded;
    rest = rest.replace(new RegExp(pattern, 'gu'), () => hidden);
  }
  return rest;
}

const escaped = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&');

/** Without what is octets, base64 or an address of the web, and in the message when it is read. */
function withoutEncoded(text: string, all: string): string {
  if (all === '') return text;
  return text.replace(ENCODED, (found) => {
    const isSecret = readings(found).some((reading) => {
      const start = reading.slice(0, 24).toLowerCase();
      return start.length >= TELLING && all.includes(start);
    });
    return isSecret ? '(octets)' : found;
  });
}

function readings(found: string): string[] {
  if (found.includes('%')) {
    try {
      return [decodeURIComponent(found)];
    } catch {
      return [];
    }
  }
  const hex = found.replace(/[ ,:-]/g, '');
  const isHex = /^(?:[\da-f]{2})+$/i.test(hex);
  const octets = [...(isHex ? [Buffer.from(hex, 'hex')] : []), Buffer.from(found, 'base64')];
  return octets.flatMap((each) => [
    each.toString('utf8'),
    each.toString('latin1'),
    ...(each.length % 2 === 0 ? [Buffer.from(each).swap16().toString('utf16le')] : []),
  ]);
}

/** Without words in a row, or digits, that are in the message as well. */
function withoutRuns(text: string, all: string): string {
  if (all === '') return text;
  const lower = text.toLowerCase();
  // Where a character is another length in small letters there is no telling which is which.
  if (lower.length !== text.length) return text;
  const words = [...lower.matchAll(/[\p{L}\d]+/gu)].map(
    ({ 0: { length }, index }) => [index, index + length] as const,
  );
  let result = '';
  let done = 0;
  for (let at = 0; at < words.length; at++) {
    const [from, firstEnd] = words[at] as readonly [number, number];
    if (!all.includes(lower.slice(from, firstEnd))) continue;
    let last = at;
    while (last + 1 < words.length && all.includes(lower.slice(from, words[last + 1]?.[1]))) last++;
    const end = words[last]?.[1] ?? firstEnd;
    const isRun = last > at && end - from >= RUN;
    if (!isRun && !/\d{4}/.test(lower.slice(from, end))) continue;
    result += text.slice(done, from) + lengthOf(text.slice(from, end));
    done = end;
    at = last;
  }
  return result + text.slice(done);
}

/** Without the escapes of a string literal, and without the sign that more was there. */
function plain(inner: string): string {
  const shown = inner.replace(/(…|\.\.\.)$/, '');
  try {
    return JSON.parse(`"${shown.replace(/\\'/g, "'").replace(/(?<!\\)"/g, '\\"')}"`) as string;
  } catch {
    return shown;
  }
}

/** Also with separators; names and short codes stay. */
function maskDigits(text: string): string {
  const digits = text.replace(/\D/g, '').length;
  if (digits < 7) return text;
  const head = Math.min(5, digits - 4);
  let at = 0;
  return text.replace(/\d/g, (digit) => (++at <= head || at > digits - 2 ? digit : '*'));
}

function collect(value: unknown, name: string, depth: number, leaves: Leaf[], seen: Set<unknown>): void {
  if (leaves.length >= MOST_LEAVES) return;
  const isText = typeof value === 'string' || typeof value === 'number' || typeof value === 'bigint';
  if (isText) return collectText(value, name, leaves);
  if (typeof value !== 'object' || value === null || depth >= DEEPEST || seen.has(value)) return;
  seen.add(value);
  if (ArrayBuffer.isView(value)) {
    const octets = Buffer.from(value.buffer, value.byteOffset, Math.min(value.byteLength, LONGEST_LEAF));
    for (const text of [octets.toString('utf8'), octets.toString('latin1')]) collectText(text, name, leaves);
    return;
  }
  // Of a list each has the name of the list.
  const isList = Array.isArray(value) || value instanceof Set;
  for (const [key, each] of membersOf(value)) {
    if (leaves.length >= MOST_LEAVES) return;
    // A text as a name of a field is one that somebody wrote in the wrong place.
    if (typeof key === 'string' && !isList && !/^[\w$:.-]*$/.test(key)) collectText(key, '', leaves);
    collect(each, isList ? name : String(key), depth + 1, leaves, seen);
  }
}

function membersOf(value: object): Iterable<readonly [unknown, unknown]> {
  return value instanceof Map || value instanceof Set ? value.entries() : Object.entries(value);
}

function collectText(value: string | number | bigint, name: string, leaves: Leaf[]): void {
  const text = String(value).slice(0, LONGEST_LEAF);
  if (text.length < TELLING || (WORDS.test(name) && WORD.test(text))) return;
  // What is counted is told: of numbers only those are somebody's that are long, or in the place of a text.
  if (typeof value !== 'string' && text.length < 4) return;
  leaves.push({ text, isNumber: NUMBERS.includes(name) || name === 'topic' });
}
