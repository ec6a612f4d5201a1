import { codingOf } from './codings';
import { DEFAULT_GSM, ESCAPE, NONE } from './plan/gsm-alphabet';
import type { CodingOptions } from './types';

/** The data_coding of IA5 (SMPP 3.4 section 5.2.19), under which many SMSCs send GSM 03.38. */
const IA5 = 0x01;

/** Whether the standard is what says that octets are IA5: neither the SMSC's own table nor a codec. */
export function isStandardIa5(data_coding: number | undefined, options: CodingOptions): boolean {
  if (data_coding !== IA5 || options.dataCodings?.[IA5] !== undefined) return false;
  return codingOf(IA5, options)?.encoding === 'ascii';
}

/**
 * The first octet that no text in IA5 has: a control character but tab and line end; -1 for none. NULs at the end
 * are from senders that end texts so.
 */
export function notIa5At(octets: Uint8Array): number {
  let end = octets.length;
  while (end > 0 && octets[end - 1] === 0) end--;
  return octets
    .subarray(0, end)
    .findIndex((octet) => octet === DEL || (octet < 0x20 && !IN_TEXTS.has(octet)));
}

const DEL = 0x7f;
const IN_TEXTS: ReadonlySet<number> = new Set([0x09, 0x0a, 0x0d]);

/** Whether there is an escape before a character of the GSM extension table. */
export function hasGsmEscape(octets: Uint8Array): boolean {
  const at = (escape: number): boolean => (DEFAULT_GSM.extension[octets[escape + 1] ?? 0] ?? NONE) !== NONE;
  for (let index = octets.indexOf(ESCAPE); index !== -1; index = octets.indexOf(ESCAPE, index + 1)) {
    if (index + 1 < octets.length && at(index)) return true;
  }
  return false;
}

/** What is said about octets that are read as GSM 03.38 although data_coding says IA5. */
export function ia5Flaw(octet: number): string {
  const shown = `0x${octet.toString(16).padStart(2, '0')}`;
  return `data_coding 1 is IA5, in no text of which is the octet ${shown}: read as GSM 03.38; if this SMSC means that, say so in dataCodings ({"1": "gsm0338"})`;
}
