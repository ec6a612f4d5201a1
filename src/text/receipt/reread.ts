import { codingOf } from '../codings';
import { decodeText } from '../decode';
import { attempt } from '../errors';
import { isStandardIa5, notIa5At } from '../ia5';
import type { CodingOptions } from '../types';
import type { ReceiptFields } from './fields';

interface RereadOptions extends CodingOptions {
  readonly data_coding?: number | undefined;
}

/** A control character but for white space, of ASCII or Latin-1: no text of either has one. */
const CONTROL = /[^\P{Cc}\t\n\r]/u;

/** What letters with accents of the GSM alphabet are in ASCII, and what ASCII texts do not have in or before a word. */
const IN_WORD = /[A-Za-z][[\\\]^{|}~][A-Za-z]|(?<!\S)(?:[\\\]^][A-Za-z]|[|~][a-z])/;

/** By octet: whether it is the same character in ASCII and in all that a receipt may be written in. */
const SAME = Uint8Array.from({ length: 256 }, (_, octet) => {
  const character = String.fromCharCode(octet);
  return octet < 0x80 && !CONTROL.test(character) && !/[[\\\]^{|}~]/.test(character) ? 1 : 0;
});

/** Whether {@link reread} may find something from there on, which it does in few receipts. */
export function isAmbiguous(octets: Uint8Array, from: number): boolean {
  for (let at = from; at < octets.length; at++) if (SAME[octets[at] as number] === 0) return true;
  return false;
}

/** SMSCs end texts with these. */
const NULS = /\0+$/;

/**
 * What an SMSC repeats in a receipt, the beginning of the message above all, may be the octets of the message, while
 * the fields are ASCII. Where it is no ASCII or Latin-1 it is read by the data_coding; else, as from an SMSC that
 * turns all into ASCII, it stays as it is, for "@" and "_" would become other characters.
 * @param fields octets as Latin-1; changed in place
 */
export function reread(fields: ReceiptFields, options: RereadOptions): void {
  const encoding = encodingOf(options);
  if (encoding === undefined) return;
  const { id, text } = fields;
  // Ids are ASCII; at an SMSC that writes all of the receipt in the GSM alphabet their underscores are not.
  if (id !== undefined && encoding === 'gsm0338' && CONTROL.test(id))
    fields.id = decode(id, encoding, options);
  if (text === undefined) return;
  const asGsm = isStandardIa5(options.data_coding, options) && notIa5At(Buffer.from(text, 'latin1')) !== -1;
  fields.text = rereadText(text, asGsm ? 'gsm0338' : encoding, options);
}

function encodingOf(options: RereadOptions): string | undefined {
  const { data_coding } = options;
  if (data_coding === undefined) return undefined;
  const encoding = attempt(
    () => codingOf(data_coding, options)?.encoding,
    () => undefined,
  );
  // Unpacked already.
  return encoding === 'gsm0338-packed' ? 'gsm0338' : encoding;
}

function rereadText(text: string, encoding: string, options: RereadOptions): string {
  const nuls = encoding === 'ucs2' && text.length % 2 === 0 ? '' : (NULS.exec(text)?.[0] ?? '');
  const body = text.slice(0, text.length - nuls.length);
  return isOther(body, encoding) ? decode(body, encoding, options) + nuls : text;
}

/** Whether it is of that encoding rather than ASCII or Latin-1. */
function isOther(body: string, encoding: string): boolean {
  if (CONTROL.test(body)) return true;
  if (encoding === 'gsm0338') return IN_WORD.test(body);
  // Latin-1 from an SMSC that has turned the text into it would pass for UCS2 as well.
  return encoding !== 'ucs2' && encoding !== 'latin1' && /[\x80-\xff]/.test(body);
}

/** As it is, where it is not of that encoding either. */
function decode(value: string, encoding: string, options: RereadOptions): string {
  if (encoding === 'binary') return value;
  const octets = Buffer.from(value, 'latin1');
  return attempt(
    () => decodeText(octets, options.data_coding ?? 0, { ...options, encoding }),
    () => value,
  );
}
