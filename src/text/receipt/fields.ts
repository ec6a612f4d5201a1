/** What a receipt text says, as it is written. */
export interface ReceiptFields {
  id?: string;
  sub?: string;
  dlvrd?: string;
  submit_date?: string;
  done_date?: string;
  stat?: string;
  err?: string;
  text?: string;
}

export type FieldName = keyof ReceiptFields;

/** Names that centres use for a field: one word, or two that are written here as one. */
const NAMES: ReadonlyMap<string, FieldName> = new Map([
  ['id', 'id'],
  ['messageid', 'id'],
  ['msgid', 'id'],
  ['sub', 'sub'],
  ['dlvrd', 'dlvrd'],
  ['dlvd', 'dlvrd'],
  ['delivered', 'dlvrd'],
  ['submitdate', 'submit_date'],
  ['subdate', 'submit_date'],
  ['donedate', 'done_date'],
  ['stat', 'stat'],
  ['state', 'stat'],
  ['status', 'stat'],
  ['err', 'err'],
  ['error', 'err'],
  ['errcode', 'err'],
  ['errorcode', 'err'],
  ['text', 'text'],
  ['messagetext', 'text'],
  ['msgtext', 'text'],
]);

/** What a name of two words can end in. */
const SECOND_WORDS: ReadonlySet<string> = new Set(['id', 'date', 'code', 'text']);

/** The longest name of {@link NAMES}, two words with what is between them and the colon. */
const LONGEST = 16;

interface Key {
  readonly name: FieldName;
  readonly start: number;
  readonly valueStart: number;
}

/**
 * The fields of a text that is exactly as the specification has it, which most SMSCs send, found in one pass over its
 * octets: the same as {@link receiptFields} finds. Undefined for any other layout.
 */
export function standardFields(octets: Uint8Array, text: string): ReceiptFields | undefined {
  const fields = { id: '', sub: '', dlvrd: '', submit_date: '', done_date: '', stat: '', err: '', text: '' };
  let at = 0;
  for (const { label, name, of } of STANDARD) {
    const start = at + label.length;
    if (!isLabel(octets, at, label)) return undefined;
    at = runOf(octets, start, of);
    if (at === start) return undefined;
    fields[name] = text.slice(start, at);
  }
  if (!isLabel(octets, at, TEXT)) return undefined;
  fields.text = text.slice(at + TEXT.length);
  return fields;
}

/** Classes of ASCII characters, a bit each. */
const DIGIT = 1;
const LETTER = 2;
const WORD = 4;
/** Printable, and nothing that could end an id or begin another field. */
const ID = 8;

const CLASSES = Uint8Array.from({ length: 256 }, (_, code) => {
  const character = String.fromCharCode(code);
  return (
    (/\d/.test(character) ? DIGIT : 0) |
    (/[A-Z]/i.test(character) ? LETTER : 0) |
    (/\w/.test(character) ? WORD : 0) |
    (/[!-~]/.test(character) && !/[,;|:=]/.test(character) ? ID : 0)
  );
});

const octetsOf = (label: string): Uint8Array => Buffer.from(label, 'latin1');

const TEXT = octetsOf(' text:');
const STANDARD: readonly { label: Uint8Array; name: FieldName; of: number }[] = [
  { label: octetsOf('id:'), name: 'id', of: ID },
  { label: octetsOf(' sub:'), name: 'sub', of: DIGIT },
  { label: octetsOf(' dlvrd:'), name: 'dlvrd', of: DIGIT },
  { label: octetsOf(' submit date:'), name: 'submit_date', of: DIGIT },
  { label: octetsOf(' done date:'), name: 'done_date', of: DIGIT },
  { label: octetsOf(' stat:'), name: 'stat', of: LETTER },
  { label: octetsOf(' err:'), name: 'err', of: WORD },
];

/** The end of the run of octets of a class. */
function runOf(octets: Uint8Array, from: number, of: number): number {
  let at = from;
  while (at < octets.length && (CLASSES[octets[at] as number] as number) & of) at++;
  return at;
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
  const end = backOver(text, colon, isBlank);
  const start = backOver(text, end, isLetter);
  const word = text.slice(start, end).toLowerCase();
  const two = SECOND_WORDS.has(word) ? twoWords(text, start, word, colon) : undefined;
  if (two) return two;
  const name = NAMES.get(word);
  return name !== undefined && begins(text, start, name) ? { name, start, valueStart: colon + 1 } : undefined;
}

function twoWords(text: string, start: number, word: string, colon: number): Key | undefined {
  const firstEnd = backOver(text, start, isJoint);
  const firstStart = backOver(text, firstEnd, isLetter);
  if (start - firstEnd !== 1 || colon - firstStart > LONGEST) return undefined;
  const name = NAMES.get(text.slice(firstStart, firstEnd).toLowerCase() + word);
  if (name === undefined || !begins(text, firstStart, name)) return undefined;
  return { name, start: firstStart, valueStart: colon + 1 };
}

/** The start of the run before `end` of which every character passes; never further than a name can reach. */
function backOver(text: string, end: number, passes: (code: number) => boolean): number {
  let start = end;
  while (start > 0 && end - start < LONGEST && passes(text.charCodeAt(start - 1))) start--;
  return start;
}

function isLetter(code: number): boolean {
  const lower = code | 0x20;
  return lower >= 0x61 && lower <= 0x7a;
}

function isBlank(code: number): boolean {
  return code === 0x20 || code === 0x09;
}

/** Between the words of a name: space, "_" or "-". */
function isJoint(code: number): boolean {
  return code === 0x20 || code === 0x5f || code === 0x2d;
}

/**
 * A field begins at the start, or behind white space or punctuation; where a centre leaves out the space, behind the
 * digits of the one before, but for an id, of which other words end.
 */
function begins(text: string, start: number, name: FieldName): boolean {
  if (start === 0) return true;
  const before = text.charCodeAt(start - 1);
  return isSeparator(before) || (name !== 'id' && isDigit(before));
}

function isDigit(code: number): boolean {
  return code >= 0x30 && code <= 0x39;
}

function isSeparator(code: number): boolean {
  return isSpace(code) || code === 0x2c || code === 0x3b || code === 0x7c;
}

/** White space and NUL, with which some centres end their texts. */
function isSpace(code: number): boolean {
  return code === 0x20 || (code >= 0x09 && code <= 0x0d) || code === 0 || code === 0xa0;
}

function withoutSeparator(value: string): string {
  return isSeparator(value.charCodeAt(value.length - 1)) ? value.slice(0, -1) : value;
}

const DATE = /^\d[\d:/.T+-]*(?: \d\d?:\d\d(?::\d\d)?)?(?:Z| ?[+-]\d\d(?::?\d\d)?(?!\d)|[+-](?!\d))?/;

/** The first word between `from` and `to`, without the punctuation that ends it. */
function valueOf(name: FieldName, text: string, from: number, to: number): string {
  let start = from;
  while (start < to && isSpace(text.charCodeAt(start))) start++;
  if (name === 'submit_date' || name === 'done_date') return DATE.exec(text.slice(start, to))?.[0] ?? '';
  let end = start;
  while (end < to && !isSpace(text.charCodeAt(end))) end++;
  while (end > start && isSeparator(text.charCodeAt(end - 1))) end--;
  return text.slice(start, end);
}
