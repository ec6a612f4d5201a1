import { maskNumber, NUMBERS } from './log';

/** Words of the interface, which say what is wrong and are nobody's. */
const WORDS =
  /^(_msgid|action|code|command(_.*)?|data_coding|encoding|event|expires|field|languages?|long_messages|message_class|place|priority(_flag)?|.*_(npi|ton|time|type|period|delivery)|registered_delivery|service_type|unencodable|validity_period|whole_words|version)$/;
const DEEPEST = 6;
const MOST_LEAVES = 10_000;
const QUOTED = /"((?:[^"\\]|\\.)*)"|'((?:[^'\\]|\\.)*)'|`((?:[^`\\]|\\.)*)`/gs;
/** A list of numbers, or octets in hexadecimal: what is printed of binary content. */
const OCTETS = /<(?:Buffer|SlowBuffer)[^>]*>|\[\s*(?:\d{1,3},\s*){3,}[^\]]*\]/g;
/** One character, or two, tell nothing, and an error that names the one that cannot be encoded should. */
const TELLING = 3;

interface Leaf {
  readonly text: string;
  readonly isNumber: boolean;
}

/**
 * An error's text as a log may have it: what it quotes from `given` (the message at fault, with all that was in it) is
 * replaced by its length, of numbers a few digits stay. Words of the interface, as in `command "submit_xx"`, stay.
 */
export function maskText(text: string, given: unknown): string {
  const leaves: Leaf[] = [];
  collect(given, '', 0, leaves, new Set());
  const masked = text.replace(QUOTED, (quote: string, ...groups: (string | undefined)[]) => {
    const inner = plain(groups.slice(0, 3).find((group) => group !== undefined) ?? '');
    if (inner.length < TELLING) return quote;
    const from = leaves.filter((leaf) => leaf.text.includes(inner));
    if (from.length === 0) return quote;
    if (from.every(({ isNumber }) => isNumber)) return `"${maskDigits(inner)}"`;
    return `(${inner.length} characters)`;
  });
  return maskNumber(masked.replace(OCTETS, '(octets)'));
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
  if (leaves.length >= MOST_LEAVES || WORDS.test(name)) return;
  if (typeof value === 'string') {
    const isNumber = NUMBERS.includes(name) || name === 'topic';
    if (value.length >= TELLING) leaves.push({ text: value, isNumber });
    return;
  }
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return;
  if (depth >= DEEPEST || seen.has(value)) return;
  seen.add(value);
  // Of a list each has the name of the list.
  const isList = Array.isArray(value);
  for (const [key, each] of Object.entries(value))
    collect(each, isList ? name : key, depth + 1, leaves, seen);
}
