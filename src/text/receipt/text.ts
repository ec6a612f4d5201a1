import { attempt } from '../errors';
import { unpackSeptets } from '../gsm';
import { alphabetOf } from '../plan/data-codings';
import { encodingName } from '../plan/names';
import type { CodingOptions } from '../types';
import { UDHI, parseUserDataHeader } from '../udh';
import { decodeUcs2 } from '../ucs2';
import { firstOf } from '../user-data';

interface TextOptions extends CodingOptions {
  readonly esm_class?: number | undefined;
}

/**
 * The text of a receipt. Its fields are ASCII whatever data_coding says, which many
 * SMSCs copy from the message that the receipt is for: so the octets tell, not the data_coding.
 * Read as GSM 03.38 the underscores and "@" of ids would become other characters. `octets` are there
 * where each character stands for one octet (or septet), and may not be what it looks like.
 */
export function receiptText(
  shortMessage: string | Buffer,
  tlvs: Readonly<Record<string, unknown>>,
  options: TextOptions,
): { readonly text: string; readonly octets: Buffer | undefined } {
  const payload = shortMessage.length === 0 ? firstOf(tlvs['message_payload']) : undefined;
  const source = typeof payload === 'string' || Buffer.isBuffer(payload) ? payload : shortMessage;
  if (typeof source === 'string') return { text: source, octets: undefined };
  const octets = withoutHeader(source, options);
  const order = ucs2Order(octets);
  if (order) return { text: decodeUcs2(octets, order), octets: undefined };
  const text = octets.toString('latin1');
  const packed = encodingName(alphabetOf(options)) === 'gsm0338-packed' && !HAS_FIELD.test(text);
  if (!packed) return { text, octets };
  const septets = unpackSeptets(octets);
  return { text: septets.toString('latin1'), octets: septets };
}

/** SMSCs of the packed alphabet send their receipts packed or not. */
const HAS_FIELD = /(?:id|stat)[:=]/i;

function withoutHeader(octets: Buffer, options: TextOptions): Buffer {
  if (!((options.esm_class ?? 0) & UDHI)) return octets;
  return attempt(
    () => octets.subarray(parseUserDataHeader(octets).length),
    () => octets,
  );
}

/** ASCII in two octets has a zero in every other place; the text behind the fields may be anything. */
function ucs2Order(octets: Buffer): 'be' | 'le' | undefined {
  if (octets.length < 4 || octets.length % 2 !== 0) return undefined;
  const start = octets[0] === 0xfe || octets[0] === 0xff ? 2 : 0;
  const zero = (at: number): boolean => octets[start + at] === 0;
  if (start + 4 > octets.length) return undefined;
  if (zero(0) && zero(2) && !zero(1) && !zero(3)) return 'be';
  return zero(1) && zero(3) && !zero(0) && !zero(2) ? 'le' : undefined;
}
