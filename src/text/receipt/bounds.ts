import type { ReceiptFields } from './fields';

/** Characters that are kept of an id: as many as protocol/ keeps of a message_id, so that one that is cut still matches. */
const LONGEST_ID = 255;
/** Words: of no SMSC they are a tenth as long. */
const LONGEST_WORD = 64;
/** A string that was cut out of a text keeps all of it alive in V8; of an ordinary text that is no matter. */
const ORDINARY_TEXT = 1024;

const LONGEST = { id: LONGEST_ID, stat: LONGEST_WORD, err: LONGEST_WORD } as const;

export function boundId(id: string): string {
  return id.length > LONGEST_ID ? ownCopy(id.slice(0, LONGEST_ID)) : id;
}

/**
 * Cuts what is longer than anything that may be kept, and detaches what is kept from a long text; `textLength` in
 * characters. Returns what there is to say about it, for people.
 */
export function boundFields(fields: ReceiptFields, textLength: number): readonly string[] {
  if (textLength <= LONGEST_WORD) return NONE;
  let flaws: string[] | undefined;
  for (const name of BOUNDED) {
    const written = fields[name];
    if (written === undefined) continue;
    const most = LONGEST[name];
    if (written.length > most) {
      (flaws ??= []).push(`${name} in the text has ${written.length} characters; it is cut after ${most}`);
    }
    if (written.length > most || textLength > ORDINARY_TEXT) fields[name] = ownCopy(written.slice(0, most));
  }
  return flaws ?? NONE;
}

const BOUNDED = ['id', 'stat', 'err'] as const;
const NONE: readonly string[] = [];

function ownCopy(text: string): string {
  return Buffer.from(text, 'utf16le').toString('utf16le');
}
