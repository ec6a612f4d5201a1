/** What a receipt text says, as it is written. */
export interface ReceiptFields {
  /** The SMSC's id of the message. */
  id?: string;
  /** Messages submitted. */
  sub?: string;
  /** Messages delivered. */
  dlvrd?: string;
  /** When the message was given to the SMSC. */
  submit_date?: string;
  /** When it reached its state. */
  done_date?: string;
  /** The state. */
  stat?: string;
  /** The network's error code. */
  err?: string;
  /** The beginning of the message. */
  text?: string;
}

export type FieldName = keyof ReceiptFields;

/** By each of the words, divided by spaces, the name that they stand for. */
export function byWord<N extends string>(
  words: Readonly<Partial<Record<N, string>>>,
): ReadonlyMap<string, N> {
  return new Map(
    Object.entries<string | undefined>(words).flatMap(([name, list = '']) =>
      list.split(' ').map((word): [string, N] => [word, name as N]),
    ),
  );
}

/** Names that SMSCs use for a field: one word, or two that are written here as one. */
const NAMES = byWord<FieldName>({
  id: 'id messageid msgid',
  sub: 'sub',
  dlvrd: 'dlvrd dlvd delivered',
  submit_date: 'submitdate subdate',
  done_date: 'donedate',
  stat: 'stat state status',
  err: 'err error errcode errorcode',
  text: 'text messagetext msgtext',
});

/** What a name of two words can end in. */
const SECOND_WORDS: ReadonlySet<string> = new Set(['id', 'date', 'code', 'text']);

/** The longest name of {@link NAMES}, two words with what is between them and the colon. */
const LONGEST = 16;

interface Key {
  readonly name: FieldName;
  readonly start: number;
  readonly valueStart: number;
}

/** Classes of characters, a bit each; {@link ID}: what can neither end an id nor begin another field. */
const [DIGIT, LETTER, WORD, ID, BLANK, JOINT, SPACE, SEPARATOR] = [1, 2, 4, 8, 16, 32, 64, 128] as const;
/** In their order. White space includes NUL, with which some SMSCs end texts; joints are between the words of a name. */
const OF_CLASS = [/\d/, /[A-Z]/i, /\w/, /(?![,;|:=])[!-~]/, /[ \t]/, /[ _-]/, /[\s\0]/, /[\s\0,;|]/];

/** Beyond Latin-1 there is none of them. */
const CLASSES = Uint8Array.from({ length: 256 }, (_, code) =>
  OF_CLASS.reduce((bits, of, at) => bits | (of.test(String.fromCharCode(code)) ? 1 << at : 0), 0),
);

function is(code: number, of: number): boolean {
  return ((CLASSES[code] as number) & of) !== 0;
}

const octetsOf = (label: string): Uint8Array => Buffer.from(label, 'latin1');

const TEXT = octetsOf(' text:');
const STANDARD = Object.entries({
  'id:': ID,
  ' sub:': DIGIT,
  ' dlvrd:': DIGIT,
  ' submit date:': DIGIT,
  ' done date:': DIGIT,
  ' stat:': LETTER,
  ' err:': WORD,
}).map(([label, of]) => ({ label: octetsOf(label), of }));
type Values = [
  id: string,
  sub: string,
  dlvrd: string,
  submitted: string,
  done: string,
  stat: string,
  err: string,
];

/**
 * The fields of a text that is exactly as the specification has it (SMPP 3.4 appendix B), which most SMSCs send, found in
 * one pass over its octets: the same as {@link receiptFields} finds. Undefined for any other layout.
 */
export function standardFields(octets: Uint8Array, text: string): Required<ReceiptFields> | undefined {
  const values: string[] = [];
  let at = 0;
  for (const { label, of } of STANDARD) {
    if (!isLabel(octets, at, label)) return undefined;
    const start = at + label.length;
    at = start;
    while (at < octets.length && ((CLASSES[octets[at] as number] as number) & of) !== 0) at++;
    if (at === start) return undefined;
    values.push(text.slice(start, at));
  }
  if (!isLabel(octets, at, TEXT)) return undefined;
  const [id, sub, dlvrd, submit_date, done_date, stat, err] = values as Values;
  return { id, sub, dlvrd, submit_date, done_date, stat, err, text: text.slice(at + TEXT.length) };
}

/** Whether the label, given in lower case, is there in upper or lower case. */
function isLabel(octets: Uint8Array, from: number, label: Uint8Array): boolean {
  for (let at = 0; at < label.length; at++) {
    const wanted = label[at] as number;
    const octet = octets[from + at] as number;
    if (octet !== wanted && ((octet | 0x20) !== wanted || wanted < 0x61)) return false;
  }
  return true;
}

/**
 * The fields of a receipt text (SMPP 3.4 appendix B) in any order, with any left out, in any case.
 * Each value is its first word; a date may have two. The text is taken whole: to the end, where
 * id and stat came before it, for a message may say anything; else to the next field.
 */
export function receiptFields(text: string): ReceiptFields {
  const fields: ReceiptFields = {};
  const keys = keysOf(text);
  for (const [index, { name, valueStart }] of keys.entries()) {
    if (fields[name] !== undefined) continue;
    const next = keys[index + 1];
    if (name !== 'text') {
      fields[name] = valueOf(name, text, valueStart, next?.start ?? text.length);
      continue;
    }
    const isLast = next === undefined || (fields.id !== undefined && fields.stat !== undefined);
    fields.text = isLast ? text.slice(valueStart) : withoutSeparator(text.slice(valueStart, next.start));
    if (isLast) break;
  }
  return fields;
}

/** Every colon (or equals sign) that has a name of a field before it. */
function keysOf(text: string): Key[] {
  const keys: Key[] = [];
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code !== COLON && code !== EQUALS) continue;
    const key = keyBefore(text, at);
    if (key) keys.push(key);
  }
  return keys;
}

const COLON = 0x3a;
const EQUALS = 0x3d;

function keyBefore(text: string, colon: number): Key | undefined {
  const end = backOver(text, colon, BLANK);
  const start = backOver(text, end, LETTER);
  const word = text.slice(start, end).toLowerCase();
  return (
    (SECOND_WORDS.has(word) ? twoWords(text, start, word, colon) : undefined) ??
    keyOf(word, text, start, colon)
  );
}

function twoWords(text: string, start: number, word: string, colon: number): Key | undefined {
  const firstEnd = backOver(text, start, JOINT);
  const firstStart = backOver(text, firstEnd, LETTER);
  if (start - firstEnd !== 1 || colon - firstStart > LONGEST) return undefined;
  return keyOf(text.slice(firstStart, firstEnd).toLowerCase() + word, text, firstStart, colon);
}

/** The start of the run of a class before `end`; never further than a name can reach. */
function backOver(text: string, end: number, of: number): number {
  let start = end;
  while (start > 0 && end - start < LONGEST && is(text.charCodeAt(start - 1), of)) start--;
  return start;
}

/**
 * A field begins at the start, or behind white space or punctuation; where an SMSC leaves out the space, behind the
 * digits of the one before, but for an id, of which other words end.
 */
function keyOf(word: string, text: string, start: number, colon: number): Key | undefined {
  const name = NAMES.get(word);
  const before = name === 'id' ? SEPARATOR : SEPARATOR | DIGIT;
  if (name === undefined || (start > 0 && !is(text.charCodeAt(start - 1), before))) return undefined;
  return { name, start, valueStart: colon + 1 };
}

function withoutSeparator(value: string): string {
  return is(value.charCodeAt(value.length - 1), SEPARATOR) ? value.slice(0, -1) : value;
}

const DATE = /^\d[\d:/.T+-]*(?: \d\d?:\d\d(?::\d\d)?)?(?:Z| ?[+-]\d\d(?::?\d\d)?(?!\d)|[+-](?!\d))?/;

/** The first word between `from` and `to`, without the punctuation that ends it. */
function valueOf(name: FieldName, text: string, from: number, to: number): string {
  let start = from;
  while (start < to && is(text.charCodeAt(start), SPACE)) start++;
  if (name === 'submit_date' || name === 'done_date') return DATE.exec(text.slice(start, to))?.[0] ?? '';
  let end = start;
  while (end < to && !is(text.charCodeAt(end), SPACE)) end++;
  while (end > start && is(text.charCodeAt(end - 1), SEPARATOR)) end--;
  return text.slice(start, end);
}
